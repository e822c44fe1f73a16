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

// This file decides what is news. Labels, annotations, severity and the list of members are. The following is not: it
// changes by itself from webhook to webhook while the alert says the same, and is sent along with the next news.
//
//   - the links to the source, to the silence form and to the sender's page: each replica sends its own
//   - the time range of links in annotations, see timeRange
//   - Grafana's query values, also as the annotations in movingAnnotations
//   - starts of alerts, and the number of alerts that Alertmanager cut off the group

// movingAnnotations are Grafana's values and links that it writes into annotations when it sends to an Alertmanager.
var movingAnnotations = []string{
	"__values__", "__value_string__", "values", "value_string", "valueString", "silence_url", "silenceURL", "__alertImageToken__",
}

// timeRange lists the parameters that say which hours a dashboard shows.
var timeRange = []string{"from", "to", "start", "end"}

// still returns a without all that is not news.
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

// stillAnnotation returns what is news of the value of an annotation.
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

// SameNews reports whether p and q are equal apart from what is not news. Their starts must be equal too, although
// they are not news: they decide which instance of an alert came first.
func (p *Packed) SameNews(q *Packed) bool {
	if p.Fingerprint != q.Fingerprint || p.Severity != q.Severity || !p.StartsAt.Equal(q.StartsAt) {
		return false
	}
	return p.common == q.common && p.rest == q.rest || p.news() == q.news()
}

// news is a hash of what is news of the other fields. It is taken of the JSON itself: this is done for each alert that says something
// else, while all others wait.
func (p *Packed) news() uint64 {
	var h hash
	for _, object := range [...]string{p.shared(), p.rest} {
		if !jsonobject.Each(object, h.addField) {
			h.add(object) // a person wrote it into the record
		}
	}
	return h.sum()
}

// addField adds what is news of a field.
func (h *hash) addField(name, value string) bool {
	switch name {
	case `"generator"`, `"external"`, `"silence"`, `"values"`:
		return true
	case `"truncated"`:
		value = "" // that there are some
	case `"annotations"`:
		jsonobject.Each(value, func(name, value string) bool {
			h.add(name)
			h.add(stillJSON(name, value))
			return true
		})
		value = ""
	}
	h.add(name)
	h.add(value)
	return true
}

// stillJSON is stillAnnotation for JSON strings. Only those that may be links with a query are unquoted.
func stillJSON(name, value string) string {
	if strings.Contains(value, "://") && strings.Contains(value, "?") {
		value, _ = jsonobject.Text(value)
	}
	return stillAnnotation(strings.Trim(name, `"`), value)
}
