// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import "iter"

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
	depth, quoted := 0, false
	for ; at < len(s); at++ {
		switch b := s[at]; {
		case quoted && b == '\\':
			at++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			depth++
		case depth > 0 && (b == '}' || b == ']'):
			depth--
		case depth == 0 && (b == ',' || b == ':' || b == '}' || b == ']'):
			return at
		}
	}
	return len(s)
}
