// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonstring"
)

// errNotStrings means that the JSON value is not an object whose values are all strings.
var errNotStrings = errors.New("not an object of strings")

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
	switch tok, err := dec.ReadToken(); {
	case err != nil:
		return err
	case tok.Kind() == 'n':
		*s = nil
		return nil
	case tok.Kind() != '{':
		return errNotStrings
	}
	var set Set
	for dec.PeekKind() != '}' {
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		name := jsonstring.Decode(raw, "")
		if raw, err = dec.ReadValue(); err != nil {
			return err
		}
		if raw.Kind() != '"' {
			return errNotStrings
		}
		set = append(set, Label{name, jsonstring.Decode(raw, "")})
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	set.Sort()
	*s = slices.Clip(set)
	return nil
}
