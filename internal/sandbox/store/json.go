// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// timestamp is the API's format of times: UTC with milliseconds, as 2026-03-19T14:30:00.000Z.
const timestamp = "2006-01-02T15:04:05.000Z"

// JSON reads and writes times in the API's format (the zero time as null) and durations in Go's.
var JSON = json.JoinOptions(
	json.WithMarshalers(json.JoinMarshalers(json.MarshalToFunc(marshalTime), json.MarshalToFunc(marshalDuration))),
	json.WithUnmarshalers(json.JoinUnmarshalers(json.UnmarshalFromFunc(unmarshalTime), json.UnmarshalFromFunc(unmarshalDuration))),
)

func marshalTime(e *jsontext.Encoder, t time.Time) error {
	if t.IsZero() {
		return e.WriteToken(jsontext.Null)
	}
	return e.WriteToken(jsontext.String(t.UTC().Format(timestamp)))
}

func marshalDuration(e *jsontext.Encoder, d time.Duration) error {
	return e.WriteToken(jsontext.String(d.String()))
}

func unmarshalTime(d *jsontext.Decoder, t *time.Time) error {
	s, ok, err := stringOf(d)
	if err != nil || !ok {
		*t = time.Time{}
		return err
	}
	*t, err = time.Parse(time.RFC3339, s)
	return err
}

func unmarshalDuration(d *jsontext.Decoder, v *time.Duration) error {
	s, ok, err := stringOf(d)
	if err != nil || !ok {
		*v = 0
		return err
	}
	*v, err = time.ParseDuration(s)
	return err
}

// stringOf reads a string; ok is false for null.
func stringOf(d *jsontext.Decoder) (s string, ok bool, err error) {
	t, err := d.ReadToken()
	switch {
	case err != nil:
		return "", false, err
	case t.Kind() == 'n':
		return "", false, nil
	case t.Kind() == '"':
		return t.String(), true, nil
	default:
		return "", false, errors.New("must be a string")
	}
}
