// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// truncatedFor is how long a group counts as cut if no webhook of it comes: longer than Alertmanager's default repeat_interval of 4 hours.
const truncatedFor = 5 * time.Hour

// Truncated remembers groups that Alertmanager cut to max_alerts, each until it arrives whole or nothing of it comes for long. It is safe
// for concurrent use.
type Truncated struct {
	mu     sync.Mutex
	groups *simplelru.LRU[string, TruncatedGroup] // by id; the one that was cut last at the end
}

// TruncatedGroup is a group of alerts that Alertmanager cut.
type TruncatedGroup struct {
	Name        string
	Since, Last time.Time
}

// NewTruncated returns a memory for at most this many groups.
func NewTruncated(groups int) *Truncated {
	return &Truncated{groups: newest[string, TruncatedGroup](groups)}
}

// Cut notes that a webhook of a group was cut.
func (s *Truncated) Cut(id, name string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, known := s.groups.Get(id)
	if !known || !g.current(now) {
		g = TruncatedGroup{Name: name, Since: now}
	}
	g.Last = now
	s.groups.Add(id, g)
}

// Whole notes that a webhook of a group was not cut.
func (s *Truncated) Whole(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups.Remove(id)
}

// Groups returns the groups that are cut, the newest first.
func (s *Truncated) Groups(now time.Time) (all []TruncatedGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range slices.Backward(s.groups.Values()) {
		if g.current(now) {
			all = append(all, g)
		}
	}
	return all
}

func (g *TruncatedGroup) current(now time.Time) bool { return now.Sub(g.Last) < truncatedFor }

// truncated names groups that are cut.
func (all *troubles) truncated(groups []TruncatedGroup) {
	if len(groups) == 0 {
		return
	}
	since, names := groups[0].Since, make([]string, 0, len(groups))
	for i := range groups {
		names = append(names, groups[i].Name)
		if groups[i].Since.Before(since) {
			since = groups[i].Since
		}
	}
	all.add(Cut, UnknownAlias, since, "Alertmanager cuts ", text.Count(len(groups), "group", "groups"), " short (max_alerts), the last time at ", at(groups[0].Last),
		", and never sends the alerts past the cut, nor their resolves: ", named(names, len(names)))
}
