// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
	"time"
)

// Tick does what time alone does: it lets held members fire, resolves stale ones and forgets resolved ones that
// can no longer have an echo. It returns e itself when nothing is due, and nil when the entry has served.
func (p *Policy) Tick(e *Entry, now time.Time) *Entry {
	if at := p.servedAt(e); !at.IsZero() && !now.Before(at) {
		return nil
	}
	// While none fires, the members stay: the end of the incident comes from them.
	firing := e.Firing()
	forget := func(m Member) bool { return firing && p.forgettable(&m, now) }
	due := func(m Member) bool { return p.holdOver(&m, now) || p.stale(&m, now) || forget(m) }
	if !slices.ContainsFunc(e.Members, due) {
		return e
	}
	n := e.clone()
	n.Members = slices.DeleteFunc(n.Members, forget)
	for i := range n.Members {
		m := &n.Members[i]
		switch {
		case p.holdOver(m, now):
			m.Firing, m.HeldUntil = true, time.Time{}
		case p.stale(m, now):
			// No sender resolved it, so the next firing is nobody's echo.
			m.Firing, m.EndsAt, m.ResolvedAt, m.ResolvedBy = false, m.LastSeen, time.Time{}, ""
		}
	}
	return p.changed(n, now)
}

func (p *Policy) holdOver(m *Member, now time.Time) bool {
	return m.held() && !now.Before(m.HeldUntil)
}

func (p *Policy) stale(m *Member, now time.Time) bool {
	return p.StaleAfter > 0 && m.Firing && now.Sub(m.LastSeen) >= p.StaleAfter
}

// forgettable: a resolved member whose echo can no longer come.
func (p *Policy) forgettable(m *Member, now time.Time) bool {
	return !m.Firing && !m.held() && !now.Before(p.echoEnd(m))
}

// echoEnd is when the last echo of the member's resolve has been decided.
func (p *Policy) echoEnd(m *Member) time.Time {
	return m.ResolvedAt.Add(p.EchoWindow + p.EchoHold)
}

// servedAt is when the entry is of no more use: the alias is over, nothing is open or in doubt, no echo can come
// and the retention has passed. It is zero while that cannot be told.
func (p *Policy) servedAt(e *Entry) time.Time {
	if e.Firing() || !e.over() {
		return time.Time{}
	}
	at := e.QuietSince.Add(p.ClosedRetention)
	for i := range e.Members {
		m := &e.Members[i]
		if m.held() {
			return time.Time{}
		}
		if end := p.echoEnd(m); end.After(at) {
			at = end
		}
	}
	return at
}

// settled: nothing of ours can still change what Alert24 holds.
func (e *Entry) settled() bool {
	return !e.Doubt.Set && e.Inflight.Kind == NoCall && len(e.Extra) == 0
}

// over: there is nothing to close or to look for.
func (e *Entry) over() bool {
	return e.settled() && (e.Incident.State == Closed || e.Incident.State == None || e.Incident.State == Open && e.Left)
}

// nextTimer is the earliest moment after now at which time alone changes the decision or the entry.
func (p *Policy) nextTimer(e *Entry, now time.Time) time.Time {
	var next time.Time
	at := func(t time.Time) {
		if t.After(now) {
			next = earliest(next, t)
		}
	}
	firing := e.Firing()
	for i := range e.Members {
		m := &e.Members[i]
		switch {
		case m.held():
			at(m.HeldUntil)
		case m.Firing && p.StaleAfter > 0:
			at(m.LastSeen.Add(p.StaleAfter))
		case !m.Firing && firing:
			at(p.echoEnd(m))
		}
	}
	if e.wantsLookup() {
		at(e.probeAt)
	}
	at(p.servedAt(e))
	return next
}

// earliest ignores zero times.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
