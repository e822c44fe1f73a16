// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package jsonstring turns JSON strings into Go strings and shares the short ones that repeat, as label names and most
// label values do from alert to alert.
package jsonstring

import (
	"bytes"
	"hash/maphash"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// maxShared is the longest text, in bytes, that is worth remembering.
const maxShared = 64

var seed = maphash.MakeSeed()

// Interner remembers recently seen strings in a table of fixed size: a newer string takes the place of an older one.
// The zero value is ready, nil remembers nothing, and one Interner serves one goroutine.
type Interner struct {
	slots [256]string
}

// Decode returns the text of raw, a JSON string with its quotes that a decoder has already found well formed.
// Bytes that are not UTF-8 become U+FFFD. The result does not refer to raw.
func (in *Interner) Decode(raw jsontext.Value) string {
	text := []byte(raw)[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 || !utf8.Valid(text) {
		// The only error left is invalid UTF-8, and the text is complete then, too.
		text, _ = jsontext.AppendUnquote(nil, raw)
	}
	return in.share(text)
}

func (in *Interner) share(text []byte) string {
	if in == nil || len(text) > maxShared {
		return string(text)
	}
	slot := &in.slots[maphash.Bytes(seed, text)%uint64(len(in.slots))]
	if *slot != string(text) {
		*slot = string(text)
	}
	return *slot
}
