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
	// OnlyOpen and OnlyClosed are for the sandbox itself; the API has no such filter.
	OnlyOpen   bool
	OnlyClosed bool
	// Order is a value of Switches.RowOrder; empty for the newest first.
	Order  string
	Limit  int
	Offset int
}

// Check refuses values that the API does not know.
func (q *Query) Check(sw *Switches) error {
	if q.Status != "" && !slices.Contains(Statuses, q.Status) {
		return invalid("status must be one of: %s", strings.Join(Statuses, ", "))
	}
	if q.Severity != "" {
		return sw.checkSeverity(q.Severity)
	}
	return nil
}

// List returns a page of incidents without history, and how many there are in all.
func (s *Store) List(q Query) (page []Incident, total int) {
	page = []Incident{}
	if q.Alias == "" && (q.Order == "" || q.Order == Newest) {
		return s.newest(q), s.Count(q)
	}
	candidates := s.all
	if q.Alias != "" {
		candidates = s.byAlias[q.Alias]
	}
	matching := []*Incident{}
	for _, i := range slices.Backward(candidates) {
		if i != nil && q.matches(i) {
			matching = append(matching, i)
		}
	}
	switch q.Order {
	case Oldest:
		slices.Reverse(matching)
	case LastUpdated:
		slices.SortStableFunc(matching, func(a, b *Incident) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	}
	first := min(q.Offset, len(matching))
	for _, i := range matching[first:min(first+q.Limit, len(matching))] {
		page = append(page, *shallow(i))
	}
	return page, len(matching)
}

// newest is a page of the newest first. It ends with the page, or with the last incident that matches.
func (s *Store) newest(q Query) []Incident {
	page := []Incident{}
	seen, total := 0, s.Count(q)
	for _, i := range slices.Backward(s.all) { // newest first is backward by number
		if seen == total || len(page) == q.Limit {
			break
		}
		if i == nil || !q.matches(i) {
			continue
		}
		seen++
		if seen > q.Offset {
			page = append(page, *shallow(i))
		}
	}
	return page
}

func (q *Query) matches(i *Incident) bool {
	return (q.Alias == "" || i.Alias == q.Alias) && q.selects(group{i.Status, i.Severity})
}

func (q *Query) selects(g group) bool {
	return (q.Status == "" || g.status == q.Status) && (q.Severity == "" || g.severity == q.Severity) &&
		(!q.OnlyOpen || !Closed(g.status)) && (!q.OnlyClosed || Closed(g.status))
}

// Count is how many incidents the query selects, its alias and page apart.
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
	c := *i
	c.History = slices.Clone(i.History)
	return &c, nil
}

// All returns every incident with its history, oldest first.
func (s *Store) All() []Incident {
	all := make([]Incident, 0, len(s.byID))
	for _, i := range s.all {
		if i != nil {
			c := *i
			c.History = slices.Clone(i.History)
			all = append(all, c)
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
