// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"iter"
	"strings"
)

// members yields the names and values of a JSON object as they are in it. It must be one that jsonobject wrote: without white space.
func members(object string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for at := 1; at < len(object)-1; {
			end := valueEnd(object, at)
			name := object[at:end]
			at = min(end+1, len(object))
			end = valueEnd(object, at)
			if value := object[at:end]; !yield(name, value) {
				return
			}
			at = end + 1
		}
	}
}

// valueEnd returns where the value ends that begins at.
func valueEnd(s string, at int) int {
	for depth := 0; at < len(s); at++ {
		switch s[at] {
		case '"':
			at = stringEnd(s, at)
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			depth--
		case ',', ':':
			if depth == 0 {
				return at
			}
		}
	}
	return len(s)
}

// stringEnd returns where the closing quote of the string is that begins at.
func stringEnd(s string, at int) int {
	for end := at + 1; ; end++ {
		n := strings.IndexByte(s[end:], '"')
		if n < 0 {
			return len(s)
		}
		end += n
		escapes := end
		for s[escapes-1] == '\\' {
			escapes--
		}
		if (end-escapes)%2 == 0 {
			return end
		}
	}
}
