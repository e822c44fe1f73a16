// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"
)

// checkStart is I21: a new firing is on disk with its create, if no incident is open.
func (w *world) checkStart(fired bool) {
	e := w.ledger.entry
	if e == nil || fired || !e.Firing() || e.Incident.State == Open {
		return
	}
	if e.Inflight().Kind == NoCall {
		w.Fatalf("I21: a new firing waits: %s", w.show())
	}
}

// checkMembers is I10 and I22. A hold ends only by time, or by an event of its alert whose outcome says so, and is never extended. A firing
// member resolves by its event, or because it was not heard of for long.
func (w *world) checkMembers(all []arrived, outcomes []Outcome) {
	held, fired, waits := w.held, w.fired, w.waits
	w.noteMembers()
	for j := range w.held {
		event := slices.IndexFunc(all, func(a arrived) bool { return a.alert == j })
		single := event >= 0 && len(all) == 1
		before, after := held[j], w.held[j]
		if single && (w.apart || w.guarded) && !all[event].firing && fired[j] && !w.fired[j] {
			w.Fatalf("I29: the resolve of alert %d did not wait", j)
		}
		w.checkWait(j, waits[j], event >= 0, len(all) <= 1)
		switch {
		case len(all) > 1:
		case !before.held && after.held && (!single || outcomes[event] != EchoHeld):
			w.Fatalf("I10: held without an echo")
		case before.held && after.held && before.until != after.until:
			w.Fatalf("I10: the hold moved from %d to %d", before.until, after.until)
		case before.held && !after.held && w.now < before.until && (!single || outcomes[event] != EchoReleased && outcomes[event] != EchoCancelled):
			w.Fatalf("I10: the hold ended %d s early", before.until-w.now)
		}
		if fired[j] && !w.fired[j] && event < 0 {
			if !waits[j].held || w.now < waits[j].until {
				w.checkStale(j)
			}
			w.alerts[j].told.firing = false
			w.news()
		}
		if before.held && !after.held && w.fired[j] && event < 0 {
			w.news() // time was up
		}
	}
}

// ownStale is how long alert i says that it is heard of; 0: it does not say.
func (s *switches) ownStale(i int) time.Duration {
	if s.byEvent && s.stale && i == 1 {
		return ownStale * time.Second
	}
	return 0
}

// staleAfter is how long alert i is heard of, in seconds.
func (s *switches) staleAfter(i int) int {
	if own := s.ownStale(i); own > 0 {
		return int(own / time.Second)
	}
	return staleAfter
}

// checkStale is I22 for alert j, which resolved by itself.
func (w *world) checkStale(j int) {
	if w.clockSteps && w.stale {
		return
	}
	if !w.silent(j) {
		w.Fatalf("I22: alert %d resolved by itself, heard of at %d, began at %d, now %d", j, w.heard[j], w.began, w.now)
	}
}

// silent reports whether alert i has not been heard of for so long that it is stale.
func (w *world) silent(i int) bool {
	return w.stale && w.now-max(w.heard[i], w.began) >= w.staleAfter(i)
}

// checkSilent is I22 for alerts that fire on after the worker has looked at the entry.
func (w *world) checkSilent() {
	for j := range w.fired {
		if w.fired[j] && !w.clockSteps && w.silent(j) {
			w.Fatalf("I22: alert %d fires, but was last heard of at %d: %s", j, w.heard[j], w.show())
		}
	}
}

// noteMembers notes which members are held and which fire.
func (w *world) noteMembers() {
	e := w.ledger.entry
	for j := range w.held {
		fired := w.fired[j]
		w.held[j], w.fired[j], w.waits[j], w.unheard[j] = hold{}, false, hold{}, false
		var m *Member
		if e != nil {
			m = e.Members.Get(keys[j])
		}
		if m == nil {
			w.unheard[j] = true
			w.unshown(j)
			continue
		}
		w.fired[j] = m.Firing
		until := hold{true, int(m.HeldUntil.Sub(start)/time.Second) - w.skew}
		switch {
		case m.held():
			w.held[j] = until
		case m.resolving():
			w.waits[j] = until
			w.waitsSince[j] = until.until - int(longestWait/time.Second)
		}
		if fired && !w.fired[j] {
			w.quietSince = w.now
			if w.apart && w.alerts[j].firing {
				w.pages++ // the wait ended before a snapshot came
			}
		}
	}
}

// checkRestart: a restart keeps the members (I5) and never extends a hold or ends it early.
func (w *world) checkRestart(before *Entry) {
	e := w.ledger.entry
	if (e == nil) != (before == nil) {
		w.Fatalf("I5: the restart forgot the alias")
	}
	w.verified, w.onDisk = e, w.ledger.writes // Load will make the same changes again
	for j := range w.held {
		if e == nil {
			break
		}
		m, was := e.Members.Get(keys[j]), before.Members.Get(keys[j])
		switch {
		case was == nil:
		case m == nil:
			if !w.policy.forgettable(was, w.wall()) {
				w.Fatalf("I5: the restart forgot %v", was)
			}
		case was.resolving() && !m.Firing && !Latest(w.wall(), was.LastSeen).Before(was.HeldUntil): // time was up
			w.alerts[j].told.firing = false
		case was.resolving() && m.HeldUntil.After(was.HeldUntil):
			w.Fatalf("I29: the restart extended the wait of %v", was)
		case !was.held() && m.Firing != was.Firing:
			w.Fatalf("I5, I22: the restart changed %v", was)
		case was.held() && m.held() && m.HeldUntil.After(was.HeldUntil):
			w.Fatalf("I10: the restart extended the hold of %v", was)
		case was.held() && !m.held() && Latest(w.wall(), was.LastSeen).Before(was.HeldUntil):
			w.Fatalf("I10: the restart ended the hold of %v", was)
		}
	}
	fired := w.fired
	w.noteMembers()
	for j, key := range keys {
		if e != nil && e.Members.Get(key) != nil {
			w.shown[j] = e.Members.Get(key).ShownBy == theSource // with another clock, Load had dropped what is still on disk
		}
		w.noteEnded(j, fired[j])
	}
	w.check()
}

// noteEnded notes that a member resolved without an event. It has not if its hold ended by a clock that was fast.
func (w *world) noteEnded(j int, fired bool) {
	if fired && !w.fired[j] && !w.held[j].held {
		w.alerts[j].told.firing = false
	}
}

// unshown notes that the entry has forgotten the alert and which source showed it.
func (w *world) unshown(i int) { w.shown[i], w.lacking[i] = false, -1 }

// checkWait is I29: a wait is neither extended nor ended early. Of several events at once, one may end a wait and another begin one.
func (w *world) checkWait(i int, before hold, heard, single bool) {
	after := w.waits[i]
	switch {
	case before.held && after.held && before.until != after.until && single:
		w.Fatalf("I29: the wait moved from %d to %d", before.until, after.until)
	case before.held && !after.held && !heard && w.now < before.until && w.silent(i):
	case before.held && !after.held && !heard && w.now < before.until:
		w.Fatalf("I29: the wait ended %d s early", before.until-w.now)
	}
}
