// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strconv"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// lag is how old a list is, in seconds, at most.
func (s *switches) lag() int {
	switch {
	case s.uneven:
		return settle - 1
	case s.lags:
		return 1
	}
	return 0
}

func (s *steps) ofLag(sw switches) {
	if !sw.uneven {
		return
	}
	for back := range sw.lag() + 2 {
		s.add(2, "lists of age "+strconv.Itoa(back), func(w *world) { w.back = back })
	}
}

// remember keeps copies of the incidents, as a list shows them later.
func (s *server) remember() {
	if s.lag() == 0 {
		return
	}
	rows := make([]*row, len(s.incidents))
	for i, r := range s.incidents {
		then := *r
		rows[i] = &then
	}
	s.pasts = append(s.pasts, rows)
	s.pasts = s.pasts[max(0, len(s.pasts)-1-s.lag()):]
}

// past returns the incidents as a list shows them.
func (s *server) past() []*row {
	switch {
	case s.lag() == 0, s.uneven && s.back == 0:
		return s.incidents
	case s.uneven:
		return s.pasts[max(0, len(s.pasts)-s.back)]
	}
	return s.pasts[0]
}

// listed returns what a list shows. fresh: incidents that it shows are read by their ids.
func (s *server) listed(fresh bool) []*row {
	if fresh {
		return s.incidents[:len(s.past())]
	}
	return s.past()
}

// newestPage is how many rows a page of the list has.
const newestPage = 2

// list returns what a lookup sees, whether it has read by an id, and whether the lookup is complete. It reads the known incident by its id
// only if the list does not show it.
func (s *server) list(e *Entry, c Call, bound int) (found []Shown, byID, complete bool) {
	byID, complete = c.Fresh || c.Depth == Known, true
	titles, all := e.Titles()
	incidents := s.listed(c.Fresh)
	unread := true
	for i, r := range incidents {
		listed := c.Depth >= Since && (c.At.IsZero() || r.created >= bound) || c.Depth == All && r.open ||
			c.Depth == Newest && i >= len(incidents)-newestPage
		switch {
		case r.deleted || !listed:
		case r.id == c.ID:
			found = append(found, r.shownAs())
			unread = false
		case r.foreign:
		case s.noMarks && r.unmarked:
			if all || slices.Contains(titles, r.shown[incident.FieldTitle]) {
				complete = false
			}
		default:
			found = append(found, r.shownAs())
		}
	}
	if known := s.row(c.ID); unread && known != nil {
		found, byID = append(found, known.shownAs()), true
	}
	return found, byID, complete
}
