// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// timestamp is the API's format of times: UTC with milliseconds, as 2026-03-19T14:30:00.000Z.
const timestamp = "2006-01-02T15:04:05.000Z"

// JSON reads and writes times in the API's format (the zero time as null) and durations in Go's.
var JSON = json.JoinOptions(
	json.WithMarshalers(json.JoinMarshalers(json.MarshalToFunc(marshalTime), json.MarshalToFunc(marshalDuration))),
	json.WithUnmarshalers(json.UnmarshalFromFunc(unmarshalDuration)),
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

func unmarshalDuration(d *jsontext.Decoder, v *time.Duration) error {
	var s *string // nil for null
	err := json.UnmarshalDecode(d, &s)
	if *v = 0; err != nil || s == nil {
		return err
	}
	*v, err = time.ParseDuration(*s)
	return err
}
