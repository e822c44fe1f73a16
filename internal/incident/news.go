// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"bytes"
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
	s.Truncated = min(a.Truncated, 1)
	for i, l := range a.Annotations {
		value := l.Value
		if slices.Contains(movingAnnotations, l.Name) {
			value = ""
		} else if text.Link(value) != "" {
			value = stillLink(value)
		}
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

// stillLink returns a link without its time range.
func stillLink(s string) string {
	before, query, ok := strings.Cut(s, "?")
	if !ok {
		return s
	}
	query, fragment, _ := strings.Cut(query, "#")
	var b strings.Builder
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
	if p.rest == q.rest {
		return true
	}
	return bytes.Equal(p.stillRest(), q.stillRest())
}

func (p *Packed) stillRest() []byte {
	a := p.Unpack()
	a = a.still()
	var w jsonobject.Writer
	a.writeRest(&w)
	return w.B
}
