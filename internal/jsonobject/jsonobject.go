// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package jsonobject writes and reads JSON objects without reflection, because every alert is written and compared.
package jsonobject

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Writer appends objects to B. Its methods leave out zero values. Keys are plain ASCII.
type Writer struct {
	B []byte
}

// Open opens an object: at key in the open object, or as an element if key is empty.
func (w *Writer) Open(key string) {
	if key != "" {
		w.Key(key)
	}
	w.B = append(w.B, '{')
}

// Close closes the object that was opened last.
func (w *Writer) Close() { w.B = append(w.B, '}') }

// Key writes a key and returns the buffer. The caller appends the value.
func (w *Writer) Key(key string) []byte {
	w.comma()
	w.B = append(w.B, '"')
	w.B = append(w.B, key...)
	w.B = append(w.B, `":`...)
	return w.B
}

func (w *Writer) comma() {
	if last := w.B[len(w.B)-1]; last != '{' && last != '[' {
		w.B = append(w.B, ',')
	}
}

// Pair writes any name with its value, even if they are empty.
func (w *Writer) Pair(name, value string) {
	w.comma()
	w.B = append(AppendString(w.B, name), ':')
	w.B = AppendString(w.B, value)
}

// Text writes a string.
func (w *Writer) Text(key, s string) {
	if s != "" {
		w.B = AppendString(w.Key(key), s)
	}
}

// List writes a list of strings.
func (w *Writer) List(key string, items []string) {
	if len(items) == 0 {
		return
	}
	w.B = append(w.Key(key), '[')
	for _, s := range items {
		w.comma()
		w.B = AppendString(w.B, s)
	}
	w.B = append(w.B, ']')
}

// Number writes a whole number.
func (w *Writer) Number(key string, n int64) {
	if n != 0 {
		w.B = strconv.AppendInt(w.Key(key), n, 10)
	}
}

// Flag writes true.
func (w *Writer) Flag(key string, set bool) {
	if set {
		w.B = append(w.Key(key), "true"...)
	}
}

// Time writes a time as RFC 3339. Its year is at most 9999.
func (w *Writer) Time(key string, t time.Time) {
	if !t.IsZero() {
		w.B = AppendTime(w.Key(key), t)
	}
}

// AppendString appends s as a JSON string; each byte that is not UTF-8 becomes U+FFFD.
func AppendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // the error only says that s was repaired
	return b
}

// AppendTime appends t as a JSON string.
func AppendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// Each calls f for the names and values of an object that [Writer] wrote, without white space. Names have quotes, and both share
// the memory of object. Each returns false if f does, or if the object is not closed. It does not validate JSON.
func Each(object string, f func(name, value string) bool) bool {
	return each(object, '{', '}', func(at int) (end int, ok bool) {
		name, value, end, ok := fieldAt(object, at)
		return end, ok && f(name, value)
	})
}

// Cursor reads an object field by field, like Each, for a caller that reads two objects at once.
type Cursor struct {
	object string
	at     int
}

// Fields returns a cursor before the first field.
func Fields(object string) Cursor { return Cursor{object, 1} }

// Next returns the next field that is not in passOver. ok is false at the end, or if this is not an object.
func (c *Cursor) Next(passOver []string) (name, value string, ok bool) {
	for c.at < len(c.object)-1 {
		var end int
		if name, value, end, ok = fieldAt(c.object, c.at); !ok {
			break
		}
		c.at = end + 1
		if !slices.Contains(passOver, name) {
			return name, value, true
		}
	}
	return "", "", false
}

// Ended reports whether the whole object was read.
func (c *Cursor) Ended() bool {
	last := len(c.object) - 1
	return last > 0 && c.object[0] == '{' && c.object[last] == '}' && (last == 1 || c.at == last+1)
}

// Items is Each for the items of a list.
func Items(list string, f func(value string) bool) bool {
	return each(list, '[', ']', func(at int) (end int, ok bool) {
		end = valueEnd(list, at)
		return end, end > at && f(list[at:end])
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

// Text returns the text of a string. The text shares the memory of value if nothing is escaped.
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

// Fill decodes base64 that must fill b exactly. If it returns false, b may be changed.
func Fill(b, text []byte) bool {
	if base64.RawStdEncoding.DecodedLen(len(text)) != len(b) {
		return false
	}
	n, err := base64.RawStdEncoding.Decode(b, text)
	return err == nil && n == len(b)
}

// fieldAt returns the field of an object that begins at the position, and its end. ok is false if the field has no name or no value.
func fieldAt(object string, at int) (name, value string, end int, ok bool) {
	middle := valueEnd(object, at)
	if middle == at || middle >= len(object) || object[middle] != ':' {
		return "", "", 0, false
	}
	end = valueEnd(object, middle+1)
	return object[at:middle], object[middle+1 : end], end, end > middle+1
}

// valueEnd returns the end of the value that begins at the position.
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

// stringEnd returns the position of the closing quote of the string that begins at the position.
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
