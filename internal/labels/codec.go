// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonstring"
)

// ErrNotStrings says that the JSON value is not an object whose values are all strings.
var ErrNotStrings = errors.New("not an object of strings")

// usual is how many pairs most alerts have at most; it saves growing the slice.
const usual = 8

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
	set, err := Decode(dec, nil)
	if err != nil {
		return err
	}
	*s = set
	return nil
}

// Decode reads what UnmarshalJSONFrom reads and shares repeated strings through in, which may be nil.
// It returns ErrNotStrings for JSON of another shape, and the decoder's error for what is not JSON.
func Decode(dec *jsontext.Decoder, in *jsonstring.Interner) (Set, error) {
	switch tok, err := dec.ReadToken(); {
	case err != nil:
		return nil, err
	case tok.Kind() == 'n':
		return nil, nil
	case tok.Kind() != '{':
		return nil, ErrNotStrings
	}
	var s Set
	for dec.PeekKind() != '}' {
		raw, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		name := in.Decode(raw)
		if raw, err = dec.ReadValue(); err != nil {
			return nil, err
		}
		if raw.Kind() != '"' {
			return nil, ErrNotStrings
		}
		if s == nil {
			s = make(Set, 0, usual)
		}
		s = append(s, Label{name, in.Decode(raw)})
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	s.Sort()
	return s, nil
}
