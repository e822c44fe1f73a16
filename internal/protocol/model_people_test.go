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
	e := w.ledger.entry
	w.dismissed = w.dismissed || e == nil || e.Firing() || w.work != nil
	r.deleted, w.paged = del, 0
	if r.left = nobody; w.ledger.entry != nil && (w.ledger.entry.Doubt.Creates > 0 || w.ledger.entry.Doubt.Closing == r.id) {
		r.left = mayLeave // the bridge cannot know that a person closed it
	}
	w.pages++
}

// personReopens reopens the newest closed incident.
func (w *world) personReopens() {
	for _, r := range slices.Backward(w.incidents) {
		if !r.deleted && !r.open && !r.foreign {
			r.open, r.reopened, r.left = true, true, min(r.left, mayLeave)
			if e := w.ledger.entry; e != nil && e.IsOpen() && e.Incident.ID == r.id {
				w.forbidden = false // the bridge has not noticed the close
			}
			w.pages++ // a close of ours that is under way may close it
			return
		}
	}
}

// personEdits edits a field of the newest open incident. Severity 0 means a text field.
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
	case !r.known.Has(f), value == r.before[f], w.unsure(f, value), f == incident.FieldSeverity && (r.edits[f] != untouched || w.wroteMore(r)):
		r.edits[f] = perhaps
	case r.edits[f] == untouched:
		r.edits[f] = theirs
	}
	r.shown[f], r.when[f] = value, w.moves
	r.unmarked = r.unmarked || f == incident.FieldDescription
}

// doubtEdits notes that an edit may be lost if it looks like the text of an unanswered call: the texts are equal, Alert24 may have cleaned
// the call's, or its content is not known.
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

// doubtSame notes that an edit may be lost if a create that meets the incident says the same.
func (s *server) doubtSame(r *row, q *request) {
	for f := range incident.NumFields {
		if r.edits[f] == theirs && r.shown[f] == s.clean(f, q.content.Sent[f]) {
			r.edits[f] = perhaps
		}
	}
}

// forgetEdits notes that the entry has expired.
func (w *world) forgetEdits() {
	for _, r := range w.incidents {
		r.forgetEdits()
	}
}

// forgetEdits lets edits stay or be lost.
func (r *row) forgetEdits() {
	for f, e := range r.edits {
		if e == theirs {
			r.edits[f] = perhaps
		}
	}
}

// edited reports whether a person edited the severity, or reopened the incident.
func (w *world) edited(id string) bool {
	r := w.row(id)
	return r != nil && (r.edits[incident.FieldSeverity] != untouched || r.reopened)
}

// unsure reports whether a call of ours without an answer may have written this value.
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

// wroteMore reports whether the bridge does not know of the worst severity that it wrote: a call that was not answered wrote it.
func (w *world) wroteMore(r *row) bool {
	e := w.ledger.entry
	return e != nil && e.Incident.ID == r.id && e.Written.Peak < r.peak
}

// otherOpens lets another tool open an incident with the alias, unless one is open.
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
	if e.Entry == nil {
		for _, r := range w.incidents {
			r.orphan = r.open && (r.stale || w.restores) // the audit counts it, no more
		}
	}
	if e.Entry == nil || w.vacant {
		return
	}
	n, listed := e, false
	for _, r := range w.listed(false) {
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

// shownSeverity returns the severity with the hash; 0: none.
func shownSeverity(hash uint64) incident.Severity {
	return incident.Severity(slices.Index(severityHashes, hash) + 1)
}

var severityHashes = []uint64{
	incident.HashText("low"), incident.HashText("medium"), incident.HashText("high"), incident.HashText("critical"),
}
