// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// fate is what becomes of a call.
type fate int

const (
	answered      fate = iota
	notSent            // certainly nothing: 429, or no connection
	lost               // not answered or by a proxy, not carried out
	unanswered         // carried out, not answered
	status500          // carried out, answered with 500
	late               // not answered, carried out later
	denied             // 401, 402, 403
	refused            // 400 in the API's envelope
	noBody             // carried out, 2xx without a body
	ignored            // 2xx with a body that shows another status than asked for
	ignoredNoBody      // 2xx without a body, and the status did not change
	reversed           // a lookup whose rows come in another order
)

// work is a call on its way.
type work struct {
	call  Call
	entry *Entry
	want  Content
	fate  fate
	req   *request // not yet carried out
	reply reply    // of the request that was carried out on arrival
	// before is what an update read first, and wrote what it writes then.
	before Shown
	wrote  FieldSet
	server bool // an update with a field that the API cannot digest
	sent   int
	began  time.Time
	// atEnd: carried out just before the answer, not on arrival.
	atEnd    bool
	lateBy   int
	found    []Shown // what a lookup saw on arrival
	complete bool
	answer   *Answer // known, not yet on disk
}

// carries: the request is carried out before the answer.
func (k *work) carries() bool {
	switch k.fate {
	case answered, reversed, unanswered, status500, noBody:
		return true
	case ignored, ignoredNoBody:
		return k.call.Kind != Close && k.call.Kind != Reopen
	default:
		return false
	}
}

// claim lets the worker take the next call and send it. A lookup does not occupy the worker.
func (w *world) claim(f fate, lateBy int, atEnd bool) Decision {
	if w.work != nil {
		return Decision{}
	}
	before := w.ledger.entry
	d, want, ok := w.ledger.claim()
	if !ok {
		if !w.ledger.failed {
			w.Fatalf("claim failed")
		}
		w.checkMembers(nil, nil)
		w.check()
		return Decision{}
	}
	w.checkMembers(nil, nil)
	if d.Call.Kind == NoCall {
		w.check()
		w.checkWake(d)
		return d
	}
	e := w.ledger.entry
	k := &work{call: d.Call, entry: e, want: want, fate: f, sent: w.now, began: w.wall(), lateBy: lateBy, atEnd: atEnd}
	w.checkCall(before, k)
	if d.Call.Kind == Lookup {
		w.look = k
		w.lookUp(k)
	} else {
		w.work = k
		w.send(k)
	}
	w.check()
	return d
}

func (w *world) send(k *work) {
	c := &k.call
	k.req = &request{kind: c.Kind, id: c.ID, content: c.Content, fields: Full.Fields(), seesNone: w.anyOpen() == nil, read: w.moves, episode: w.episode}
	switch c.Kind {
	case Create:
		if k.req.minimal = c.Minimal; c.Minimal {
			k.req.fields &^= Fields(incident.FieldTags)
		}
	case Update:
		w.read(k)
	default:
	}
	if k.req != nil && k.carries() && !k.atEnd {
		k.reply = w.commit(k.req, w.now)
		k.req = nil
	}
}

// read is what an update does first. Without a need it writes nothing.
func (w *world) read(k *work) {
	r := w.row(k.call.ID)
	if r == nil {
		k.req = nil // 404
		return
	}
	k.before = r.shownAs()
	if r.open {
		k.wrote = Patch(k.entry, k.call.Content, k.before, k.call.Form)
	}
	if k.req.fields = k.wrote; k.wrote == 0 {
		k.req = nil
		return
	}
	if k.wrote&w.indigestible != 0 {
		k.server, k.fate, k.req = true, lost, nil
	}
}

// giveUp: nobody waits for the worker's call any more.
func (w *world) giveUp() {
	k := w.work
	if k.req == nil {
		return
	}
	switch {
	case k.fate == late:
		k.req.due = w.now + k.lateBy
		w.late = append(w.late, k.req)
		w.commitLate(w.now)
	case k.atEnd && (k.fate == unanswered || k.fate == status500):
		w.commit(k.req, w.now)
	}
	k.req = nil
}

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
	if !w.ledger.learn(k.call, *k.answer) {
		w.check()
		return
	}
	w.work = nil
	if k.call.Kind == Create && k.answer.Result == Unanswered && w.ledger.entry != nil && w.ledger.entry.Firing() {
		w.blindAt = w.now
	}
	w.learnt(e, k)
	w.check()
}

// learnt notes what we know from then on of what the incident shows.
func (w *world) learnt(e *Entry, k *work) {
	if f := &k.answer.Incident; f.Seen && e != nil {
		w.shows(*f)
	}
	if k.call.Kind == Lookup && k.answer.Result == Done && e != nil && e.Version == k.call.Version {
		for _, f := range k.answer.Found {
			w.shows(f)
		}
		n := w.ledger.entry
		if n.Settled() && (n.Over() || n.Firing() && n.Incident.State == Open) {
			w.news() // all is well
		}
	}
}

// shows notes the fields of our incident that show still what the answer showed.
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
		case (k.fate == answered || k.fate == reversed || k.fate == noBody) && k.complete:
			a.Result, a.Found = Done, k.found
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

func (w *world) lookUp(k *work) {
	bound := int(k.call.At.Sub(start)/time.Second) - w.skew - margin
	k.found, k.complete = w.list(k.entry, k.call, bound)
	if k.fate == reversed && len(k.found) > 1 {
		k.found[0], k.found[1] = k.found[1], k.found[0]
	}
}

func (w *world) answerOf(k *work) Answer {
	a := Answer{Result: Unanswered, Sent: k.want, Before: k.before, Server: k.server}
	update := k.call.Kind == Update
	switch k.fate {
	case notSent:
		a.Result = NotSent
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
	case update && k.before.ID == "":
		return Answer{Result: Gone, Sent: k.want}
	case update && k.wrote == 0:
		a.Result = Done
		return a
	case k.fate == ignored && !k.carries():
		r := w.row(k.call.ID)
		if r == nil {
			return Answer{Result: Gone}
		}
		a.Result, a.Incident = Done, r.shownAs()
		return a
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
		// Without an id it is no answer.
	case k.call.Kind == Create && r.foreign:
		a.Result, a.Incident = Foreign, k.reply.shown
	default:
		a.Result, a.Incident, a.Wrote = Done, k.reply.shown, k.wrote
		if !body {
			a.Incident = Shown{ID: r.id}
		}
		a.Met = k.reply.met
		if w.noFlag && k.call.Kind == Create {
			a.Met = k.reply.shown.Fields != k.want.Sent
		}
	}
	return a
}
