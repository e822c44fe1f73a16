// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

// leftTo says whether an alert of the incident leaves closing to a person.
type leftTo uint8

const (
	nobody   leftTo = iota // no alert does: the bridge closes the incident
	mayLeave               // one does that fired before the incident was known: the incident may be closed or not
	aPerson                // one does that fired while the incident was known open, or when it was created: only a person closes it
)

// leftOf is what the model knows of incidents that are left to a person.
type leftOf struct {
	// untold: an alert that leaves closing to a person fired, and no incident was known open.
	untold bool
	// last is the incident that was last known open.
	last *row
	// unheard: the entry does not know the alert.
	unheard [2]bool
}

// leavesOpen reports whether alert i leaves closing to a person.
func (s *switches) leavesOpen(i int) bool { return s.left || s.leftOne && i == 1 }

// leftFires reports whether an alert that leaves closing to a person fires, as far as the entry knows.
func (w *world) leftFires() bool {
	return w.fired[0] && w.leavesOpen(0) || w.fired[1] && w.leavesOpen(1)
}

// hearsLeft notes an alert that may have resolved in the same transaction, or have fired before the entry was made.
func (w *world) hearsLeft(a arrived) {
	w.untold = w.untold || w.leavesOpen(a.alert) && (a.firing || w.unheard[a.alert])
}

// noteLeft notes which incidents are left to a person.
func (w *world) noteLeft() {
	e := w.ledger.entry
	if e == nil || e.Over() && !e.IsOpen() {
		w.untold, w.last = false, nil
	}
	if e == nil || !e.IsOpen() {
		w.untold = w.untold || w.leftFires() || e != nil && e.Firing() && w.last.carries()
		return
	}
	at := slices.IndexFunc(w.incidents, func(r *row) bool { return r.id == e.Incident.ID }) // it may be deleted
	if at < 0 {
		return
	}
	for _, other := range w.open() {
		if w.racy && (w.leftFires() || w.untold) {
			other.left = max(other.left, mayLeave) // this one may take the place of the incident
		}
	}
	r := w.incidents[at]
	w.untold = w.untold || w.last != r && w.last.carries() // a lookup found another one in its place
	ending := e.Doubt.Closing == e.Incident.ID || e.Inflight().Kind == Close
	switch {
	case (w.leftFires() || w.untold) && (ending || r.reopened):
		r.left = max(r.left, mayLeave) // the close that began before may be finished
	case !r.open:
	case w.leftFires():
		r.left = aPerson
	case w.untold:
		r.left = max(r.left, mayLeave)
	}
	w.untold, w.last = false, r
}

// carries reports whether the incident that follows r may be left to a person, too: r was closed to page people again, or it is not clear
// whether its alert came before its close.
func (r *row) carries() bool {
	return r != nil && (r.left == mayLeave || r.renewed && r.left != nobody)
}

// create also notes whether the incident is left to a person.
func (s *server) create(q *request, now int) reply {
	a := s.createOrMeet(q, now)
	switch {
	case q.stale && (s.left || s.leftOne):
		a.row.left = max(a.row.left, mayLeave) // alerts that left it to a person may have come and gone
	case !q.leaves || a.row.foreign:
	case a.met:
		a.row.left = max(a.row.left, mayLeave)
	default:
		a.row.left = aPerson
	}
	return a
}
