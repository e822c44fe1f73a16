// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Begin returns the entry with c under way. Unless c is a lookup, this is the write-ahead: it is on disk before the request leaves.
func (p *Policy) Begin(e Timed, c Call, now time.Time) Timed {
	n := e.copy()
	n.note(c, now)
	n.Armed = false
	if !p.looksFor(&e, c) {
		p.tried(&n, c, now)
	}
	return n
}

// looksFor reports whether c is the lookup for a failed call that is due again: the two count as one try. After many failed lookups, and
// for a slow alias, each lookup counts as a try of its own.
func (p *Policy) looksFor(e *Timed, c Call) bool {
	return c.Kind == Lookup && e.Doubt.Set && e.Attempts > 0 && max(e.FailedLooks, e.Tries) < p.Backoff.SlowAfter
}

// tried counts a try. A call before its turn takes the place of a later one.
func (p *Policy) tried(n *Timed, c Call, now time.Time) {
	n.Tries++
	if n.Tries >= p.Backoff.SlowAfter {
		n.LastTry, n.Called = Latest(now, n.LastTry.Add(p.Backoff.Slow)), now
	}
	n.Hurried = n.Hurried && c.Kind == Lookup // the call that needs this lookup follows
}

// note records that c is under way.
func (e *Timed) note(c Call, now time.Time) {
	if c.Kind == Lookup {
		e.Looking = true
		return
	}
	c.At = now
	e.setInflight(c)
	e.Version++
	if c.Kind == Close && c.ID == e.Incident.ID {
		e.Doubt.Finished = c.Finish
	}
}

// Arm is Begin for a create that is due and leaves later: until then it can be taken back. want is its content. Arm reports false if no
// create is due. It changes e, whose entry the caller owns.
func (p *Policy) Arm(e *Timed, want *Content, now time.Time) bool {
	if e.Inflight().Kind != NoCall {
		return false
	}
	d := p.Decide(*e, want, now)
	if d.Call.Kind != Create {
		return false
	}
	e.note(d.Call, now)
	e.Armed = true
	return true
}

// Disarm takes back a create that has not left, and returns it. Without such a create, it returns e itself.
func Disarm(e Timed) (Timed, Call) {
	if !e.Armed {
		return e, Call{}
	}
	n, c := e.copy(), e.Inflight()
	n.setInflight(Call{})
	n.Armed = false
	return n, c
}

// Rearm puts back the create that Disarm returned. Its request leaves now, and it is on disk already.
func (p *Policy) Rearm(e Timed, c Call, now time.Time) Timed {
	n := e.copy()
	n.setInflight(c)
	p.tried(&n, c, now)
	return n
}

// Load returns a stored entry for use after a restart. A call that was under way is now in doubt, and doubt waits for the settle time
// again.
func (p *Policy) Load(e *Entry, now time.Time) Timed {
	n := Timed{Entry: e.copy()}
	if c := n.Inflight(); c.Kind != NoCall {
		n.setInflight(Call{})
		p.doubt(&n, c, c.Content, now)
		n.Version++
	}
	if n.Doubt.Set {
		n.Timers = Timers{SettleAt: now.Add(p.Unsettled + p.SettleTime), LookAt: now}
	}
	n.ListsAt = now.Add(p.SettleTime)               // of what was answered before
	n.Verify = n.Unseen && n.Firing() && n.IsOpen() // a page may wait for it
	if n.Doubt.Creates > 0 {
		n.PeekBy = now.Add(peekTime) // as after any unanswered create
	}
	// The wall clock may have been set back: past events must not lie in the future.
	n.ConfirmedAt, n.QuietSince = notAfter(n.ConfirmedAt, now), notAfter(n.QuietSince, now)
	if n.QuietSince.IsZero() && !n.Firing() {
		n.QuietSince = now
	}
	drafted := false
	for m := range e.Members.All() {
		next := *m
		next.LastSeen, next.ResolvedAt = notAfter(m.LastSeen, now), notAfter(m.ResolvedAt, now)
		if !m.HeldUntil.IsZero() { // a monotonic deadline, no farther than it was when the event came
			next.HeldUntil = now.Add(m.HeldUntil.Sub(Latest(now, m.LastSeen)))
		}
		if next != *m {
			if !drafted {
				n.Members, drafted = n.Members.draft(), true
			}
			n.Members.set(&next)
		}
	}
	n.Members.seal()
	if t := p.Tick(n, now); t.Entry != nil {
		n = t
	}
	return n
}

func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}
