// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"cmp"
	"time"
)

// Tick does what time alone does: held members fire, waiting resolves count, stale members resolve, and resolved members whose echo can no
// longer come are removed. It returns e itself when nothing is due, and no Entry when the entry expires.
func (p *Policy) Tick(e Timed, now time.Time) Timed {
	if at := p.expiresAt(e.Entry); !at.IsZero() && !now.Before(at) {
		return Timed{}
	}
	if !p.due(e.Entry, now) {
		return e
	}
	n, fired, changed := e.copy(), e.Firing(), false
	n.Members = n.Members.draft()
	quiet := func(b *bucket) bool { return b.sum != nil && !p.sumDue(b.sum, fired, now) }
	n.Members.remove(quiet, func(m *Member) bool { return fired && p.forgettable(m, now) })
	for m := range e.Members.except(quiet) {
		next := *m
		switch {
		case p.holdOver(m, now):
			next.Firing, next.HeldUntil = true, time.Time{}
		case waitOver(m, now):
			next.finish(now)
		case p.stale(m, now):
			next.end(p.heard(m))
		default:
			continue
		}
		n.Members.set(&next)
		n.Members.noteChange(&next, byTime)
		changed = true
	}
	n.Members.seal()
	if changed {
		p.changed(&n, fired, now)
	}
	return n
}

// due reports whether Tick has something to do.
func (p *Policy) due(e *Entry, now time.Time) bool {
	firing := e.Firing()
	for i := range e.Members.buckets {
		if sum := e.Members.buckets[i].sum; sum != nil && !p.sumDue(sum, firing, now) {
			continue
		}
		for j := range e.Members.buckets[i].members {
			m := &e.Members.buckets[i].members[j]
			// While none fires, the members stay: the incident's end is computed from them.
			if p.holdOver(m, now) || waitOver(m, now) || p.stale(m, now) || firing && p.forgettable(m, now) {
				return true
			}
		}
	}
	return false
}

// sumDue reports whether Tick may have something to do in a bucket.
func (p *Policy) sumDue(s *summary, firing bool, now time.Time) bool {
	return !s.held.IsZero() && !now.Before(s.held) ||
		!s.ends.IsZero() && !now.Before(s.ends) ||
		p.StaleAfter > 0 && !s.heard.IsZero() && now.Sub(Latest(s.heard, p.HeardSince)) >= p.StaleAfter ||
		firing && (s.unheard || !s.resolved.IsZero() && !now.Before(p.echoEnd(s.resolved)))
}

func (p *Policy) holdOver(m *Member, now time.Time) bool {
	return m.held() && !now.Before(m.HeldUntil)
}

// waitOver reports whether no snapshot contradicted a resolve in time.
func waitOver(m *Member, now time.Time) bool {
	return m.resolving() && !now.Before(m.HeldUntil)
}

func (p *Policy) stale(m *Member, now time.Time) bool {
	after := p.staleAfter(m)
	return after > 0 && m.Firing && now.Sub(p.heard(m)) >= after
}

func (p *Policy) staleAfter(m *Member) time.Duration { return cmp.Or(m.StaleAfter, p.StaleAfter) }

// heard is when the alert was last heard of, but not before this process could first hear of it.
func (p *Policy) heard(m *Member) time.Time { return Latest(m.LastSeen, p.HeardSince) }

// forgettable reports whether m has resolved and its echo can no longer come.
func (p *Policy) forgettable(m *Member, now time.Time) bool {
	return !m.Firing && !m.held() && !now.Before(p.echoEnd(m.ResolvedAt))
}

// echoEnd is when the last echo of a resolve has been decided.
func (p *Policy) echoEnd(resolvedAt time.Time) time.Time {
	return resolvedAt.Add(p.EchoWindow + p.EchoHold)
}

// expiresAt returns when the entry expires: nothing is open or in doubt, no echo can come and the retention has passed. It is zero while
// that time is not known. An incident that is left to a person keeps its entry, or another alert would close it.
func (p *Policy) expiresAt(e *Entry) time.Time {
	if !e.Over() || e.IsOpen() || e.Members.Held() > 0 {
		return time.Time{}
	}
	last := e.Members.over(func(s *summary) time.Time { return s.last }, Latest)
	return Latest(e.QuietSince.Add(p.ClosedRetention), p.echoEnd(last))
}

// nextTimer is the earliest moment after now at which time alone changes the decision or the entry.
func (p *Policy) nextTimer(e *Timed, now time.Time) time.Time {
	var next time.Time
	at := func(t time.Time) {
		if t.After(now) {
			next = earliest(next, t)
		}
	}
	firing := e.Firing()
	for i := range e.Members.buckets {
		b := &e.Members.buckets[i]
		if b.sum != nil && !p.sumDue(b.sum, firing, now) {
			at(b.sum.held)
			at(b.sum.ends)
			if p.StaleAfter > 0 && !b.sum.heard.IsZero() {
				at(Latest(b.sum.heard, p.HeardSince).Add(p.StaleAfter))
			}
			if firing && !b.sum.resolved.IsZero() {
				at(p.echoEnd(b.sum.resolved))
			}
			continue
		}
		for j := range b.members {
			m := &b.members[j]
			at(m.HeldUntil)
			switch {
			case m.Firing && p.staleAfter(m) > 0:
				at(p.heard(m).Add(p.staleAfter(m)))
			case !m.Unfinished() && firing:
				at(p.echoEnd(m.ResolvedAt))
			}
		}
	}
	if e.wantsLookup() && !e.Looking {
		at(e.LookAt)
	}
	at(p.expiresAt(e.Entry))
	return next
}
