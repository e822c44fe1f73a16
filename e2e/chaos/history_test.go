// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// entry is a line of an alias's history.
type entry struct {
	at   time.Time
	text string
}

// history is everything known about an alias, in order of time: webhooks and their answers, requests to the API, their effects on
// incidents, the collector's log, and its lives.
func (r *run) history(p *problem) string {
	entries := slices.Clone(r.lives)
	for n := range p.record.heard {
		h := &p.record.heard[n]
		entries = append(entries, entry{time.Unix(0, h.from), p.record.describe(h, p)})
	}
	entries = append(entries, r.logged(p.alias)...)
	entries = append(entries, r.requested(p.alias)...)
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %s\n", stamp(e.at), e.text)
	}
	return b.String()
}

// logged returns the collector's log lines that name the alias.
func (r *run) logged(alias string) []entry {
	var entries []entry
	for _, log := range r.logs {
		for line := range strings.Lines(log.text()) {
			if !strings.Contains(line, `"`+alias+`"`) {
				continue
			}
			stamp, text, _ := strings.Cut(strings.TrimSpace(line), "\t")
			if at, err := time.Parse("2006-01-02T15:04:05.000Z0700", stamp); err == nil {
				entries = append(entries, entry{at, "log: " + strings.ReplaceAll(text, "\t", " ")})
			}
		}
	}
	return entries
}

// requested returns the requests about the alias and their effects on incidents.
func (r *run) requested(alias string) []entry {
	var entries []entry
	ids := map[string]bool{}
	for _, i := range r.sandbox.Incidents() {
		if i.Alias != alias {
			continue
		}
		ids[i.ID] = true
		for _, e := range i.History {
			entries = append(entries, entry{e.At, fmt.Sprintf("incident %d %s by %s %s: %.300q", i.Number, e.Kind, e.By, e.Request, e.Changes)})
		}
	}
	return append(entries, r.calls.about(alias, ids)...)
}
