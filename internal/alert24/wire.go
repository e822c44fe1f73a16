// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// lenient accepts bytes that are not UTF-8 as U+FFFD, and uses the last of several equal names.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// decode is strict about the frame (one whole JSON value, nothing after it) and lenient about the rest.
func decode(body []byte, v any) error {
	if len(body) == 0 {
		return errors.New("it is empty")
	}
	// The decoder's error repeats what it read. So the error says only that this is not the API's answer.
	if json.Unmarshal(body, v, lenient) != nil {
		return errors.New("it is not the JSON that the API documents")
	}
	return nil
}

// The types below take JSON values of the kinds they expect and ignore others. A field that we can do without must not turn an
// opened incident into one that may have been opened.
type (
	str   string // a text
	strs  []string
	pairs labels.Set
	count int64
	flag  bool
	// object is a JSON object as it was read; empty for any other value. list is the same for an array.
	object []byte
	list   []byte
)

func (t *str) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case '"', '0': // a number is read as its digits: ids are opaque
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		*t = str(tok.String())
		return nil
	default:
		return dec.SkipValue()
	}
}

// timeLayouts has the formats of the API's documentation and of its database. A time without a zone is UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00",
}

// time returns the zero time for a text that is not a time, or if the zone moves the time to a year that JSON cannot write.
func (t str) time() time.Time {
	for _, layout := range timeLayouts {
		at, err := time.Parse(layout, string(t))
		if err != nil {
			continue
		}
		if at = at.UTC(); at.Year() >= 1 && at.Year() <= 9999 {
			return at
		}
	}
	return time.Time{}
}

// UnmarshalJSONFrom reads an array of texts, a text that holds such an array, or a text with commas, as a database without arrays
// stores them.
func (t *strs) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case '[':
		var all []str
		if err := json.UnmarshalDecode(dec, &all); err != nil {
			return err
		}
		t.set(all)
		return nil
	case '"':
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		s := strings.TrimSpace(tok.String())
		var all []str
		if !strings.HasPrefix(s, "[") || json.Unmarshal([]byte(s), &all, lenient) != nil {
			all = nil
			for item := range strings.SplitSeq(s, ",") {
				all = append(all, str(strings.TrimSpace(item)))
			}
		}
		t.set(all)
		return nil
	default:
		return dec.SkipValue()
	}
}

func (t *strs) set(all []str) {
	*t = make(strs, 0, len(all))
	for _, s := range all {
		if s != "" {
			*t = append(*t, string(s))
		}
	}
}

// UnmarshalJSONFrom reads an object of texts, or a text that holds one.
func (p *pairs) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var all map[string]str
	switch dec.PeekKind() {
	case '{':
		if err := json.UnmarshalDecode(dec, &all); err != nil {
			return err
		}
	case '"':
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if decode([]byte(tok.String()), &all) != nil {
			all = nil
		}
	default:
		return dec.SkipValue()
	}
	set := make(labels.Set, 0, len(all))
	for name, value := range all {
		set = append(set, labels.Label{Name: name, Value: string(value)})
	}
	set.Sort()
	*p = pairs(set)
	return nil
}

func (n *count) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '0' {
		return dec.SkipValue()
	}
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	if v, err := tok.Int(); err == nil {
		*n = count(v)
	}
	return nil
}

// UnmarshalJSONFrom reads true, and also 1, as a database without booleans stores it.
func (f *flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch string(value) {
	case "true", "1", `"true"`:
		*f = true
	}
	return nil
}

func (o *object) UnmarshalJSONFrom(dec *jsontext.Decoder) (err error) {
	*o, err = readKind(dec, '{')
	return err
}

func (l *list) UnmarshalJSONFrom(dec *jsontext.Decoder) (err error) {
	*l, err = readKind(dec, '[')
	return err
}

func readKind(dec *jsontext.Decoder, kind jsontext.Kind) ([]byte, error) {
	if dec.PeekKind() != kind {
		return nil, dec.SkipValue()
	}
	value, err := dec.ReadValue()
	return value.Clone(), err
}
