// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strconv"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// pageCalls is how many calls a page may need: a close that was not answered, perhaps a lookup after it was refused, the create, and a
// reopen. chokedCalls and chokedTime are the calls and seconds that it may need if the API fails on its text: the fourth create is short.
const (
	pageCalls   = 4
	chokedCalls = 12
	chokedTime  = 3 * maxBackoff
)

func (s *steps) ofPages() {
	for i := range 2 {
		s.add(1, "fires, and the API works("+strconv.Itoa(i)+")", func(w *world) { w.pageNow(i) })
	}
}

// pageNow is I34. An alert begins to fire while none does, and from now on the API works: its incident opens at once, after a few calls,
// whatever happened before.
func (w *world) pageNow(i int) {
	if w.vacant || w.alerts[i].firing || w.apart || w.guarded {
		return
	}
	w.ledger.full, w.ledger.lies = false, false
	w.answer()
	w.answerLookup()
	for len(w.stuck) > 0 {
		w.through(0)
	}
	w.deliverAll()
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
	for calls := 0; !paged(w.ledger.entry); {
		d := w.claim(answered, 0, false)
		if d.Call.Kind != NoCall {
			calls++
		} else {
			w.second()
		}
		w.answer()
		w.answerLookup()
		if calls > most || w.now > by {
			w.Fatalf("I34: after %d calls, nobody is paged: %s", calls, w.show())
		}
	}
}

// paged reports whether an incident is open as far as the bridge knows.
func paged(e *Entry) bool { return e.IsOpen() && (!e.CloseInDoubt() || e.Doubt.Finished) }
