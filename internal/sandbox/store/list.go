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
	Limit      int
	Offset     int
}

// Check refuses values that the API does not know.
func (q *Query) Check() error {
	if q.Status != "" && !slices.Contains(Statuses, q.Status) {
		return invalid("status must be one of: %s", strings.Join(Statuses, ", "))
	}
	if q.Severity != "" && !slices.Contains(Severities, q.Severity) {
		return invalid("severity must be one of: %s", strings.Join(Severities, ", "))
	}
	return nil
}

// List returns a page of incidents, newest first, without history, and how many there are in all.
func (s *Store) List(q Query) (page []Incident, total int) {
	page = []Incident{}
	if q.Alias != "" {
		all := s.byAlias[q.Alias]
		for _, i := range slices.Backward(all) {
			if q.matches(i) {
				total++
				page = q.take(page, i, total)
			}
		}
		return page, total
	}
	total = s.Count(q)
	seen := 0
	// Newest first is backward by number. Ends with the page, or with the last incident that matches.
	for _, i := range slices.Backward(s.all) {
		if seen == total || len(page) == q.Limit {
			break
		}
		if i != nil && q.matches(i) {
			seen++
			page = q.take(page, i, seen)
		}
	}
	return page, total
}

func (q *Query) take(page []Incident, i *Incident, position int) []Incident {
	if position > q.Offset && len(page) < q.Limit {
		page = append(page, *shallow(i))
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
