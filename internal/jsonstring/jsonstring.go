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

// maxScratch bounds the memory that is kept for texts with escapes.
const maxScratch = 16 << 10

var seed = maphash.MakeSeed()

// Interner remembers recently seen strings in a table of fixed size: a newer string takes the place of an older one.
// The zero value is ready, nil remembers nothing, and one Interner serves one goroutine.
type Interner struct {
	// ReplaceNUL makes U+0000, which databases refuse, U+FFFD.
	ReplaceNUL bool

	sets    [512]struct{ newer, older string }
	scratch []byte
}

// Decode returns the text of raw, a JSON string with its quotes that a decoder has already found well formed.
// Bytes that are not UTF-8 become U+FFFD. The result does not refer to raw.
func (in *Interner) Decode(raw jsontext.Value) string {
	text := []byte(raw)[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 || !utf8.Valid(text) {
		text = in.unquote(raw)
		if in != nil && in.ReplaceNUL && bytes.IndexByte(text, 0) >= 0 {
			text = bytes.ReplaceAll(text, []byte{0}, []byte("\uFFFD"))
		}
	}
	return in.share(text)
}

// unquote returns the text of raw, in memory that the next call uses again.
func (in *Interner) unquote(raw jsontext.Value) []byte {
	// The only error that is left is invalid UTF-8, and the text is complete then, too.
	if in == nil || len(raw) > maxScratch {
		text, _ := jsontext.AppendUnquote(nil, raw)
		return text
	}
	in.scratch, _ = jsontext.AppendUnquote(in.scratch[:0], raw)
	return in.scratch
}

// Join returns a and b as one string, and shares it like a decoded one.
func (in *Interner) Join(a, b string) string {
	if in == nil || len(a)+len(b) > maxShared {
		return a + b
	}
	in.scratch = append(append(in.scratch[:0], a...), b...)
	return in.share(in.scratch)
}

func (in *Interner) share(text []byte) string {
	if in == nil || len(text) > maxShared {
		return string(text)
	}
	set := &in.sets[maphash.Bytes(seed, text)%uint64(len(in.sets))]
	if set.newer == string(text) {
		return set.newer
	}
	if set.older == string(text) {
		set.newer, set.older = set.older, set.newer
		return set.newer
	}
	set.newer, set.older = string(text), set.newer
	return set.newer
}
