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
	// sum saves a pass over the members if there are many; nil: not known.
	sum *summary
}

// ofDraft marks a bucket that belongs to a draft: its members may be changed in place.
var ofDraft = new(summary)

// alone is the memory of a member that has its entry for itself, as most have: one piece instead of two.
type alone struct {
	bucket [1]bucket
	member [1]Member
}

// newAlone returns an empty bucket of a draft, with room for one member.
func newAlone() []bucket {
	a := new(alone)
	a.bucket[0] = bucket{members: a.member[:0], sum: ofDraft}
	return a.bucket[:]
}

// find returns where the member with the key is, or -1.
func (b *bucket) find(key Key) int {
	for i := range b.members {
		if b.members[i].Key == key {
			return i
		}
	}
	return -1
}

// shares reports whether b and former share one array of members.
func (b *bucket) shares(former *bucket) bool {
	return len(b.members) == len(former.members) && (len(b.members) == 0 || &b.members[0] == &former.members[0])
}

// summary has the extremes of a bucket's members. A time is zero if no member has one.
type summary struct {
	// held is the earliest HeldUntil. heard is the earliest LastSeen of firing members without a StaleAfter of their own, ends the earliest
	// time at which one with its own may be stale.
	held, heard, ends time.Time
	// resolved and last are the earliest and the latest ResolvedAt of members that neither fire nor are held; unheard: one of these has
	// none.
	resolved, last time.Time
	unheard        bool
	// ended is the latest end of members that do not fire, start the earliest start of firing ones.
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
		s.ended = Latest(s.ended, m.ended())
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
		s.resolved, s.last = earliest(s.resolved, m.ResolvedAt), Latest(s.last, m.ResolvedAt)
	}
}

// summary returns the stored summary, or computes it.
func (b *bucket) summary() *summary {
	if b.sum != nil && b.sum != ofDraft {
		return b.sum
	}
	return summarise(b.members)
}

// Worst returns the worst firing alerts, as many as an incident shows, and the number and first start of all that fire.
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

// over combines a time of all buckets.
func (s *Members) over(value func(*summary) time.Time, combine func(a, b time.Time) time.Time) (t time.Time) {
	for i := range s.buckets {
		t = combine(t, value(s.buckets[i].summary()))
	}
	return t
}

// earliest ignores zero times.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Latest returns the later time.
func Latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
