// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// Match has the ids of the incidents that a create found by alias; empty if there are none.
type Match struct{ open, last string }

// Find looks for the incident that a create with this alias meets. It is separate from Post, so that a gap between the two can
// simulate an API that is not atomic.
func (s *Store) Find(sw *Switches, alias string) Match {
	var m Match
	if alias == "" {
		return m
	}
	open := s.openAlias[alias]
	if sw.OpenMeans == NotResolved {
		open = s.byAlias[alias]
	}
	for _, i := range slices.Backward(open) {
		if sw.meets(i.Status) {
			m.open = i.ID
			break
		}
	}
	for _, i := range slices.Backward(s.byAlias[alias]) {
		if !i.Open() && i.ID != m.open {
			m.last = i.ID
			break
		}
	}
	return m
}

// meets reports whether a create can meet an incident with this status.
func (s *Switches) meets(status string) bool {
	switch s.OpenMeans {
	case NotResolved:
		return status != StatusResolved
	case Active:
		return !Closed(status) && status != StatusAcknowledged
	default:
		return !Closed(status)
	}
}

// Post is the API's create. It creates an incident, or counts or updates the one in m.
func (s *Store) Post(now time.Time, sw *Switches, cause Cause, p Patch, m Match) (Result, error) {
	if err := p.check(sw, true); err != nil {
		return Result{}, err
	}
	resolve := p.Status != nil && Closed(*p.Status) && p.Alias != nil && *p.Alias != ""
	if open := s.byID[m.open]; open != nil {
		return s.postOnOpen(now, sw, cause, p, open, resolve)
	}
	last := s.byID[m.last]
	if resolve {
		switch sw.AliasResolveNone {
		case NotFound:
			return Result{}, missing()
		case NoOp:
			return Result{Incident: shallow(last), Status: http.StatusOK}, nil
		}
	}
	if last != nil && !resolve && sw.AliasHitClosed != Another {
		if sw.AliasHitClosed == Reopen {
			p.Status = cmp.Or(p.Status, new(StatusOpen))
			p.ResolvedAt = new(time.Time{})
		}
		return s.change(now, sw, cause, last, p, sw.AliasHitStatus)
	}
	return s.create(now, sw, cause, p)
}

func (s *Store) postOnOpen(now time.Time, sw *Switches, cause Cause, p Patch, open *Incident, resolve bool) (Result, error) {
	if resolve {
		switch sw.AliasResolve {
		case Refuse:
			return Result{}, invalid("status %s is not allowed on create", *p.Status)
		case Ignore:
			p.Status, p.ResolvedAt = nil, nil
			resolve = false
		default:
			p.ResolvedAt = cmp.Or(p.ResolvedAt, &now)
		}
	}
	if sw.AliasHit == Unchanged && !resolve {
		open.DedupCount++
		open.record(Event{At: now.Truncate(time.Millisecond), Kind: Duplicate, By: cause.By, Request: cause.Request}, s.limits.History)
		return Result{Incident: shallow(open), Kind: Duplicate, Status: sw.AliasHitStatus}, nil
	}
	r, err := s.change(now, sw, cause, open, p, sw.AliasHitStatus)
	if err == nil {
		open.DedupCount++
		r.Incident.DedupCount++
	}
	return r, err
}
