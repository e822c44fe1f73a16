// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/jsonstring"
)

// writer adds attributes, leaves out empty ones, and counts what it had to cut.
type writer struct {
	attributes pcommon.Map
	keys       *jsonstring.Interner
	limit      int
	cut        int
	scratch    []byte
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
	rest, secure := strings.CutPrefix(address, "https://")
	if !secure {
		var plain bool
		if rest, plain = strings.CutPrefix(address, "http://"); !plain {
			return
		}
	}
	if rest != "" && !strings.Contains(rest, " ") && !hasControl(rest) {
		w.attributes.PutStr(key, address)
	}
}

func (w *writer) shorten(text string) string {
	if len(text) <= w.limit {
		return text
	}
	w.cut++
	return cutString(text, w.limit-len(cutMark)) + cutMark
}
