// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// maxWait bounds how long a resolve waits for a snapshot.
const maxWait = time.Hour

// Snapshot is a list of all alerts of a source, whatever happened to their webhooks.
type Snapshot struct {
	Source string
	// Complete: an alert that is not listed does not fire.
	Complete bool
	// Listed are the alerts of the list; true: no silence, inhibition or time interval suppresses it.
	Listed map[Key]bool
	// Epoch and Seq are its place in the order of arrival: the list may not know what arrived later.
	Epoch string
	Seq   int64
	// Age is the time from the request for the list until its record was made. Asked is the time of the request by the clock of this
	// process, or earlier. Lists and webhooks of several replicas have no other order.
	Age   time.Duration
	Asked time.Time
	// Heard has the time when the watchdog of each watched source was last heard. After a source has died, its watchdog is heard for at
	// most Lease, counted from when the first of its alerts ends by itself.
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

// Sighting counts what a snapshot did to the members of an entry.
type Sighting struct {
	Shown       int // seen in a snapshot for the first time
	Resolved    int // resolved by absence
	Released    int // fire after all: a held one is listed
	Cancelled   int // do not fire: a held one is absent
	Confirmed   int // resolved: the resolve waited, and the alert is absent
	Withdrawn   int // fire on: the resolve waited, and the alert is listed
	Unconfirmed int // resolved after a long wait, although nothing showed that their source was alive
	Held        int // to resolve, once their source is known to be alive
}

// Add adds o to s.
func (s *Sighting) Add(o Sighting) {
	s.Shown += o.Shown
	s.Resolved += o.Resolved
	s.Released += o.Released
	s.Cancelled += o.Cancelled
	s.Confirmed += o.Confirmed
	s.Withdrawn += o.Withdrawn
	s.Unconfirmed += o.Unconfirmed
	s.Held += o.Held
}

// Durable reports whether the change must be stored. The time when an alert was last listed is kept in memory only: after a restart,
// counting starts again.
func (s Sighting) Durable() bool { return s != Sighting{Held: s.Held} }

// Wakes reports whether a call may have become due.
func (s Sighting) Wakes() bool { return s.Resolved+s.Released+s.Confirmed+s.Unconfirmed > 0 }

// Snapshot applies a snapshot to e and returns the new entry and what changed. It returns e itself if nothing changed.
func (p *Policy) Snapshot(e Timed, s *Snapshot, now time.Time) (Timed, Sighting) {
	var did Sighting
	var n *Entry
	former := e.Entry
	for m := range former.Members.All() {
		if !m.Unfinished() {
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

// decides reports whether the list was requested after the last event of the member, as far as their order is known. With replicas, one may
// request the list and another receive the webhook. So the list must be newer than the last event that this process applied to the member,
// and than HeardSince: events before that are forgotten.
func (p *Policy) decides(s *Snapshot, m *Member) bool {
	if p.Punctual {
		return s.Asked.After(Latest(m.ToldAt, p.HeardSince))
	}
	return s.Epoch == "" || m.Epoch != s.Epoch || m.Seq < s.Seq
}

// listed changes m, which the list has. A suppressed alert keeps firing, but does not begin to.
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

// lacks changes m, which is not in the list. This means nothing for an alert that this source has never listed.
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
	if m.resolving() {
		next.Witness = m.Witness // the first resolve decides what all of them wait for
	} else {
		next.HeldUntil = now.Add(waitOf(ev))
		if !ev.Guarded {
			next.Witness = 0
		}
	}
	next.EndsAt, next.ResolvedBy = m.endOf(ev, now), ev.Sender
	n.Members.set(&next)
	return ResolveWaits
}

// finish makes a waiting resolve count.
func (m *Member) finish(now time.Time) {
	m.rests()
	m.ResolvedAt = now
	m.Alert = m.Alert.Brief()
}

// firesAgain applies a firing of any sender to a member whose resolve waits. It drops the resolve. If the firing was an echo,
// its sender will resolve the alert too, or snapshots will lack it.
func (p *Policy) firesAgain(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	p.repeat(n, m, ev, now)
	next := *n.Members.Get(m.Key)
	next.shown(ev)
	next.HeldUntil = time.Time{}
	n.Members.set(&next)
	return ResolveWithdrawn
}

// startFiring makes a member fire that did not fire.
func (p *Policy) startFiring(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	p.fire(n, m, ev, now)
	if ev.ListedBy != "" {
		return Repaired
	}
	return Fired
}

// shown notes which list brought the event, so that later lists of its source can end the member. A repeat from a list is not written, so
// Snapshot notes its source.
func (m *Member) shown(ev *Event) {
	if ev.ListedBy != "" {
		m.ShownBy = ev.ListedBy
	}
}
