// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"strings"
)

// Query selects incidents. Empty fields select all.
type Query struct {
	Status   string
	Severity string
	Alias    string
	// OnlyOpen and OnlyClosed are for the sandbox itself. The API has no such filter.
	OnlyOpen   bool
	OnlyClosed bool
	// Order is a value of Switches.RowOrder; empty for the newest first.
	Order  string
	Limit  int
	Offset int
}

// Check returns an error for values that the API does not know.
func (q *Query) Check(sw *Switches) error {
	if q.Status != "" && !slices.Contains(Statuses, q.Status) {
		return invalid("status must be one of: %s", strings.Join(Statuses, ", "))
	}
	if q.Severity != "" {
		return sw.checkSeverity(q.Severity)
	}
	return nil
}

// List returns a page of incidents without history, and the total number. Reading the newest ends as soon as the page is full,
// however many incidents there are.
func (s *Store) List(q Query) (page []Incident, total int) {
	page = []Incident{}
	rows, counted := s.all, q.Alias == ""
	if counted {
		total = s.Count(q)
	} else {
		rows = s.byAlias[q.Alias]
	}
	order := slices.Backward(rows) // by number: the newest first
	switch q.Order {
	case Oldest:
		order = slices.All(rows)
	case LastUpdated:
		rows = slices.DeleteFunc(slices.Clone(rows), func(i *Incident) bool { return i == nil })
		slices.Reverse(rows)
		slices.SortStableFunc(rows, func(a, b *Incident) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
		order = slices.All(rows)
	}
	seen := 0
	for _, i := range order {
		if counted && (seen == total || len(page) == q.Limit) {
			break
		}
		if i == nil || !q.matches(i) {
			continue
		}
		seen++
		if seen > q.Offset && len(page) < q.Limit {
			page = append(page, *shallow(i))
		}
	}
	return page, max(total, seen)
}

func (q *Query) matches(i *Incident) bool {
	return (q.Alias == "" || i.Alias == q.Alias) && q.selects(group{i.Status, i.Severity})
}

func (q *Query) selects(g group) bool {
	return (q.Status == "" || g.status == q.Status) && (q.Severity == "" || g.severity == q.Severity) &&
		(!q.OnlyOpen || !Closed(g.status)) && (!q.OnlyClosed || Closed(g.status))
}

// Count returns how many incidents match the query. It ignores the alias and the page.
func (s *Store) Count(q Query) int {
	n := 0
	for g, count := range s.counts {
		if q.selects(g) {
			n += count
		}
	}
	return n
}

// Full returns an incident with its history.
func (s *Store) Full(id string) (*Incident, error) {
	i := s.byID[id]
	if i == nil {
		return nil, missing()
	}
	return i.whole(), nil
}

// All returns every incident with its history, oldest first.
func (s *Store) All() []Incident {
	all := make([]Incident, 0, len(s.byID))
	for _, i := range s.all {
		if i != nil {
			all = append(all, *i.whole())
		}
	}
	return all
}

// OpenOf returns the open incidents of an alias, oldest first.
func (s *Store) OpenOf(alias string) []Incident {
	open := make([]Incident, 0, len(s.openAlias[alias]))
	for _, i := range s.openAlias[alias] {
		open = append(open, *shallow(i))
	}
	return open
}
