// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strconv"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// pageCalls is how many calls a page may need: a close that was not answered, perhaps a lookup after it was refused, the create, and a
// reopen. chokedCalls and chokedTime are the calls and seconds that it may need if the API fails on its text: the fourth create is short.
const (
	pageCalls   = 4
	chokedCalls = 12
	chokedTime  = 3 * maxBackoff
	// closeCalls is how many a close may need: lookups before the settle time and after it, closes of further incidents, and a close that
	// an answer without a body does not prove.
	closeCalls = 12
	riseCalls  = 6
)

func (s *steps) ofPages() {
	for i := range 2 {
		s.add(1, "fires, and the API works("+strconv.Itoa(i)+")", func(w *world) { w.pageNow(i) })
		s.add(1, "becomes critical, and the API works("+strconv.Itoa(i)+")", func(w *world) { w.riseNow(i) })
	}
	s.add(1, "all resolve, and the API works", func(w *world) { w.closeNow() })
}

// pageNow is I34. An alert begins to fire while none does, and from now on the API works: its incident opens at once, after a few calls,
// whatever happened before.
func (w *world) pageNow(i int) {
	if w.alerts[i].firing || !w.behaves() {
		return
	}
	e := w.ledger.entry
	if w.work != nil || w.firing() || e != nil && (e.Firing() || e.Members.Held() > 0) {
		return
	}
	w.toggle(i, w.now, false)
	w.deliverAll()
	e = w.ledger.entry
	if e == nil || !e.Firing() || w.blocking() != nil {
		return
	}
	if paged(e) {
		return // as far as the bridge knows
	}
	most, by := pageCalls, w.now
	if w.wantsShort() || w.failsOn.Has(incident.FieldTags) {
		most, by = chokedCalls, w.now+chokedTime
	}
	if e.CloseInDoubt() && w.ledger.timers.Bare {
		by++ // after a close was refused, a lookup comes before the next one
	}
	for calls := 0; !paged(w.ledger.entry); {
		calls += w.advance()
		if calls > most || w.now > by {
			w.Fatalf("I34: after %d calls, nobody is paged: %s", calls, w.show())
		}
	}
	w.second() // two incidents in one second are hard to tell apart
}

// advance makes the next call, or waits for a second if none is due. It returns the number of calls.
func (w *world) advance() (calls int) {
	if d := w.claim(answered, 0, false); d.Call.Kind != NoCall {
		calls = 1
	} else {
		w.second()
	}
	w.answer()
	w.answerLookup()
	return calls
}

// paged reports whether an incident is open as far as the bridge knows.
func paged(e *Entry) bool { return e.IsOpen() && (!e.CloseInDoubt() || e.Doubt.Finished) }

// behaves lets the disk, the API and the senders behave until something else happens. It reports false if a list or a process has its say.
func (w *world) behaves() bool {
	if w.vacant || w.apart || w.guarded {
		return false
	}
	w.ledger.full, w.ledger.lies = false, false
	w.answer()
	w.answerLookup()
	for len(w.stuck) > 0 {
		w.through(0)
	}
	w.deliverAll()
	return w.work == nil
}

// closeNow is I35. The alerts resolve, and from now on the API works: what is certainly open is closed at once, and the entry is over soon
// after the settle time.
func (w *world) closeNow() {
	if w.noMarks || !w.behaves() || w.ledger.entry == nil || !w.ledger.entry.Firing() {
		return
	}
	for i := range w.alerts {
		if w.alerts[i].firing {
			w.toggle(i, w.now, false)
		}
	}
	w.deliverAll()
	e := w.ledger.entry
	if e.Firing() || e.Members.Held() > 0 || e.Left {
		return
	}
	began, by := w.now, w.now+settle+timeout+maxBackoff
	if w.delay {
		began, by = began+resolveDelay, by+resolveDelay
	}
	for calls := 0; w.ledger.entry != nil && !w.ledger.entry.Over(); {
		calls += w.advance()
		r := w.row(e.Incident.ID)
		late := w.now > began && e.Settled() && e.IsOpen() && r != nil && r.open
		if late || calls > closeCalls || w.now > by {
			w.Fatalf("I35: not over after %d calls, at %d instead of %d: %s", calls, w.now, by, w.show())
		}
	}
}

// riseNow is I36. An alert of an open incident becomes critical, and from now on the API works: soon an open incident is critical.
func (w *world) riseNow(i int) {
	if !w.behaves() || w.blocking() != nil || !w.alerts[i].firing || w.alerts[i].severity == incident.Critical {
		return
	}
	w.says(i, incident.Critical)
	w.deliverAll()
	e := w.ledger.entry
	if e == nil || !paged(e) || e.Worst() != incident.Critical || shownSeverity(e.Written.News[incident.FieldSeverity]) == incident.Critical {
		return
	}
	most, by := riseCalls, w.now+maxBackoff
	if w.wantsShort() {
		most, by = most+chokedCalls, by+chokedTime // a person may have closed it
	}
	for calls := 0; !w.isCritical(); {
		edited := func(r *row) bool { return r.edits[incident.FieldSeverity] != untouched }
		if e := w.ledger.entry; e.Dismissed || e.Written.Theirs.Has(incident.FieldSeverity) || slices.ContainsFunc(w.open(), edited) {
			return // people win
		}
		calls += w.advance()
		if calls > most || w.now > by {
			w.Fatalf("I36: not critical after %d calls, at %d instead of %d: %s", calls, w.now, by, w.show())
		}
	}
}

// isCritical reports whether an open incident of ours is critical.
func (w *world) isCritical() bool {
	return slices.ContainsFunc(w.open(), func(r *row) bool { return shownSeverity(r.shown[incident.FieldSeverity]) == incident.Critical })
}
