// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// answer lets the worker learn what became of its call.
func (w *world) answer() {
	k := w.work
	if k == nil {
		return
	}
	if k.answer == nil {
		if !k.carries() || k.fate == unanswered || k.fate == status500 {
			w.giveUp()
		}
		a := w.answerOf(k)
		k.answer = &a
	}
	e := w.ledger.entry
	w.refused = w.refused || k.call.Kind == Create && k.answer.Result == Refused && e != nil && e.Firing()
	if !w.ledger.learn(k.call, *k.answer) {
		w.check()
		return
	}
	w.work = nil
	awaited := e != nil && e.Inflight().Kind == k.call.Kind // otherwise it was learned before
	if k.call.Renew && awaited && k.answer.Result == Done && k.answer.Incident.Open {
		w.unrenewed = max(w.unrenewed, k.want.Severity)
	}
	if k.call.Kind == Create && k.answer.Result == Done && !k.answer.Met && k.episode == w.episode && k.reply.row.open {
		w.paged = max(w.paged, k.want.Severity)
	}
	switch {
	case k.answer.TurnedAway:
		w.turnedAway(k)
	case awaited:
		w.failing = k.answer.Result != Done && k.answer.Result != Refused
	}
	if k.call.Kind == Create && k.answer.Result == Unanswered && w.ledger.entry != nil && w.ledger.entry.Firing() {
		w.blindAt = w.now
	}
	w.learnt(e, k)
	w.check()
}

// learnt notes which fields of the incident the bridge now knows.
func (w *world) learnt(e *Entry, k *work) {
	if n := w.ledger.entry; e != nil && e.Parked() && k.call.Kind == Create && k.answer.Result == Refused &&
		e.Refused.Hash == k.answer.Sent.hash() && !n.Parked() {
		w.Fatalf("I32: what is refused again is not parked any more")
	}
	if n := w.ledger.entry; w.ledger.lesson == FoundClosed && n.Firing() {
		w.turnedAway(k) // it and the create that follows are one try
	}
	if f := &k.answer.Incident; f.Seen && e != nil && w.ledger.entry != e {
		w.shows(*f)
	}
	if k.call.Kind == Lookup && e != nil && e.Version == k.call.Version {
		for _, f := range k.answer.Found {
			w.shows(f)
		}
		if k.answer.Result == Done && w.allIsWell() {
			w.news()
		}
	}
}

// allIsWell reports whether the entry knows that Alert24 matches it as far as possible, or whether no call for it has failed.
func (w *world) allIsWell() bool {
	e := w.ledger.entry
	if !e.Firing() {
		return e.Over()
	}
	want := w.ledger.want(e)
	return e.Settled() && e.Incident.State == Open && (!w.failing || e.Due(&want)&w.ledger.timers.Form.Fields() == 0)
}

// shows notes the fields of our incident that still show what the answer showed.
func (w *world) shows(f Shown) {
	n := w.ledger.entry
	r := w.row(f.ID)
	if r == nil || !r.open || n == nil || n.Incident.ID != f.ID || n.Incident.State != Open {
		return
	}
	for i := range incident.NumFields {
		if f.Fields[i] == r.shown[i] && f.Fields[i] != 0 && n.Written.News[i] != 0 {
			r.known |= Fields(i)
		}
	}
}

func (w *world) answerLookup() {
	k := w.look
	if k == nil {
		return
	}
	if k.answer == nil {
		if k.atEnd {
			w.lookUp(k)
		}
		a := Answer{Result: Incomplete, Began: k.began}
		switch {
		case k.fate == denied:
			a.Result = Denied
		case (k.fate == answered || k.fate == reversed || k.fate == noBody || k.fate == notYet) && k.complete:
			a.Result, a.Found, a.ByID = Done, k.found, k.byID
		case k.fate == partly || !k.complete && k.fate == answered:
			a.Found, a.ByID = slices.DeleteFunc(k.found, func(f Shown) bool { return f.ID != k.call.ID }), k.byID
		}
		k.answer = &a
	}
	e := w.ledger.entry
	if !w.ledger.learn(k.call, *k.answer) {
		w.check()
		return
	}
	w.look, w.blindAt = nil, -hourly
	w.learnt(e, k)
	w.check()
}

func (w *world) answerOf(k *work) Answer {
	a := Answer{Result: Unanswered, Sent: k.want, Before: k.before, ContentSuspect: k.server}
	reads := k.call.Kind == Update || k.unsent
	switch k.fate {
	case notSent:
		a.Result = NotSent
	case turnedAway:
		a.Result, a.TurnedAway = NotSent, true
	case denied:
		a.Result = Denied
	case refused:
		a.Result = Refused
	case status500:
		if status500Certain {
			a.Result = NotSent
		}
	}
	switch {
	case reads && k.before.ID == "":
		return Answer{Result: Gone, Sent: k.want}
	case reads && k.wrote == 0:
		a.Result, a.TurnedAway = Done, false
		return a
	case k.fate == ignored && !k.carries():
		r := w.row(k.call.ID)
		if r == nil {
			return Answer{Result: Gone}
		}
		a.Result, a.Incident = Done, r.shownAs()
		return a
	case k.fate == notYet && !k.carries():
		return Answer{Result: Gone}
	case k.fate == ignoredNoBody && !k.carries():
		a.Result, a.Incident.ID = Done, k.call.ID
		return a
	case !k.carries() || k.fate == unanswered || k.fate == status500:
		return a
	}
	if k.req != nil {
		k.reply = w.commit(k.req, w.now)
		k.req = nil
	}
	return w.carriedOut(k, a)
}

// carriedOut is the answer to a request that was carried out.
func (w *world) carriedOut(k *work, a Answer) Answer {
	r := k.reply.row
	body := k.fate != noBody && k.fate != ignoredNoBody && (!w.noBodies || k.call.Kind == Create)
	switch {
	case r == nil:
		a.Result = Gone
	case k.reply.refused:
		a.Result = Refused
	case k.call.Kind == Create && !body:
		// An answer without an id counts as none.
	case k.call.Kind == Create && r.foreign && !r.open && !opensForeign:
		a.Result = NotSent // it is closed by the time of the answer
	case k.call.Kind == Create && r.foreign && !r.open:
		a.Result, a.Met, a.Incident = Done, true, r.shownAs()
	case k.call.Kind == Create && r.foreign:
		a.Result, a.Incident = Foreign, k.reply.shown
	default:
		a.Result, a.Incident, a.Wrote = Done, k.reply.shown, k.wrote
		if !body {
			a.Incident = Shown{ID: r.id}
		}
		a.Met, a.Deduplicated = k.reply.met, k.reply.met && !w.noFlag
		if w.noFlag && k.call.Kind == Create {
			a.Met = k.reply.shown.Fields != k.want.Sent
		}
	}
	return a
}
