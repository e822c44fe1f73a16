// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// entry is a line of an alias's history.
type entry struct {
	at   time.Time
	text string
}

// history is all that is known of an alias, in the order of time: webhooks and their answers, requests to the API, what
// they did to incidents, what the collector logged, and its lives.
func (r *run) history(f *family, alias string) string {
	entries := slices.Clone(r.lives)
	f.wire.Lock()
	for _, m := range f.log {
		if text := m.about(alias); text != "" {
			entries = append(entries, entry{m.from, text})
		}
	}
	f.wire.Unlock()
	entries = append(entries, r.logged(alias)...)
	entries = append(entries, r.requested(alias)...)
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %s\n", e.at.UTC().Format("15:04:05.000"), e.text)
	}
	return b.String()
}

// about is the message in words, or nothing if it is not about the alias.
func (m *message) about(alias string) string {
	var alerts []string
	for i, a := range m.group {
		if a.alias != alias {
			continue
		}
		s := m.says[i]
		text := fmt.Sprintf("alert %d (%s) ", a.member, a.severity)
		if s.Firing {
			text += fmt.Sprintf("fires since %s, revision %d", s.StartsAt.Format("05.000"), s.Revision)
		} else {
			text += fmt.Sprintf("resolved, %s to %s", s.StartsAt.Format("05.000"), s.EndsAt.Format("05.000"))
		}
		alerts = append(alerts, text)
	}
	if len(alerts) == 0 {
		return ""
	}
	disruption := ""
	if m.disruption != "" {
		disruption = " (" + m.disruption + ")"
	}
	return fmt.Sprintf("webhook %d from replica %d%s: %s => %s, %s after %s", m.arrival, m.replica, disruption,
		strings.Join(alerts, "; "), m.fate, m.answer, m.to.Sub(m.from).Round(time.Millisecond))
}

// logged are the collector's lines that name the alias.
func (r *run) logged(alias string) []entry {
	var entries []entry
	for _, log := range r.logs {
		for line := range strings.Lines(log) {
			stamp, text, _ := strings.Cut(strings.TrimSpace(line), "\t")
			at, err := time.Parse("2006-01-02T15:04:05.000Z0700", stamp)
			if err == nil && strings.Contains(line, `"`+alias+`"`) {
				entries = append(entries, entry{at, "log: " + strings.ReplaceAll(text, "\t", " ")})
			}
		}
	}
	return entries
}

// requested are the requests about the alias and what each did to an incident.
func (r *run) requested(alias string) []entry {
	var entries []entry
	ids := map[string]bool{}
	for _, i := range r.sandbox.Incidents() {
		if i.Alias != alias {
			continue
		}
		ids[i.ID] = true
		for _, e := range i.History {
			entries = append(entries, entry{e.At, fmt.Sprintf("incident %d %s by %s %s: %v", i.Number, e.Kind, e.By, e.Request, e.Changes)})
		}
	}
	for _, q := range r.sandbox.Requests() {
		_, id, _ := strings.Cut(q.Path, sandbox.BasePath+"/incidents/")
		if ids[id] || strings.Contains(q.Body, `"`+alias+`"`) {
			entries = append(entries, entry{q.Time, fmt.Sprintf("request %s %s %s => %d %s: %.300s", q.ID, q.Method, q.Path, q.Status, q.Fault, q.Body)})
		}
	}
	return entries
}
