// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"bytes"
	"strconv"
	"time"
)

// pendingKey is the last key of a record. No text of an alert contains it, because quotes in texts are escaped.
const pendingKey = `,"pending":`

// AppendPending adds to the record b the time since which Alert24 does not match the entry. A zero time adds nothing.
func AppendPending(b []byte, since time.Time) []byte {
	if since.IsZero() {
		return b
	}
	b = append(b[:len(b)-1], pendingKey...)
	return append(strconv.AppendInt(b, since.UnixMilli(), 10), '}')
}

// PendingSince reads this time; zero if the record has none.
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
