// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// writer adds attributes, skips empty ones, and counts the texts that it had to cut.
type writer struct {
	attributes pcommon.Map
	names      *recordNames
	limit      int
	cut        int

	// The last link, which alerts of one rule share, and its safe form.
	address, safe string
	// The last time, which they often share, too, and its text.
	moment time.Time
	dated  string
}

func (w *writer) text(key, value string) {
	if value != "" {
		w.attributes.PutStr(key, w.shorten(value))
	}
}

func (w *writer) time(key string, t time.Time) {
	t = t.UTC()
	if year := t.Year(); t.IsZero() || year < 0 || year > 9999 { // in UTC, the year may be one that RFC 3339 cannot represent
		return
	}
	if !t.Equal(w.moment) {
		w.moment, w.dated = t, t.Format(time.RFC3339Nano)
	}
	w.attributes.PutStr(key, w.dated)
}

// link adds only http and https addresses, because people click on them. It drops an address that is too long, because a cut address leads nowhere.
func (w *writer) link(key, address string) {
	if len(address) > w.limit {
		w.cut++
		return
	}
	if address != w.address {
		w.address, w.safe = address, text.Link(address)
	}
	if w.safe != "" {
		w.attributes.PutStr(key, w.safe)
	}
}

func (w *writer) shorten(s string) string {
	if len(s) <= w.limit {
		return s
	}
	w.cut++
	return text.CutBytes(s, w.limit-len(text.Ellipsis)) + text.Ellipsis
}
