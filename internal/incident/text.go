// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	ellipsis     = "…"
	maxLinkBytes = 2048
)

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// oneLine returns s as one line of at most n characters: runs of white space and control characters become one space,
// invalid UTF-8 becomes U+FFFD, and an ellipsis ends what was cut.
func oneLine(s string, n int) string {
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
		if runes > n {
			break
		}
	}
	return cutRunes(b.String(), n)
}

// plainLine says whether s is printable ASCII, with single spaces between words only: the usual case, made cheap.
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

// lines returns s without control characters, apart from line ends and tabs, and without white space around it.
func lines(s string) string {
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
	}
	return strings.TrimSpace(s)
}

// reorders knows the characters that make text read otherwise than it is (Unicode Standard Annex 9), and the byte
// order mark.
func reorders(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

// cutRunes returns the first n characters of s, the last of them an ellipsis if there were more.
func cutRunes(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	end := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return strings.TrimRight(s[:end], " ") + ellipsis
}

// cutBytes returns the longest start of s that has at most n bytes and ends with a whole character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// link returns s if it is a URL that is safe to click, else "": http or https, a host, one line, nothing that reorders.
func link(s string) string {
	s = strings.TrimSpace(s)
	scheme, rest, _ := strings.Cut(s, "://")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	if rest == "" || strings.IndexByte("/?#", rest[0]) >= 0 || len(s) > maxLinkBytes || strings.ContainsFunc(s, noLink) {
		return ""
	}
	return s
}

func noLink(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == '\x7f'
	}
	return unicode.IsSpace(r) || unicode.IsControl(r) || reorders(r) || r == utf8.RuneError
}
