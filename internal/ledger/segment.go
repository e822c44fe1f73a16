// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/s2"

	"github.com/alert24/otelcol-alert24/internal/jsonobject"
)

// gone is the record of an alias that has left.
const gone = "\n"

// maxSegment bounds what a damaged segment can ask for, in bytes: more than records that share one take, unless what is
// there of it is long, too.
const maxSegment = 64 << 20

// appendSegment appends the value of a segment: a line with the aliases as a list in JSON, then the records, a line each
// and compressed, because alerts say nearly the same, and all wait for what the disk must take. The record of an alias
// that has left is empty.
func appendSegment(b []byte, aliases []string, records []byte) []byte {
	w := jsonobject.Writer{B: append(b, '[')}
	for i, alias := range aliases {
		if i > 0 {
			w.B = append(w.B, ',')
		}
		w.B = jsonobject.AppendString(w.B, alias)
	}
	w.B = append(w.B, "]\n"...)
	b = slices.Grow(w.B, s2.MaxEncodedLen(len(records)))
	return b[:len(b)+len(s2.Encode(b[len(b):cap(b)], records))]
}

// cutSegment returns the aliases of a segment, and its records as they are.
func cutSegment(value []byte) (aliases []string, records []byte, err error) {
	head, records, _ := bytes.Cut(value, []byte("\n"))
	if err := json.Unmarshal(head, &aliases, jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, nil, fmt.Errorf("not a segment of the ledger: %w", err)
	}
	return aliases, records, nil
}

// decodeSegment returns the aliases and the records of a segment. With an error, there may be aliases all the same.
func decodeSegment(value []byte) (aliases []string, records [][]byte, err error) {
	aliases, packed, err := cutSegment(value)
	if err != nil {
		return nil, nil, err
	}
	if n, err := s2.DecodedLen(packed); err != nil || n > max(maxSegment, 256*len(packed)) {
		return aliases, nil, errors.Join(errors.New("not the records of a segment"), err)
	}
	lines, err := s2.Decode(nil, packed)
	if err != nil {
		return aliases, nil, fmt.Errorf("not the records of a segment: %w", err)
	}
	if records = bytes.SplitAfter(lines, []byte("\n")); len(records) != len(aliases)+1 {
		return aliases, nil, fmt.Errorf("%d records of %d aliases", len(records)-1, len(aliases))
	}
	return aliases, records[:len(aliases)], nil
}
