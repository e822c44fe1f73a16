// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"bytes"
	"strconv"
	"time"
)

// pendingKey is the last one of a record: no text of an alert is like it, because a quote in a text has a backslash before it.
const pendingKey = `,"pending":`

// AppendPending adds to the end of b, which is a record, since when Alert24 does not hold what the entry asks for. A zero time adds nothing.
func AppendPending(b []byte, since time.Time) []byte {
	if since.IsZero() {
		return b
	}
	b = append(b[:len(b)-1], pendingKey...)
	return append(strconv.AppendInt(b, since.UnixMilli(), 10), '}')
}

// PendingSince reads that; zero if the record does not tell.
func PendingSince(record []byte) time.Time {
	i := bytes.LastIndex(record, []byte(pendingKey))
	if i < 0 {
		return time.Time{}
	}
	text, _ := bytes.CutSuffix(record[i+len(pendingKey):], []byte{'}'})
	at, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return time.Time{} // the name of a label
	}
	return time.UnixMilli(at)
}
