// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/jsonobject"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// This file decides what is news: labels, annotations, severity and the list of members. The following is not news. It
// changes by itself from webhook to webhook while the alert says the same, and is sent with the next news.
//
//   - the links to the source, to the silence form and to the sender's page: each replica sends its own
//   - the time range of links in annotations, see timeRange
//   - Grafana's query values, also as the annotations in movingAnnotations
//   - starts of alerts, and the number of alerts that Alertmanager cut off the group

// movingAnnotations are values and links that Grafana writes into annotations when it sends to an Alertmanager.
var movingAnnotations = []string{
	"__values__", "__value_string__", "values", "value_string", "valueString", "silence_url", "silenceURL", "__alertImageToken__",
}

// timeRange lists the parameters with the time range of a dashboard.
var timeRange = []string{"from", "to", "start", "end"}

// still returns the part of a that is news.
func (a *Alert) still() Alert {
	s := *a
	s.StartsAt, s.GeneratorURL, s.ExternalURL, s.SilenceURL, s.Values = time.Time{}, "", "", "", ""
	if a.Truncated != 0 {
		s.Truncated = 1
	}
	for i, l := range a.Annotations {
		value := stillAnnotation(l.Name, l.Value)
		if value == l.Value {
			continue
		}
		if &s.Annotations[0] == &a.Annotations[0] {
			s.Annotations = slices.Clone(a.Annotations)
		}
		s.Annotations[i] = labels.Label{Name: l.Name, Value: value}
	}
	return s
}

// stillAnnotation returns the part of an annotation's value that is news.
func stillAnnotation(name, value string) string {
	switch {
	case slices.Contains(movingAnnotations, name):
		return ""
	case text.Link(value) != "":
		return stillLink(value)
	default:
		return value
	}
}

// stillLink returns a link without its time range.
func stillLink(s string) string {
	before, query, ok := strings.Cut(s, "?")
	if !ok {
		return s
	}
	query, fragment, _ := strings.Cut(query, "#")
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(before)
	for parameter := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(parameter, "="); !slices.Contains(timeRange, name) {
			b.WriteString("&")
			b.WriteString(parameter)
		}
	}
	b.WriteString("#")
	b.WriteString(fragment)
	return b.String()
}

// SameNews reports whether p and q are equal, ignoring what is not news. Their starts must be equal too, although they are not
// news: they decide which instance of an alert came first.
func (p *Packed) SameNews(q *Packed) bool {
	if p.Fingerprint != q.Fingerprint || p.Severity != q.Severity || !p.StartsAt.Equal(q.StartsAt) {
		return false
	}
	return (p.common == q.common || sameNews(p.shared(), q.shared())) && (p.rest == q.rest || sameNews(p.rest, q.rest))
}

// sameNews compares two objects of a Packed field by field, up to the first news. It runs for each alert with a change, while all
// others wait. BenchmarkNews measures it.
func sameNews(p, q string) bool {
	return sameFields(p, q, movingFields, func(name, v, w string) bool {
		switch name {
		case `"truncated"`:
			return true // both groups were cut; how far is not news
		case `"annotations"`:
			return sameFields(v, w, nil, func(name, v, w string) bool { return stillJSON(name, v) == stillJSON(name, w) })
		default:
			return false
		}
	})
}

// movingFields are never news.
var movingFields = []string{`"generator"`, `"external"`, `"silence"`, `"values"`}

// sameFields reports whether two objects have the same fields apart from the moving ones; same decides about values that differ. If
// this package's writer did not write an object, the result is false: a person changed the record.
func sameFields(p, q string, moving []string, same func(name, v, w string) bool) bool {
	a, b := jsonobject.Fields(p), jsonobject.Fields(q)
	for {
		name, v, ok := a.Next(moving)
		other, w, okToo := b.Next(moving)
		switch {
		case !ok && !okToo:
			return a.Ended() && b.Ended()
		case ok != okToo || name != other || v != w && !same(name, v, w):
			return false
		}
	}
}

// stillJSON is stillAnnotation for JSON strings. It unquotes only strings that may be links with a query.
func stillJSON(name, value string) string {
	if strings.Contains(value, "://") && strings.Contains(value, "?") {
		value, _ = jsonobject.Text(value)
	}
	return stillAnnotation(strings.Trim(name, `"`), value)
}
