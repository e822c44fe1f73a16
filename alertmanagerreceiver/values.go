// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"errors"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// errShape says that a value is no object.
var errShape = errors.New("not an object")

// object reads an object and calls member for each of its names; member reads the value.
func (d *decoder) object(member func(name string) error) error {
	switch tok, err := d.json.ReadToken(); {
	case err != nil:
		return wrapSyntaxError(err)
	case tok.Kind() != '{':
		return errShape
	}
	for d.json.PeekKind() != '}' {
		raw, err := d.json.ReadValue()
		if err != nil {
			return wrapSyntaxError(err)
		}
		if err := member(d.strings.Decode(raw)); err != nil {
			return err
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return wrapSyntaxError(err)
	}
	return nil
}

// text reads a string; null is the empty one.
func (d *decoder) text(name string) (string, error) {
	raw, err := d.json.ReadValue()
	switch {
	case err != nil:
		return "", wrapSyntaxError(err)
	case raw.Kind() == 'n':
		return "", nil
	case raw.Kind() != '"':
		return "", &fieldError{name, "must be a string"}
	}
	return d.strings.Decode(raw), nil
}

// groupKey reads a string or, as Alertmanager sent it before version 4, a number.
func (d *decoder) groupKey(name string) (string, error) {
	if d.json.PeekKind() != '0' {
		return d.text(name)
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return "", wrapSyntaxError(err)
	}
	return string(raw), nil
}

// time reads a time as RFC 3339 writes it; null is the zero time.
func (d *decoder) time(name string) (t time.Time, err error) {
	raw, err := d.json.ReadValue()
	switch {
	case err != nil:
		return t, wrapSyntaxError(err)
	case raw.Kind() == 'n':
		return t, nil
	case raw.Kind() == '"':
		d.scratch, _ = jsontext.AppendUnquote(d.scratch[:0], raw)
		err = t.UnmarshalText(d.scratch)
	}
	if raw.Kind() != '"' || err != nil {
		return time.Time{}, &fieldError{name, "must be a time as in RFC 3339"}
	}
	return t, nil
}

// count reads a whole number that is not negative and small enough to be added up for ever; null is 0.
func (d *decoder) count(name string) (int64, error) {
	raw, err := d.json.ReadValue()
	switch {
	case err != nil:
		return 0, wrapSyntaxError(err)
	case raw.Kind() == 'n':
		return 0, nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 32)
	if err != nil || n < 0 {
		return 0, &fieldError{name, "must be a whole number from 0 to 2147483647"}
	}
	return n, nil
}

func (d *decoder) labels(name string) (labels.Set, error) {
	set, err := d.sets.Decode(d.json)
	switch {
	case errors.Is(err, labels.ErrNotStrings):
		return nil, &fieldError{name, "must be an object of strings"}
	case err != nil:
		return nil, wrapSyntaxError(err)
	}
	return set, nil
}

// optionalText reads a string, and takes anything else for an absent one.
func (d *decoder) optionalText() (string, error) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return "", wrapSyntaxError(err)
	}
	if raw.Kind() != '"' {
		return "", nil
	}
	return d.strings.Decode(raw), nil
}

// optionalInt reads a whole number, and takes anything else for 0.
func (d *decoder) optionalInt() (int64, error) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return 0, wrapSyntaxError(err)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // absent, by the rule above
	}
	return n, nil
}

// optionalValues reads an object of numbers, and leaves out what is none.
func (d *decoder) optionalValues() ([]namedValue, error) {
	if d.json.PeekKind() != '{' {
		return nil, d.skip()
	}
	var values []namedValue
	err := d.object(func(name string) error {
		raw, err := d.json.ReadValue()
		if err != nil {
			return wrapSyntaxError(err)
		}
		if raw.Kind() == '0' {
			if v, err := strconv.ParseFloat(string(raw), 64); err == nil {
				values = append(values, namedValue{name, v})
			}
		}
		return nil
	})
	return values, err
}

func (d *decoder) skip() error {
	if err := d.json.SkipValue(); err != nil {
		return wrapSyntaxError(err)
	}
	return nil
}
