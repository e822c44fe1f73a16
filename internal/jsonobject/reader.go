// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package jsonobject

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Each calls f for the names and values of an object that [Writer] wrote, which has no white space: as they are in it, in their memory,
// names in quotes. It reports false if f does, or if the object is not closed. It is no check of JSON.
func Each(object string, f func(name, value string) bool) bool {
	return each(object, '{', '}', func(at int) (end int, ok bool) {
		middle := valueEnd(object, at)
		if middle >= len(object) || object[middle] != ':' {
			return 0, false
		}
		end = valueEnd(object, middle+1)
		return end, f(object[at:middle], object[middle+1:end])
	})
}

// Items is Each for the items of a list.
func Items(list string, f func(value string) bool) bool {
	return each(list, '[', ']', func(at int) (end int, ok bool) {
		end = valueEnd(list, at)
		return end, f(list[at:end])
	})
}

func each(s string, opens, closes byte, next func(at int) (end int, ok bool)) bool {
	last := len(s) - 1
	if last < 1 || s[0] != opens || s[last] != closes {
		return false
	}
	at := 1
	for at < last {
		end, ok := next(at)
		if !ok || end > last {
			return false
		}
		at = end + 1
	}
	return last == 1 || at == last+1
}

// Text returns the text of a string. It shares its memory if nothing in it is escaped.
func Text(value string) (s string, ok bool) {
	if len(value) < len(`""`) || value[0] != '"' || value[len(value)-1] != '"' {
		return "", false
	}
	if strings.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], true
	}
	b, err := jsontext.AppendUnquote(nil, value)
	return string(b), err == nil
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
