// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// WriteJSON writes a report for programs. People read it on a terminal, too: no text of an alert can control the terminal.
func WriteJSON(out io.Writer, report any) error {
	b, err := json.Marshal(report, jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if acts(r) {
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(w, `\u%04x`, unit)
			}
		} else {
			_, _ = w.Write(b[:size])
		}
		b = b[size:]
	}
	_ = w.WriteByte('\n')
	return w.Flush()
}

// acts reports whether a terminal may act on r instead of showing it: control characters, characters that reorder or hide text, line
// separators. JSON escapes those below U+0020 itself. All others are in strings, where an escape means the same.
func acts(r rune) bool {
	return r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
