// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strconv"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// People and other tools.

func (s *steps) ofOthers(sw switches) {
	if sw.clockSteps {
		for _, by := range []int{0, 7, -7, 60, -3600, 3600} {
			s.add(1, "kill, clock off by "+strconv.Itoa(by), func(w *world) { w.kill(1, by) })
		}
	}
	if sw.people {
		s.add(1, "person closes", func(w *world) { w.personCloses(false) })
		s.add(1, "person deletes", func(w *world) { w.personCloses(true) })
		s.add(1, "person reopens", func(w *world) { w.personReopens() })
		s.add(2, "person edits the description", func(w *world) { w.personEdits(incident.FieldDescription, 0) })
		if !sw.noMarks {
			s.add(1, "person edits the title", func(w *world) { w.personEdits(incident.FieldTitle, 0) })
		}
		for severity := incident.Low; severity <= incident.Critical; severity++ {
			s.add(1, "person sets "+severity.String(), func(w *world) { w.personEdits(incident.FieldSeverity, severity) })
		}
	}
	if sw.foreign {
		s.add(2, "another tool opens", func(w *world) { w.otherOpens() })
		s.add(2, "another tool closes", func(w *world) { w.otherCloses() })
	}
}

// personCloses closes or deletes the newest incident.
func (w *world) personCloses(del bool) {
	open := w.open()
	if len(open) == 0 {
		return
	}
	r := open[len(open)-1]
	if e := w.ledger.entry; e != nil && e.Settled() && e.Incident.State == Open && e.Incident.ID == r.id && e.Firing() && w.never && len(w.late) == 0 {
		w.forbidden = true // until the episode ends
	}
	w.close(r)
	r.deleted, w.paged = del, 0
	w.pages++
}

// personReopens opens the newest closed incident again, for whatever reason.
func (w *world) personReopens() {
	for _, r := range slices.Backward(w.incidents) {
		if !r.deleted && !r.open && !r.foreign {
			r.open, r.reopened = true, true
			w.pages++ // a close of ours that is on its way may close it
			return
		}
	}
}

// personEdits edits a field of the newest open incident. A severity of 0 is a text.
func (w *world) personEdits(f incident.Field, severity incident.Severity) {
	open := w.open()
	if len(open) == 0 {
		return
	}
	r := open[len(open)-1]
	w.moves++
	value := incident.HashText("a person's " + strconv.Itoa(w.moves))
	if severity != 0 {
		value = incident.HashText(severity.String())
	}
	value = w.clean(f, value)
	if value == r.shown[f] {
		return
	}
	if r.edits[f] == untouched {
		r.before[f] = r.shown[f]
	}
	switch {
	case !r.known.Has(f), value == r.before[f], w.unsure(f, value), f == incident.FieldSeverity && r.edits[f] != untouched:
		r.edits[f] = perhaps
	case r.edits[f] == untouched:
		r.edits[f] = theirs
	}
	r.shown[f], r.when[f] = value, w.moves
}

// doubtEdits: an edit cannot be told from the text of an unanswered call that says the same, that Alert24 may have cleaned, or
// whose content is not known.
func (w *world) doubtEdits(e *Entry) {
	for _, r := range w.incidents {
		for f := range incident.NumFields {
			same := func(c Content) bool { return c == Content{} || w.clean(f, c.Sent[f]) == r.shown[f] }
			if r.edits[f] == theirs && (e.Written.Cleaned.Has(f) || slices.ContainsFunc(e.Unsure, same)) {
				r.edits[f] = perhaps
			}
		}
	}
}

// forgetEdits: the entry has left.
func (w *world) forgetEdits() {
	for _, r := range w.incidents {
		r.forgetEdits()
	}
}

// forgetEdits: what was edited may stay or not.
func (r *row) forgetEdits() {
	for f, e := range r.edits {
		if e == theirs {
			r.edits[f] = perhaps
		}
	}
}

// edited: a person edited the severity, or opened an incident again.
func (w *world) edited(id string) bool {
	r := w.row(id)
	return r != nil && (r.edits[incident.FieldSeverity] != untouched || r.reopened)
}

// unsure: a call of ours that was not answered yet wrote the field so.
func (w *world) unsure(f incident.Field, value uint64) bool {
	same := func(c *Content) bool { return w.clean(f, c.Sent[f]) == value }
	if k := w.work; k != nil && same(&k.want) {
		return true
	}
	e := w.ledger.entry
	if e != nil && len(e.Unsure) > 0 && e.Written.Cleaned.Has(f) {
		return true
	}
	return e != nil && slices.ContainsFunc(e.Unsure, func(c Content) bool { return same(&c) || c == Content{} })
}

// otherOpens lets another tool open an incident with the alias, which hits ours if that is open.
func (w *world) otherOpens() {
	if w.anyOpen() == nil {
		w.insert(w.now).foreign = true
	}
}

func (w *world) otherCloses() {
	if r := w.blocking(); r != nil {
		r.open = false
	}
}

// audit compares the entry with the list of open incidents.
func (w *world) audit() {
	e := w.ledger.timed()
	if e.Entry == nil || w.vacant {
		return
	}
	n, listed := e, false
	for _, r := range w.incidents {
		if !r.open {
			continue
		}
		listed = listed || r.id == n.OpenID()
		if !r.foreign {
			n = w.policy.Suspect(n, r.id, at(r.created+w.skew), w.wall())
		}
	}
	if id := n.OpenID(); id != "" && !listed {
		n = w.policy.Missing(n, w.wall())
	}
	if n == e {
		return
	}
	w.ledger.commit(n)
	w.check()
}
