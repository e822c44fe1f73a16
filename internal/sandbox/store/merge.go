// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// merge applies the fields that were sent and says which values changed. The alias never changes.
func merge(i *Incident, p Patch, strip bool) []Change {
	var changes []Change
	note := func(field, from, to string) {
		if from != to {
			changes = append(changes, Change{field, text.Cut(from, maxChangeRunes), text.Cut(to, maxChangeRunes)})
		}
	}
	line := func(field string, to, sent *string, strip bool) {
		if sent == nil {
			return
		}
		v := *sent
		if strip {
			v = markup.ReplaceAllString(v, "")
		}
		note(field, *to, v)
		*to = v
	}
	list := func(field string, to, sent *[]string) {
		if sent != nil {
			note(field, strings.Join(*to, ", "), strings.Join(*sent, ", "))
			*to = *sent
		}
	}
	moment := func(field string, to, sent *time.Time) {
		if sent != nil {
			note(field, Stamp(*to), Stamp(*sent))
			*to = *sent
		}
	}
	line("status", &i.Status, p.Status, false)
	line("severity", &i.Severity, p.Severity, false)
	line("title", &i.Title, p.Title, strip)
	line("description", &i.Description, p.Description, strip)
	line("impact_description", &i.ImpactDescription, p.ImpactDescription, strip)
	line("assigned_to", &i.AssignedTo, p.AssignedTo, false)
	line("source", &i.Source, p.Source, false)
	list("tags", &i.Tags, p.Tags)
	list("affected_services", &i.AffectedServices, p.AffectedServices)
	if p.Labels != nil {
		note("labels", pairs(i.Labels), pairs(*p.Labels))
		i.Labels = *p.Labels
	}
	moment("acknowledged_at", &i.AcknowledgedAt, p.AcknowledgedAt)
	moment("resolved_at", &i.ResolvedAt, p.ResolvedAt)
	return changes
}

// markup is what Alert24's published source takes out of texts.
var markup = regexp.MustCompile(`(?is)<script\b.*?</script>|</?(?:script|iframe)\b[^>]*>|javascript:|\bon\w+\s*=`)

// Stamp formats a time as the API does; the zero time is empty.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timestamp)
}

func pairs(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name + "=" + labels[name])
	}
	return b.String()
}
