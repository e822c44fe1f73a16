// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "slices"

func (s *Store) index(i *Incident) {
	s.counts[group{i.Status, i.Severity}]++
	if i.Open() && i.Alias != "" {
		s.openAlias[i.Alias] = append(s.openAlias[i.Alias], i)
		slices.SortFunc(s.openAlias[i.Alias], func(a, b *Incident) int { return a.Number - b.Number })
	}
}

func (s *Store) unindex(i *Incident) {
	s.counts[group{i.Status, i.Severity}]--
	if i.Open() && i.Alias != "" {
		remove(s.openAlias, i)
	}
}

func remove(index map[string][]*Incident, i *Incident) {
	list := slices.DeleteFunc(index[i.Alias], func(j *Incident) bool { return i == j })
	if len(list) == 0 {
		delete(index, i.Alias)
		return
	}
	index[i.Alias] = list
}

// shallow copies an incident without its history; nil stays nil.
func shallow(i *Incident) *Incident {
	if i == nil {
		return nil
	}
	c := *i
	c.History = nil
	return &c
}

// whole copies an incident with its history.
func (i *Incident) whole() *Incident {
	c := *i
	c.History = slices.Clone(i.History)
	return &c
}
