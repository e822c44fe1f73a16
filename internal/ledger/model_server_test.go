// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// switches choose what the model's Alert24 and its people may do.
type switches struct {
	// people close and delete incidents.
	people bool
	// reopens: a create reopens the last closed incident of its alias.
	reopens bool
	// racy: of two creates under way at once both may make an incident.
	racy bool
	// clockSteps: the wall clock is set at restarts.
	clockSteps bool
	// tooLate lets a request commit after the settle time: the model must break.
	tooLate bool
}

// atomic: what the API does follows from our requests alone.
func (s switches) atomic() bool { return !s.people && !s.racy }

// server is the model of Alert24: the incidents of one alias, by the rules of its incidents API.
type server struct {
	switches
	incidents []*row
	late      []*request // not answered, will still be carried out
	created   int
}

type row struct {
	id      string
	open    bool
	deleted bool
	created int // true time, seconds
	content content
}

// content is what an incident says.
type content struct {
	title    string
	severity incident.Severity
}

// request is one write on its way.
type request struct {
	kind    Kind
	id      string
	content content
	// seesNone: no incident was open when the request arrived.
	seesNone bool
	// due is when a late request is carried out.
	due int
}

func (s *server) open() []*row {
	var open []*row
	for _, r := range s.incidents {
		if r.open && !r.deleted {
			open = append(open, r)
		}
	}
	return open
}

func (s *server) row(id string) *row {
	i := slices.IndexFunc(s.incidents, func(r *row) bool { return r.id == id && !r.deleted })
	if i < 0 {
		return nil
	}
	return s.incidents[i]
}

// commit carries the request out and returns the incident as the API shows it, or nil for a 404.
func (s *server) commit(q *request, now int) *row {
	if q.kind == Create {
		return s.create(q, now)
	}
	r := s.row(q.id)
	if r == nil {
		return nil
	}
	switch q.kind {
	case Update:
		r.content = q.content
	case Close:
		r.open = false
	case Reopen:
		r.open = true
	}
	return r
}

func (s *server) create(q *request, now int) *row {
	open := s.open()
	if len(open) > 0 && (!s.racy || !q.seesNone) {
		open[0].content = q.content
		return open[0]
	}
	if s.reopens {
		for _, r := range slices.Backward(s.incidents) {
			if !r.deleted && !r.open {
				r.open, r.content = true, q.content
				return r
			}
		}
	}
	s.created++
	r := &row{id: strconv.Itoa(s.created), open: true, created: now, content: q.content}
	s.incidents = append(s.incidents, r)
	return r
}

// commitLate carries out what is due.
func (s *server) commitLate(now int) {
	s.late = slices.DeleteFunc(s.late, func(q *request) bool {
		if q.due > now {
			return false
		}
		s.commit(q, now)
		return true
	})
}

// list returns what a complete look-up sees: the incident with the known id, and with doubt those created since
// the bound, or all open ones where there is no bound.
func (s *server) list(e *Entry, c Call, bound int, want content) []Found {
	var found []Found
	for _, r := range s.incidents {
		listed := e.Doubt.Set && !c.At.IsZero() && r.created >= bound
		if e.Doubt.Set && c.At.IsZero() || e.Incident.State == Unknown && !e.Doubt.Set {
			listed = r.open
		}
		listed = listed || c.Wide && r.open
		if !r.deleted && (listed || r.id == c.ID) {
			f := found1(r)
			f.Same = r.content == want
			found = append(found, f)
		}
	}
	return found
}

func found1(r *row) Found {
	at := start.Add(time.Duration(r.created) * time.Second)
	return Found{ID: r.id, Open: r.open, CreatedAt: at, StartedAt: at}
}
