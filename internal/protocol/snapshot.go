// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// MaxWait bounds how long a resolve waits for a snapshot.
const MaxWait = time.Hour

// Snapshot is a list of all alerts of a source, whatever happened to their webhooks.
type Snapshot struct {
	Source string
	// Complete: an alert that is not listed does not fire.
	Complete bool
	// Listed are the alerts of the list; true: no silence, inhibition or time interval suppresses it.
	Listed map[Key]bool
	// Epoch and Seq are its place in the order of arrival: what arrived later, the list may not know.
	Epoch string
	Seq   int64
	// Age is how long before its record was made the list was asked for; Asked is when that was by the clock of this process, or earlier.
	// Lists and webhooks of several replicas have no other order.
	Age   time.Duration
	Asked time.Time
	// Heard says when the watchdog of each watched source was heard last. After a source has died, its watchdog is heard for at most Lease,
	// counted from the end of the first of its alerts that ends by itself.
	Heard map[Witness]time.Time
	Lease time.Duration
	// Silences are those of the listed alerts.
	Silences []Silence
	// AbsentFor is how long an alert must be absent until it counts as resolved.
	AbsentFor time.Duration
}

// Silence is a silence of Alertmanager and the alerts that it silences.
type Silence struct {
	ID string
	incident.Silence

	Keys []Key
}

// Sighting is what a snapshot did to the members of an entry: how many of them.
type Sighting struct {
	Shown     int // seen in a snapshot for the first time
	Resolved  int // resolved by absence
	Released  int // fire after all: a held one is listed
	Cancelled int // do not fire: a held one is absent
	Confirmed int // resolved: the resolve waited, and the alert is absent
	Withdrawn int // fire on: the resolve waited, and the alert is listed
	Unheard   int // resolved, although their source has not been known to be alive for long
	Held      int // to resolve, once their source is known to be alive
}

// Add adds up sightings.
func (s *Sighting) Add(o Sighting) {
	s.Shown += o.Shown
	s.Resolved += o.Resolved
	s.Released += o.Released
	s.Cancelled += o.Cancelled
	s.Confirmed += o.Confirmed
	s.Withdrawn += o.Withdrawn
	s.Unheard += o.Unheard
	s.Held += o.Held
}

// Durable reports whether the store must know. When an alert was last listed is in memory only: after a restart, counting starts again.
func (s Sighting) Durable() bool { return s != Sighting{Held: s.Held} }

// Wakes reports whether a call may have become due.
func (s Sighting) Wakes() bool { return s.Resolved+s.Released+s.Confirmed+s.Unheard > 0 }

// Snapshot returns the entry after a snapshot, and what that did. The result is e itself where it says nothing about e.
func (p *Policy) Snapshot(e Timed, s *Snapshot, now time.Time) (Timed, Sighting) {
	var did Sighting
	var n *Entry
	former := e.Entry
	for m := range former.Members.All() {
		if !m.unfinished() {
			continue
		}
		next := *m
		if active, listed := s.Listed[m.Key]; listed {
			s.listed(&next, active, p.decides(s, m), now, &did)
		} else {
			s.lacks(&next, p.decides(s, m), now, &did)
		}
		if next == *m {
			continue
		}
		if n == nil {
			n = former.copy()
			n.Members = n.Members.draft()
		}
		n.Members.set(&next)
	}
	if n == nil {
		return e, did
	}
	n.Members.seal()
	e.Entry = n
	if did.Wakes() {
		p.changed(&e, former.Firing(), now)
	}
	return e, did
}

// decides: the list was asked for after the member was last heard of, as far as their order is known. Of two replicas one asks and the
// other hears, so the list must be younger than all that this process has applied, and than its lead: what it heard before is forgotten.
func (p *Policy) decides(s *Snapshot, m *Member) bool {
	if p.Punctual {
		return s.Asked.After(latest(m.ToldAt, p.HeardSince))
	}
	return s.Epoch == "" || m.Epoch != s.Epoch || m.Seq < s.Seq
}

// listed changes m, which the list has. A suppressed alert goes on, but none begins to fire.
func (s *Snapshot) listed(m *Member, active, decides bool, now time.Time, did *Sighting) {
	m.LastSeen, m.AbsentSince = now, time.Time{}
	if m.ShownBy != s.Source {
		m.ShownBy = s.Source
		did.Shown++
	}
	switch {
	case !decides:
	case m.resolving():
		m.HeldUntil = time.Time{}
		did.Withdrawn++
	case m.held() && active && s.Complete:
		m.Firing, m.HeldUntil = true, time.Time{}
		did.Released++
	}
}

// lacks changes m, which the list has not. That says nothing of an alert that this source has never listed.
func (s *Snapshot) lacks(m *Member, decides bool, now time.Time, did *Sighting) {
	heard, watched := s.Heard[m.Witness]
	switch {
	case watched && m.resolving():
		s.attests(m, heard, now, did)
	case !s.Complete || m.ShownBy != s.Source || !decides:
	case m.held():
		m.rests()
		did.Cancelled++
	case m.resolving():
		m.finish(now)
		did.Confirmed++
	case m.AbsentSince.IsZero():
		m.AbsentSince = now
	case now.Sub(m.AbsentSince) >= s.AbsentFor:
		s.absent(m, now, did)
	}
}

// end resolves a member that no sender resolved, so that the next firing is not taken for an echo.
func (m *Member) end(at time.Time) {
	m.rests()
	m.EndsAt, m.ResolvedAt, m.ResolvedBy = at, time.Time{}, ""
	m.Alert = m.Alert.Brief()
}

// wait keeps a resolve until the next snapshot, or until its witness is heard.
func (p *Policy) wait(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	next := *m
	next.stamp(ev, now)
	next.Alert = m.Alert
	if !m.resolving() {
		next.HeldUntil = now.Add(waitOf(ev))
	}
	next.EndsAt, next.ResolvedBy = m.endOf(ev, now), ev.Sender
	n.Members.set(&next)
	return ResolveWaits
}

// finish lets a resolve that waited count.
func (m *Member) finish(now time.Time) {
	m.rests()
	m.ResolvedAt = now
	m.Alert = m.Alert.Brief()
}

// firesAgain is a firing of a member whose resolve waits. The resolve does not count any more, from any sender. If it was an
// echo, its sender will resolve the alert as well, or snapshots will lack it.
func (p *Policy) firesAgain(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	p.repeat(n, m, ev, now)
	next := *n.Members.Get(m.Key)
	next.shown(ev)
	next.HeldUntil = time.Time{}
	n.Members.set(&next)
	return ResolveWithdrawn
}

// startFiring lets a member fire that did not.
func (p *Policy) startFiring(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	p.fire(n, m, ev, now)
	if ev.ListedBy != "" {
		return Repaired
	}
	return Fired
}

// shown notes that a list brought the event: the lists of its source can end the member later. A repeat that only a list brings is not
// written, so the snapshot notes it there.
func (m *Member) shown(ev *Event) {
	if ev.ListedBy != "" {
		m.ShownBy = ev.ListedBy
	}
}
