// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonstring"
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

// UnmarshalJSONFrom reads a number as its digits: ids are opaque.
func (t *str) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	switch value.Kind() {
	case '"':
		*t = str(jsonstring.Decode(value, ""))
	case '0':
		*t = str(value)
	default: // no text
	}
	return err
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
	value, err := dec.ReadValue()
	var all []str
	switch value.Kind() {
	case '[':
		err = json.Unmarshal(value, &all, lenient)
	case '"':
		text := strings.TrimSpace(jsonstring.Decode(value, ""))
		if !strings.HasPrefix(text, "[") || json.Unmarshal([]byte(text), &all, lenient) != nil {
			all = nil
			for item := range strings.SplitSeq(text, ",") {
				all = append(all, str(strings.TrimSpace(item)))
			}
		}
	default:
		return err
	}
	*t = make(strs, 0, len(all))
	for _, s := range all {
		if s != "" {
			*t = append(*t, string(s))
		}
	}
	return err
}

// UnmarshalJSONFrom reads an object of texts, or a text that holds one.
func (p *pairs) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	var all map[string]str
	switch value.Kind() {
	case '{':
		err = json.Unmarshal(value, &all, lenient)
	case '"':
		if decode([]byte(jsonstring.Decode(value, "")), &all) != nil {
			all = nil
		}
	default:
		return err
	}
	set := make(labels.Set, 0, len(all))
	for name, value := range all {
		set = append(set, labels.Label{Name: name, Value: string(value)})
	}
	set.Sort()
	*p = pairs(set)
	return err
}

func (n *count) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if v, notInt := strconv.ParseInt(string(value), 10, 64); notInt == nil {
		*n = count(v)
	}
	return err
}

// UnmarshalJSONFrom reads true, and also 1, as a database without booleans stores it.
func (f *flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	switch string(value) {
	case "true", "1", `"true"`:
		*f = true
	}
	return err
}

func (o *object) UnmarshalJSONFrom(dec *jsontext.Decoder) (err error) {
	*o, err = readKind(dec, '{')
	return err
}

func (l *list) UnmarshalJSONFrom(dec *jsontext.Decoder) (err error) {
	*l, err = readKind(dec, '[')
	return err
}

// readKind reads a value, and returns it if it is of the kind.
func readKind(dec *jsontext.Decoder, kind jsontext.Kind) ([]byte, error) {
	value, err := dec.ReadValue()
	if value.Kind() != kind {
		return nil, err
	}
	return value.Clone(), err
}
