// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package text makes text from others fit to be shown: on one line, printable, short enough, and with links that are safe to click.
// It is pure and imports nothing of this project. Start with [Line].
package text

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Blank reports whether s shows nothing.
func Blank(s string) bool { return !strings.ContainsFunc(s, visible) }

// visible reports whether r shows something. Format characters, such as the zero-width space, do not.
func visible(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r)
}

// Printable returns s as one line: runs of white space and control characters become one space, invalid UTF-8 becomes
// U+FFFD, and characters that reorder the text are left out.
func Printable(s string) string { return Line(s, math.MaxInt) }

// Line returns s as one printable line of at most n code points, or "" if s is blank.
func Line(s string, n int) string {
	if len(s) <= n && plainLine(s) {
		return s
	}
	var b strings.Builder
	runes, space := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = runes > 0
			continue
		case reorders(r):
			continue
		case space:
			b.WriteByte(' ')
			runes++
			space = false
		}
		b.WriteRune(r)
		runes++
		if runes-n > window { // Cut looks past the last character
			break
		}
	}
	if line := b.String(); !Blank(line) {
		return Cut(line, n)
	}
	return ""
}

// plainLine is a cheap test for the usual case: printable ASCII with single spaces between words.
func plainLine(s string) bool {
	space := true
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' && space, c < ' ', c > '~':
			return false
		default:
			space = c == ' '
		}
	}
	return s == "" || !space
}

// Lines returns s without control characters, except line ends and tabs, and without surrounding white space, or "" if s is blank.
func Lines(s string) string {
	clean := true
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			clean = false
			break
		}
	}
	if !clean {
		s = strings.Map(func(r rune) rune {
			switch {
			case r == '\n' || r == '\t':
				return r
			case r == '\u2028' || r == '\u2029':
				return '\n'
			case unicode.IsControl(r) || reorders(r):
				return -1
			}
			return r
		}, s) // invalid UTF-8 arrives as U+FFFD
		if Blank(s) {
			return ""
		}
	}
	return strings.TrimSpace(s)
}

// Storable returns s as databases and JSON accept it: invalid UTF-8 and U+0000 become U+FFFD.
func Storable(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return WithoutNUL(s)
}

// WithoutNUL returns s with U+FFFD for U+0000, which databases refuse.
func WithoutNUL(s string) string {
	if strings.IndexByte(s, 0) < 0 { // ReplaceAll would count first, which takes longer
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// HasControl reports whether s has a control character. It looks at bytes first, because nearly all texts are ASCII.
func HasControl(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return true
		case c >= utf8.RuneSelf:
			return strings.ContainsFunc(s[i:], unicode.IsControl)
		}
	}
	return false
}

// reorders reports whether r changes the order in which text is shown (Unicode Standard Annex 9), or is the byte order mark.
func reorders(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}
