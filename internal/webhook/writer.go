// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// writer adds attributes, leaves out empty ones, and counts what it had to cut.
type writer struct {
	attributes pcommon.Map
	names      *recordNames
	limit      int
	cut        int

	// The last link, which alerts of one rule share, and its safe form.
	address, safe string
}

func (w *writer) text(key, value string) {
	if value != "" {
		w.attributes.PutStr(key, w.shorten(value))
	}
}

func (w *writer) time(key string, t time.Time) {
	t = t.UTC()
	if year := t.Year(); t.IsZero() || year < 0 || year > 9999 { // the zone may have moved it to a year that RFC 3339 cannot write
		return
	}
	w.attributes.PutStr(key, t.Format(time.RFC3339Nano))
}

// link adds an http or https address and nothing else: people click on it. A cut address leads nowhere, so one that is
// too long is left out.
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
