// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Ellipsis marks the end of a shortened text.
const Ellipsis = "…"

// Cut returns s if it has at most n code points. Otherwise it returns the longest start of s that fits together with an ellipsis.
// It never splits a character as readers see it, such as an emoji of several code points, unless the character alone is too long.
func Cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	end := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return strings.TrimRight(s[:boundary(s, end)], " ") + Ellipsis
}

// CutBytes returns the longest start of s that has at most n bytes and ends with a whole character, as Cut does. It adds no
// ellipsis.
func CutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if n <= 0 {
		return ""
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:boundary(s, n)]
}

// window is how far back boundary searches for a position from which it can count characters.
const window = 512

// boundary returns the last end of a character at or before end, which must be the end of a code point. If there is none, it
// returns end.
func boundary(s string, end int) int {
	for start := end; start > 0; {
		start = anchor(s, start-1, end-window)
		if last := count(s, start, end); last > start {
			return last
		}
	}
	return end
}

// anchor returns a position at or before i where a character begins, so that counting can start there; 0 if there is none after
// from. An ASCII character begins one, unless it is a line feed after a carriage return.
func anchor(s string, i, from int) int {
	for i > max(from, 0) && (s[i] >= utf8.RuneSelf || s[i] == '\n') {
		i--
	}
	if i <= from {
		return 0
	}
	return i
}

// count returns the end of the last whole character between start and end; start if there is none.
func count(s string, start, end int) int {
	state, rest := -1, s[start:]
	for rest != "" {
		var character string
		character, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if start+len(character) > end {
			break
		}
		start += len(character)
	}
	return start
}
