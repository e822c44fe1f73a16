// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonstring"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Each of these functions reads exactly one value of any type, and fails only if it is not JSON.

// maxPairs bounds the labels, annotations or values of an alert that are read. A larger set is an attack or a mistake, and must not
// cost more memory than its bytes.
const maxPairs = 10_000

// lenient accepts JSON as senders write it. Where duplicate names matter, they are checked.
var lenient = []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}

// object reads an object and calls member to read the value of each name. It skips a value that is not an object, and reports that. The
// name is valid until the value is read.
func (r *Reader) object(member func(name []byte) error) (isObject bool, err error) {
	if r.json.PeekKind() != '{' {
		return false, r.skip()
	}
	if err := r.token(); err != nil {
		return true, err
	}
	for r.json.PeekKind() != '}' {
		raw, err := r.json.ReadValue()
		if err != nil {
			return true, syntaxError(err)
		}
		name := raw[1 : len(raw)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = []byte(unquoted(raw, ""))
		}
		if err := member(name); err != nil {
			return true, err
		}
	}
	return true, r.token()
}

// text reads a value as text: a string unchanged, null as "", anything else as compact JSON. like is a text that may be the same.
func (r *Reader) text(like string) (string, error) {
	raw, err := r.json.ReadValue()
	if err != nil {
		return "", syntaxError(err)
	}
	return textOf(raw, like), nil
}

func textOf(raw jsontext.Value, like string) string {
	switch raw.Kind() {
	case '"':
		return unquoted(raw, like)
	case 'n':
		return ""
	default:
		raw = raw.Clone()
		_ = raw.Compact(lenient...) // it is JSON
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
}

// unquoted returns the text of a JSON string without U+0000. If the text equals like, it shares its memory.
func unquoted(raw jsontext.Value, like string) string {
	return text.WithoutNUL(jsonstring.Decode(raw, like))
}

// onlyText reads a string; any other value counts as absent.
func (r *Reader) onlyText() (string, error) {
	raw, err := r.json.ReadValue()
	if err != nil {
		return "", syntaxError(err)
	}
	if raw.Kind() != '"' {
		return "", nil
	}
	return unquoted(raw, ""), nil
}

// time reads a time in RFC 3339. Absent, null, empty, zero and the start of 1970, Unix's zero, are the zero time; ok is false for any
// other text or value.
func (r *Reader) time() (t time.Time, ok bool, err error) {
	raw, err := r.json.ReadValue()
	switch {
	case err != nil:
		return t, false, syntaxError(err)
	case raw.Kind() == 'n':
		return t, true, nil
	case raw.Kind() != '"':
		return t, false, nil
	}
	r.scratch, _ = jsontext.AppendUnquote(r.scratch[:0], raw)
	if len(r.scratch) == 0 {
		return t, true, nil
	}
	err = t.UnmarshalText(r.scratch)
	if err != nil || t.Equal(time.Unix(0, 0)) {
		t = time.Time{}
	}
	return t, err == nil, nil
}

// number reads an integer of at most bits bits; any other value counts as 0.
func (r *Reader) number(bits int) (int64, error) {
	raw, err := r.json.ReadValue()
	if err != nil {
		return 0, syntaxError(err)
	}
	n, err := strconv.ParseInt(string(raw), 10, bits)
	if err != nil {
		return 0, nil //nolint:nilerr // absent, by the rule above
	}
	return n, nil
}

// set is a label set as it was read.
type set struct {
	pairs    labels.Set
	isObject bool
	twice    bool // a name occurs twice; the least value is kept
	dropped  int  // pairs beyond maxPairs
}

// set reads an object as a label set, which usually resembles like. null is the empty set. Values that are not strings become text, and
// null values are absent.
func (r *Reader) set(like labels.Set) (s set, err error) {
	switch r.json.PeekKind() {
	case 'n':
		return set{isObject: true}, r.skip()
	case '{':
	default:
		return s, r.skip()
	}
	if err := r.token(); err != nil {
		return s, err
	}
	s.isObject = true
	start, before := len(r.pairs), alike{set: like}
	for r.json.PeekKind() != '}' {
		raw, err := r.json.ReadValue()
		if err != nil {
			return s, syntaxError(err)
		}
		known := before.find(raw[1 : len(raw)-1])
		name := unquoted(raw, known.Name)
		if raw, err = r.json.ReadValue(); err != nil {
			return s, syntaxError(err)
		}
		switch {
		case raw.Kind() == 'n':
		case len(r.pairs)-start >= maxPairs:
			s.dropped++
		default:
			r.pairs = append(r.pairs, labels.Label{Name: name, Value: textOf(raw, known.Value)})
		}
	}
	if err := r.token(); err != nil {
		return s, err
	}
	n := len(r.pairs) - start
	if n == 0 {
		return s, nil
	}
	r.cost += n * pairBytes
	s.pairs = labels.New(r.pairs[start:len(r.pairs):len(r.pairs)]...)
	s.twice = len(s.pairs) < n
	return s, nil
}

// values reads an object of numbers or texts, and skips other values.
func (r *Reader) values(a *Alert) error {
	g := a.grafana()
	_, err := r.object(func(name []byte) error {
		v := Value{Name: strings.ToValidUTF8(string(name), "\uFFFD")}
		raw, err := r.json.ReadValue()
		if err != nil {
			return syntaxError(err)
		}
		switch raw.Kind() {
		case '0':
			if v.Number, err = strconv.ParseFloat(string(raw), 64); err != nil {
				v.Text = string(raw)
			}
		case '"':
			v.Text = unquoted(raw, "")
		default:
			return nil
		}
		if len(g.Values) >= maxPairs {
			a.Dropped++
			return nil
		}
		r.cost += pairBytes
		g.Values = append(g.Values, v)
		return nil
	})
	return err
}

// each calls item to read each value of a list. Any other value is an empty list.
func (r *Reader) each(item func() error) error {
	if r.json.PeekKind() != '[' {
		return r.skip()
	}
	if err := r.token(); err != nil {
		return err
	}
	return r.rest(item)
}

// rest calls item to read each further value of a list, and reads the end of the list.
func (r *Reader) rest(item func() error) error {
	for r.json.PeekKind() != ']' {
		if err := item(); err != nil {
			return err
		}
	}
	return r.token()
}

// token reads the start or the end of an object or a list.
func (r *Reader) token() error {
	if _, err := r.json.ReadToken(); err != nil {
		return syntaxError(err)
	}
	return nil
}

func (r *Reader) skip() error {
	if err := r.json.SkipValue(); err != nil {
		return syntaxError(err)
	}
	return nil
}
