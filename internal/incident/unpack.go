// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strconv"
	"strings"
	"unique"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonobject"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Unpack returns the alert. Its texts share the memory of p.
func (p *Packed) Unpack() Alert {
	var a Alert
	for _, object := range [...]string{p.shared(), p.rest} {
		if !jsonobject.Each(object, a.readField) { // a person changed the record
			// Names that differ only in bytes that are not UTF-8 are now equal.
			_ = json.Unmarshal([]byte(object), &a, jsontext.AllowDuplicateNames(true))
		}
	}
	a.Fingerprint, a.Severity, a.StartsAt = p.Fingerprint, p.Severity, p.StartsAt
	return a
}

// readField reads what writeCommon and writeRest write, without a JSON decoder, because each call renders its incident again. It
// returns false for anything else.
func (a *Alert) readField(name, value string) (ok bool) {
	switch name {
	case `"name"`:
		a.Name, ok = jsonobject.Text(value)
	case `"labels"`:
		a.Labels, ok = readSet(value)
	case `"annotations"`:
		a.Annotations, ok = readSet(value)
	case `"group"`:
		a.GroupLabels, ok = readSet(value)
	case `"generator"`:
		a.GeneratorURL, ok = jsonobject.Text(value)
	case `"external"`:
		a.ExternalURL, ok = jsonobject.Text(value)
	case `"grafana"`:
		a.Grafana, ok = true, value == "true"
	case `"silence"`:
		a.SilenceURL, ok = jsonobject.Text(value)
	case `"values"`:
		a.Values, ok = jsonobject.Text(value)
	case `"truncated"`:
		n, err := strconv.ParseInt(value, 10, 64)
		a.Truncated, ok = n, err == nil
	case `"title"`:
		a.Title, ok = jsonobject.Text(value)
	case `"description"`:
		a.Description, ok = jsonobject.Text(value)
	case `"tags"`:
		a.Tags, ok = readList(value)
	case `"services"`:
		a.AffectedServices, ok = readList(value)
	}
	return ok
}

func readSet(value string) (s labels.Set, ok bool) {
	s = make(labels.Set, 0, strings.Count(value, `":"`))
	ok = jsonobject.Each(value, func(name, value string) bool {
		n, named := jsonobject.Text(name)
		v, valued := jsonobject.Text(value)
		s = append(s, labels.Label{Name: n, Value: v})
		return named && valued
	})
	s.Sort()
	return s, ok
}

func readList(value string) (items []string, ok bool) {
	ok = jsonobject.Items(value, func(value string) bool {
		s, ok := jsonobject.Text(value)
		items = append(items, s)
		return ok
	})
	return items, ok
}

// Brief returns the alert without its text. This is what is kept of a resolved alert.
func (p Packed) Brief() Packed {
	p.rest, p.common = nothing, unique.Handle[string]{}
	return p
}

// Saying returns the alert with the text of q.
func (p Packed) Saying(q *Packed) Packed {
	p.rest, p.common = q.rest, q.common
	return p
}

// Bytes is the size of the alert's text. Alerts that share a part of it count it each.
func (p *Packed) Bytes() int { return len(p.Fingerprint) + len(p.shared()) + len(p.rest) }

// IsBrief reports whether the alert has no text.
func (p *Packed) IsBrief() bool { return len(p.rest) <= len(nothing) && p.shared() == nothing }
