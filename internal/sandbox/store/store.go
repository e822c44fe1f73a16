// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package store is the sandbox's state: incidents, and the rules by which the Alert24 API creates, merges, updates
// and lists them. It does no I/O, knows no HTTP and takes the time as an argument. It is not safe for concurrent use.
//
// The rules follow Alert24's documentation (https://alert24.net/docs/api-incidents). Where the documentation is silent,
// a switch decides; see Switches.
package store

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Limits bound the store's memory.
type Limits struct {
	// Incidents bounds the incidents held, open and closed. A create above it gets 507.
	Incidents int
	// History is how many entries each incident keeps, at least 2.
	History int
}

// Store holds the incidents of one organization. The cost of creating and updating does not depend on their number.
type Store struct {
	limits Limits
	newID  func() string

	all       []*Incident            // by number, from 1; nil where deleted
	byID      map[string]*Incident   //
	byAlias   map[string][]*Incident // oldest first
	openAlias map[string][]*Incident // the open ones of byAlias, oldest first
	counts    map[group]int
}

// group is a combination of values that the list can be filtered by.
type group struct{ status, severity string }

// New returns an empty store. newID must return a new UUID each time.
func New(limits Limits, newID func() string) *Store {
	return &Store{
		limits: limits, newID: newID,
		byID: map[string]*Incident{}, byAlias: map[string][]*Incident{}, openAlias: map[string][]*Incident{}, counts: map[group]int{},
	}
}

// Cause says who requested a change.
type Cause struct {
	By Actor
	// Request is the X-Request-Id, empty for a person.
	Request string
}

// Result is the outcome of a change.
type Result struct {
	// Incident is a copy without history; nil when there is none to show.
	Incident *Incident
	// Kind is what happened; empty if nothing did.
	Kind Kind
	// Status is the API's HTTP status.
	Status int
	// WouldPage lists the channels that would page people now.
	WouldPage []string
}

// Insert creates an incident without a check of its alias. Another tool can do so if it looked before the last incident existed.
func (s *Store) Insert(now time.Time, sw *Switches, cause Cause, p Patch) (Result, error) {
	if err := p.check(sw, true); err != nil {
		return Result{}, err
	}
	return s.create(now, sw, cause, p)
}

func (s *Store) create(now time.Time, sw *Switches, cause Cause, p Patch) (Result, error) {
	if len(s.byID) >= s.limits.Incidents {
		return Result{}, &APIError{ServerError, fmt.Sprintf(
			"the sandbox holds its limit of %d incidents: reset it, or raise the limit", s.limits.Incidents), http.StatusInsufficientStorage}
	}
	now = now.Truncate(time.Millisecond)
	i := &Incident{
		Number: len(s.all) + 1, Status: defaultStatus, Severity: defaultSeverity, Source: defaultSource,
		StartedAt: now, CreatedAt: now, UpdatedAt: now,
	}
	if p.Source != nil && *p.Source == "" {
		p.Source = nil
	}
	if p.Alias != nil {
		i.Alias = *p.Alias
	}
	merge(i, p, sw.StripMarkup)
	if Closed(i.Status) && i.ResolvedAt.IsZero() && sw.SetResolvedAt {
		i.ResolvedAt = now
	}
	if err := checkTimes(i, sw); err != nil {
		return Result{}, err
	}
	i.ID = s.newID()
	pages := pageCreated(sw, i)
	i.record(Event{At: now, Kind: Created, By: cause.By, Request: cause.Request, WouldPage: pages}, s.limits.History)
	s.all = append(s.all, i)
	s.byID[i.ID] = i
	if i.Alias != "" {
		s.byAlias[i.Alias] = append(s.byAlias[i.Alias], i)
	}
	s.index(i)
	return Result{Incident: shallow(i), Kind: Created, Status: sw.CreateStatus, WouldPage: pages}, nil
}

// Put is the API's update by id, and a person's edit: it merges the fields that were sent.
func (s *Store) Put(now time.Time, sw *Switches, cause Cause, id string, p Patch) (Result, error) {
	if err := p.check(sw, false); err != nil {
		return Result{}, err
	}
	i := s.byID[id]
	if i == nil {
		return Result{}, missing()
	}
	if sw.CloseClosed == Refuse && cause.By == ByAPI && !i.Open() && p.Status != nil && Closed(*p.Status) {
		return Result{}, invalid("Incident is already %s", i.Status)
	}
	return s.change(now, sw, cause, i, p, http.StatusOK)
}

// change merges p into i. After an error, i is unchanged.
func (s *Store) change(now time.Time, sw *Switches, cause Cause, i *Incident, p Patch, status int) (Result, error) {
	now = now.Truncate(time.Millisecond)
	next := *i
	changes := merge(&next, p, sw.StripMarkup)
	kind := Updated
	if i.Open() != next.Open() {
		kind = Resolved
		if next.Open() {
			kind = Reopened
		}
	}
	if sw.SetResolvedAt || cause.By == ByPerson {
		keepTimes(&next, now, kind, p)
	}
	if err := checkTimes(&next, sw); err != nil {
		return Result{}, err
	}
	next.UpdatedAt = now
	pages := pageUpdated(sw, i, &next)
	next.record(Event{
		At: now, Kind: kind, By: cause.By, Request: cause.Request, Changes: changes, WouldPage: pages,
	}, s.limits.History)
	s.unindex(i)
	*i = next
	s.index(i)
	return Result{Incident: shallow(i), Kind: kind, Status: status, WouldPage: pages}, nil
}

// keepTimes sets the times that belong to a status, unless the request sets them.
func keepTimes(i *Incident, now time.Time, kind Kind, p Patch) {
	switch {
	case kind == Resolved && p.ResolvedAt == nil:
		i.ResolvedAt = now
	case kind == Reopened && p.ResolvedAt == nil:
		i.ResolvedAt = time.Time{}
	}
	if i.Status == StatusAcknowledged && i.AcknowledgedAt.IsZero() {
		i.AcknowledgedAt = now
	}
}

// checkTimes does the check of Alert24's published database schema.
func checkTimes(i *Incident, sw *Switches) error {
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"resolved_at", i.ResolvedAt}, {"acknowledged_at", i.AcknowledgedAt}} {
		if t.at.IsZero() || !t.at.Before(i.StartedAt) || sw.ResolvedBeforeStart == Accept {
			continue
		}
		if sw.ResolvedBeforeStart == Error {
			return unexpected()
		}
		return invalid("%s must not be before started_at", t.name)
	}
	return nil
}

// Delete removes an incident permanently, as a person can.
func (s *Store) Delete(id string) error {
	i := s.byID[id]
	if i == nil {
		return missing()
	}
	s.unindex(i)
	s.all[i.Number-1] = nil
	delete(s.byID, id)
	remove(s.byAlias, i)
	return nil
}

// Get returns a copy without history.
func (s *Store) Get(id string) (*Incident, error) {
	i := s.byID[id]
	if i == nil {
		return nil, missing()
	}
	return shallow(i), nil
}

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
