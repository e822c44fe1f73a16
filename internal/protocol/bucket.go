// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// bucket holds some members.
type bucket struct {
	members []Member
	// sum spares a look at each member where there are many; nil is not known.
	sum *summary
}

// ofDraft is the sum of a bucket that belongs to a draft: its members may be changed in place.
var ofDraft = new(summary)

// find returns where the member with the key is, or -1.
func (b *bucket) find(key Key) int {
	for i := range b.members {
		if b.members[i].Key == key {
			return i
		}
	}
	return -1
}

// shares reports whether b and former are one in memory.
func (b *bucket) shares(former *bucket) bool {
	return len(b.members) == len(former.members) && (len(b.members) == 0 || &b.members[0] == &former.members[0])
}

// summary is what the members of a bucket have in common. Times are zero where no member has one.
type summary struct {
	// held is the earliest HeldUntil, heard the earliest LastSeen of those that fire without a StaleAfter of their own,
	// ends the earliest moment at which one of those that have it may be stale.
	held, heard, ends time.Time
	// resolved and last are the earliest and the latest ResolvedAt of those that neither fire nor are held; unheard: one of
	// them has none.
	resolved, last time.Time
	unheard        bool
	// ended is the latest end of those that do not fire, start the earliest start of those that do.
	ended, start time.Time
	// worst is the worst alert that fires, or nil.
	worst *incident.Packed
}

func summarise(members []Member) *summary {
	var s summary
	for i := range members {
		s.add(&members[i])
	}
	return &s
}

func (s *summary) add(m *Member) {
	if !m.Firing {
		s.ended = latest(s.ended, m.ended())
	}
	s.held = earliest(s.held, m.HeldUntil)
	switch {
	case m.held():
	case m.Firing:
		if m.StaleAfter > 0 {
			s.ends = earliest(s.ends, m.LastSeen.Add(m.StaleAfter))
		} else {
			s.heard = earliest(s.heard, m.LastSeen)
		}
		s.start = earliest(s.start, m.Alert.StartsAt)
		if s.worst == nil || m.Alert.Worse(s.worst) {
			s.worst = &m.Alert
		}
	case m.ResolvedAt.IsZero():
		s.unheard = true
	default:
		s.resolved, s.last = earliest(s.resolved, m.ResolvedAt), latest(s.last, m.ResolvedAt)
	}
}

// summary of the members.
func (b *bucket) summary() *summary {
	if b.sum != nil && b.sum != ofDraft {
		return b.sum
	}
	return summarise(b.members)
}

// Worst returns the worst of the firing alerts, as many as an incident shows, and what is to be known of the others.
func (s *Members) Worst() ([]incident.Alert, incident.Context) {
	var r incident.Ranking
	more := incident.Context{Members: s.Firing()}
	for i := range s.buckets {
		b := &s.buckets[i]
		sum := b.summary()
		more.Since = earliest(more.Since, sum.start)
		if sum.worst == nil || !r.Takes(sum.worst) {
			continue
		}
		for j := range b.members {
			if m := &b.members[j]; m.Firing {
				r.Add(&m.Alert)
			}
		}
	}
	return r.Alerts(), more
}

// earliest ignores zero times.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
