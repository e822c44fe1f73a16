// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
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

// PersonReopens opens an incident again.
func (s *Server) PersonReopens(id string) error {
	return s.PersonEdits(id, Patch{Status: new(store.StatusOpen)})
}

// PersonEdits changes an incident: its status, severity, texts.
func (s *Server) PersonEdits(id string, p Patch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.store.Put(s.options.Now(), &s.switches, store.Cause{By: store.ByPerson}, id, p)
	if err != nil {
		return err
	}
	s.stats.ByPeople[string(r.Kind)]++
	s.hub.changed(id)
	return nil
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
