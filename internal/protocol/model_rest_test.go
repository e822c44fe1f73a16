// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// quiesce lets everyone behave from now on, without help from repeats, and checks what must hold at rest.
func (w *world) quiesce() {
	w.calm, w.ledger.full, w.ledger.lies = true, false, false
	if w.vacant {
		w.succeed(w.skew)
	}
	for len(w.stuck) > 0 {
		w.through(0)
	}
	w.drain()
	for i := range w.alerts {
		if w.alerts[i].owes {
			w.secondResolves(i, 1, w.leader)
		}
	}
	w.sourceIsBack()
	w.tellAgain()
	for len(w.queue) > 0 {
		w.deliver(false)
	}
	for len(w.late) > 0 && w.oversleeps {
		w.settleFor(1)
	}
	if w.oversleeps {
		w.audit() // it comes before the entry expires
	}
	w.synced()
	w.otherCloses()
	w.audit()
	// After a call, the settle time, a hold and one backoff, the promise holds (I12), and it stays so.
	w.settleFor(w.restTime())
	if w.people || w.foreign || w.racy || w.odd || w.oversleeps || w.restores {
		// The audit and a refresh notice what people did and what an answer without a body did not show.
		w.audit()
		w.settleFor(refresh)
		w.repeat(0)
		w.repeat(1)
		w.audit()
		w.settleFor(settle + 4*slow + hourly)
	}
	w.checkRest("I12")
	w.checkRepeats()
	w.settleFor(retention + echoWindow + echoHold + resolveDelay)
	w.checkRest("I8")
	e := w.ledger.entry
	switch {
	case e == nil:
		if w.firing() {
			w.Fatalf("I11: the entry is gone while an alert fires")
		}
	case w.blind(e), !w.firing() && e.IsOpen() && e.Left:
	case !w.firing():
		w.Fatalf("I11: the entry stays: %s", w.show())
	case !e.Settled() && w.failsOn == 0:
		w.Fatalf("I11: doubt is left: %s", w.show())
	}
}

// restTime is how long it may take until the promise holds.
func (w *world) restTime() int {
	d := timeout + settle + echoHold + maxBackoff + 2
	e := w.ledger.entry
	if w.delay {
		d += resolveDelay
	}
	if w.apart {
		d += 2 * syncEvery
	}
	if e == nil {
		return d
	}
	if w.ledger.timers.Tries > slowAfter/2 || w.odd || w.failsOn != 0 || w.wantsShort() || w.renew {
		d += 8 * slow
	}
	if e.Refused.Kind == Update || w.failsOn != 0 || w.refuses != 0 || w.odd {
		d += hourly
	}
	return d
}

// blind reports whether an incident may be ours but shows no mark.
func (w *world) blind(e *Entry) bool {
	if !w.noMarks {
		return false
	}
	for _, r := range w.incidents {
		if !r.deleted && r.unmarked && r.id != e.Incident.ID && (r.reopened || w.restores || !e.Settled()) {
			return true
		}
	}
	return false
}

// settleFor lets time pass. The worker acts only when the ledger says so. With StaleAfter, firing alerts are repeated.
func (w *world) settleFor(seconds int) {
	w.answer()
	w.answerLookup()
	for end := w.now + seconds; ; {
		w.workAll()
		d := w.peek()
		w.checkWake(d)
		next := end
		if !d.Wake.IsZero() {
			next = min(next, int(d.Wake.Sub(start)/time.Second)-w.skew)
		}
		for _, q := range w.late {
			next = min(next, q.due)
		}
		if w.stale {
			next = min(next, w.now+ownStale/2)
		}
		if w.now >= end {
			return
		}
		for w.now < next {
			w.second()
		}
		for i := range w.alerts {
			if w.stale {
				w.repeat(i)
			}
		}
	}
}

// peek returns what is due, without doing it. A change of the entry by time is due at once.
func (w *world) peek() Decision {
	e := w.ledger.timed()
	if e.Entry == nil {
		return Decision{}
	}
	n := w.policy.Tick(e, w.wall())
	if n != e {
		return Decision{Call: Call{Kind: Lookup}}
	}
	if !n.Firing() {
		return w.policy.Decide(n, nil, w.wall())
	}
	want := w.ledger.want(n.Entry)
	d := w.policy.Decide(n, &want, w.wall())
	if without := w.policy.Decide(n, nil, w.wall()); !without.Render && (without.Call.Kind != d.Call.Kind || !without.Wake.Equal(d.Wake)) {
		w.Fatalf("I11: decides otherwise without the content, and does not ask for it: %+v, %+v", without, d)
	}
	return d
}

// workAll makes the calls that are due. Each changes something, so there are few.
func (w *world) workAll() (calls int) {
	for range 30 {
		if d := w.peek(); d.Call.Kind == NoCall {
			return calls
		}
		if w.claim(answered, 0, false).Call.Kind != NoCall {
			w.answer()
			w.answerLookup()
			calls++
		}
	}
	w.Fatalf("I11: calls without an end: %s", w.show())
	return calls
}

// checkRest is I8: one incident is open if an alert fires, with the content of the worst one, else none.
func (w *world) checkRest(name string) {
	e := w.ledger.entry
	if e != nil && w.blind(e) {
		return
	}
	open := w.open()
	if !w.firing() {
		for _, r := range open {
			if r.left == nobody && !r.reopened && !r.orphan {
				w.Fatalf("%s: nothing fires, but %s", name, w.show())
			}
		}
		return
	}
	// With a resolve delay, a firing can follow before its incident was to be closed, and a restored disk knows less.
	mayStay := w.dismissed || w.delay || w.restores || e != nil && w.edited(e.Incident.ID)
	if e != nil && e.Dismissed && !e.IsOpen() && (w.never && mayStay || w.revives) {
		return
	}
	if len(open) != 1 {
		w.Fatalf("%s: it fires, but %s", name, w.show())
	}
	w.checkContent(name, open[0])
}

// checkContent checks the fields that are ours to write.
func (w *world) checkContent(name string, r *row) {
	want := w.wanted()
	for f := range incident.NumFields {
		switch {
		case w.refuses != 0 && f != incident.FieldSeverity:
		case w.failsOn != 0 && (f == incident.FieldTags || w.failsOn.Has(f) || f == incident.FieldTitle && w.failsOn.Has(incident.FieldDescription)):
		case f == incident.FieldTags && r.short && !w.wantsShort():
		case w.brief && f == incident.FieldDescription && isBrief(r.news[f]):
		case w.reopens && r.edits[f] == theirs: // a create may have reopened it, unseen
		case r.edits[f] == perhaps, r.shown[f] == w.clean(f, want.Sent[f]):
		case r.edits[f] == theirs && (f != incident.FieldSeverity || want.Severity <= max(r.peak, shownSeverity(r.shown[f]))):
		case r.news[f] != want.News[f]:
			w.Fatalf("%s: field %d should say %v, but %s", name, f, want.News[f], w.show())
		}
	}
}

// checkRepeats is I7: repeats cause no call until a refresh is due, and then one lookup, even if the links have changed.
func (w *world) checkRepeats() {
	e := w.ledger.entry
	if e == nil || !w.firing() || w.brief || w.clockSteps || !e.Settled() || e.Foreign != "" || e.Dismissed {
		return
	}
	due := w.wall().Sub(e.ConfirmedAt) >= refresh*time.Second
	w.moved++
	for i := range w.alerts {
		w.repeat(i)
	}
	switch calls := w.workAll(); {
	case !due && calls > 0:
		w.Fatalf("I7: %d calls for a repeat", calls)
	case due && calls != 1:
		w.Fatalf("I7: %d calls for a refresh", calls)
	}
}
