// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package jsonstring turns JSON strings into Go strings.
package jsonstring

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Decode returns the text of raw, a JSON string with its quotes that a decoder has found well formed. Bytes that are not UTF-8
// become U+FFFD. The result does not refer to raw. like is a text decoded earlier, or "". If both texts are equal, Decode returns
// like and allocates nothing.
func Decode(raw jsontext.Value, like string) string {
	text := []byte(raw)[1 : len(raw)-1]
	switch escaped := bytes.IndexByte(text, '\\') >= 0; {
	case !escaped && string(text) == like:
		return like
	case !escaped && utf8.Valid(text):
		return string(text)
	}
	var usual [256]byte
	text, _ = jsontext.AppendUnquote(usual[:0], raw) // invalid UTF-8 is the only possible error, and even then the text is complete
	if string(text) == like {
		return like
	}
	return string(text)
}
