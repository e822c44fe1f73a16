// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonstring"
)

// ErrNotStrings says that the JSON value is not an object whose values are all strings.
var ErrNotStrings = errors.New("not an object of strings")

// MarshalJSONTo writes the set as a JSON object.
func (s Set) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, l := range s {
		if err := enc.WriteToken(jsontext.String(l.Name)); err != nil {
			return err
		}
		if err := enc.WriteToken(jsontext.String(l.Value)); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// UnmarshalJSONFrom reads a JSON object of strings; null is the empty set. The decoder refuses duplicate names.
func (s *Set) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	set, err := new(Decoder).Decode(dec)
	if err != nil {
		return err
	}
	*s = slices.Clone(set) // without the room that Decode grew
	return nil
}

// Decoder reads many sets without much garbage. The zero value is ready; one Decoder serves one goroutine.
type Decoder struct {
	// Strings, if set, shares repeated names and values.
	Strings *jsonstring.Interner

	pairs []Label // of all sets since Reset
}

// Reset takes back the memory of the sets that were decoded; they must not be used any more. Their strings may.
func (d *Decoder) Reset() {
	d.pairs = d.pairs[:0]
}

// Decode reads what Set.UnmarshalJSONFrom reads. The set is valid until Reset. It returns ErrNotStrings for JSON of
// another shape, and dec's error for what is not JSON.
func (d *Decoder) Decode(dec *jsontext.Decoder) (Set, error) {
	switch tok, err := dec.ReadToken(); {
	case err != nil:
		return nil, err
	case tok.Kind() == 'n':
		return nil, nil
	case tok.Kind() != '{':
		return nil, ErrNotStrings
	}
	start := len(d.pairs)
	for dec.PeekKind() != '}' {
		raw, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		name := d.Strings.Decode(raw)
		if raw, err = dec.ReadValue(); err != nil {
			return nil, err
		}
		if raw.Kind() != '"' {
			return nil, ErrNotStrings
		}
		d.pairs = append(d.pairs, Label{name, d.Strings.Decode(raw)})
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	end := len(d.pairs)
	if start == end {
		return nil, nil
	}
	set := Set(d.pairs[start:end:end])
	set.Sort()
	return set, nil
}
