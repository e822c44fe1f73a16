// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

var (
	all  = store.Query{}
	open = store.Query{OnlyOpen: true}
)

// Incidents returns every incident with its history, oldest first.
func (s *Server) Incidents() []Incident {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.All()
}

// Open returns the open incidents of an alias, oldest first, without history.
func (s *Server) Open(alias string) []Incident {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.OpenOf(alias)
}

// PersonResolves closes an incident as a person does in the web application.
func (s *Server) PersonResolves(id string) error {
	return s.PersonEdits(id, Patch{Status: new(store.StatusResolved)})
}

// PersonAcknowledges acknowledges an incident.
func (s *Server) PersonAcknowledges(id string) error {
	return s.PersonEdits(id, Patch{Status: new(store.StatusAcknowledged)})
}

// PersonReopens reopens an incident.
func (s *Server) PersonReopens(id string) error {
	return s.PersonEdits(id, Patch{Status: new(store.StatusOpen)})
}

// byHand returns the rules of the web application, whatever the API refuses.
func byHand() *Switches {
	sw := store.DefaultSwitches()
	sw.InfoSeverity, sw.InformationalSeverity = true, true
	return &sw
}

// PersonEdits changes an incident: its status, severity, texts, assignee.
func (s *Server) PersonEdits(id string, p Patch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sw := byHand()
	sw.UpdatesPage = s.switches.UpdatesPage
	r, err := s.store.Put(s.options.Now(), sw, store.Cause{By: store.ByPerson}, id, p)
	if err != nil {
		return err
	}
	s.stats.ByPeople[string(r.Kind)]++
	s.changed(r)
	return nil
}

// OtherToolCreates opens an incident as another tool of the organization would. Its alias may be that of an open incident, because
// Alert24 looks and inserts in two steps. Its source is "other-tool" by default.
func (s *Server) OtherToolCreates(p Patch) (*Incident, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Source = cmp.Or(p.Source, new("other-tool"))
	sw := byHand()
	sw.PagesOn = s.switches.PagesOn
	r, err := s.store.Insert(s.options.Now(), sw, store.Cause{By: store.ByOtherTool}, p)
	if err != nil {
		return nil, err
	}
	s.stats.ByOtherTools++
	s.changed(r)
	return r.Incident, nil
}

// PersonDeletes deletes an incident for good.
func (s *Server) PersonDeletes(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.store.Delete(id); err != nil {
		return err
	}
	s.stats.ByPeople["deleted"]++
	s.hub.changed(id)
	return nil
}
