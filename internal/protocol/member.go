// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"encoding/binary"
	"iter"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Key identifies an alert. It is a hash, computed where the alert's record is made.
type Key [16]byte

// Member is one alert of the alias.
type Member struct {
	Key    Key             `json:"-"`
	Alert  incident.Packed `json:"alert"`
	Firing bool            `json:"firing,omitzero"`
	// Witness and Final are those of its event, while it fires or is held. Witness is 0 while a resolve waits only for a snapshot.
	Final   bool    `json:"final,omitzero"`
	Witness Witness `json:"-"`
	// HeldUntil is when a waiting event counts. For a firing member, the event is a resolve that waits for the next snapshot; for any
	// other, a firing that may be the echo of a replica.
	HeldUntil time.Time `json:"held_until,omitzero"`
	// Epoch and Seq are its place in the order of arrival.
	Epoch    string    `json:"epoch,omitempty"`
	Seq      int64     `json:"seq,omitzero"`
	LastSeen time.Time `json:"last_seen"`
	// ToldAt is when the last event was applied. It is not stored.
	ToldAt time.Time `json:"-"`
	// StaleAfter, if it is not 0, replaces the policy's.
	StaleAfter time.Duration `json:"-"`
	// The last resolve: the alert's end, the sender, and when it came.
	EndsAt     time.Time `json:"ends_at,omitzero"`
	ResolvedBy string    `json:"resolved_by,omitempty"`
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	// ShownBy is the source whose snapshot has shown the member: only that source can resolve it by absence.
	ShownBy string `json:"shown_by,omitempty"`
	// AbsentSince is when a complete snapshot of that source first lacked it. It is not stored.
	AbsentSince time.Time `json:"-"`
}

func (m *Member) held() bool { return !m.Firing && !m.HeldUntil.IsZero() }

// resolving reports whether a resolve waits for the next snapshot.
func (m *Member) resolving() bool { return m.Firing && !m.HeldUntil.IsZero() }

// Unfinished reports whether the member fires, or will unless a resolve comes.
func (m *Member) Unfinished() bool { return m.Firing || m.held() }

// rests clears what holds only while the member fires or is held.
func (m *Member) rests() {
	m.Firing, m.HeldUntil, m.AbsentSince = false, time.Time{}, time.Time{}
	m.Witness, m.Final = 0, false
}

// bucketSize is the maximum average number of members in a bucket. A change copies one bucket and the list of buckets, and writes one
// bucket to disk.
const bucketSize = 16

// maxBuckets bounds the list of buckets. With more members, buckets grow.
const maxBuckets = 1 << 16

// Members are the alerts of an alias. There can be thousands, so they lie in buckets by key. Copies share buckets: only a draft changes a
// bucket in place, and only its own.
type Members struct {
	buckets []bucket
	firing  [incident.Critical + 1]int32
	n, held int32
	whole   int32  // of members with their text
	bytes   int64  // see Bytes
	left    bool   // a member that leaves closing to a person has stopped firing since the entry noted this
	text    uint64 // a hash of all changes of what firing members say
}

// Len is the number of members.
func (s *Members) Len() int { return int(s.n) }

// Firing is the number of firing members.
func (s *Members) Firing() int {
	var n int32
	for _, c := range s.firing {
		n += c
	}
	return int(n)
}

// Held is the number of members that may be echoes.
func (s *Members) Held() int { return int(s.held) }

// Says returns a number that changes when the set of firing members or their content may have changed. Different changes of the same
// members give different numbers, so that a change that was given up is not taken for the one that followed.
func (s *Members) Says() uint64 { return s.text }

// noteChange adds a change of a member to Says. how is its cause: an event or time.
func (s *Members) noteChange(m *Member, how uint64) {
	for _, part := range [...]uint64{
		how, binary.LittleEndian.Uint64(m.Key[:8]), uint64(m.Seq), uint64(m.Alert.StartsAt.UnixNano()), uint64(m.bytes()), //nolint:gosec // a mere hash
	} {
		s.text = (s.text ^ part) * 1099511628211
	}
}

const (
	byEvent uint64 = iota
	byTime
)

func (s *Members) worst() incident.Severity {
	for i := len(s.firing) - 1; i > 0; i-- {
		if s.firing[i] > 0 {
			return incident.Severity(i)
		}
	}
	return 0
}

// All yields every member, in arbitrary order. They must not be changed.
func (s *Members) All() iter.Seq[*Member] { return s.except(func(*bucket) bool { return false }) }

// except yields the members of all buckets but those that skip selects.
func (s *Members) except(skip func(b *bucket) bool) iter.Seq[*Member] {
	return func(yield func(*Member) bool) {
		for at := range s.buckets {
			b := &s.buckets[at]
			if skip(b) {
				continue
			}
			for i := range b.members {
				if !yield(&b.members[i]) {
					return
				}
			}
		}
	}
}

// Get returns the member with the key, or nil. It must not be changed.
func (s *Members) Get(key Key) *Member {
	if len(s.buckets) == 0 {
		return nil
	}
	b := &s.buckets[s.bucket(key)]
	if i := b.find(key); i >= 0 {
		return &b.members[i]
	}
	return nil
}

func (s *Members) bucket(key Key) int {
	return int(binary.LittleEndian.Uint64(key[:8]) % uint64(len(s.buckets))) //nolint:gosec // less than the number of buckets
}

// draft returns a copy that set and remove may change, until it is sealed.
func (s *Members) draft() Members {
	d := *s
	d.buckets = slices.Clone(s.buckets)
	return d
}

// seal ends a draft.
func (s *Members) seal() {
	for i := range s.buckets {
		b := &s.buckets[i]
		if b.sum == ofDraft {
			b.sum = nil
		}
		if b.sum == nil && len(s.buckets) > 1 {
			b.sum = summarise(b.members)
		}
	}
}

// set puts a member into a draft, in the place of the one with its key. Only a further member may change the number of buckets: disk need
// not know each change of a member, and would then lack the records of the new buckets.
func (s *Members) set(m *Member) {
	s.count(m, 1)
	if len(s.buckets) > 0 {
		at := s.bucket(m.Key)
		if i := s.buckets[at].find(m.Key); i >= 0 {
			former := &s.own(at, 0).members[i]
			s.count(former, -1)
			s.left = s.left || former.Firing && !m.Firing && m.Alert.LeftOpen
			*former = *m
			return
		}
	}
	if n := len(s.buckets); n == 0 {
		s.buckets = newAlone()
	} else if int(s.n) >= bucketSize*n && n < maxBuckets {
		s.spread(2 * n)
	}
	b := s.own(s.bucket(m.Key), 1)
	b.members = append(b.members, *m)
	s.n++
}

// remove removes the members that f selects from a draft, except those in buckets that skip selects.
func (s *Members) remove(skip func(b *bucket) bool, f func(m *Member) bool) {
	for at, b := range s.buckets {
		if skip(&b) || !slices.ContainsFunc(b.members, func(m Member) bool { return f(&m) }) {
			continue
		}
		var kept []Member
		for i := range b.members {
			if m := &b.members[i]; f(m) {
				s.count(m, -1)
				s.n--
			} else {
				kept = append(kept, *m)
			}
		}
		s.buckets[at] = bucket{members: kept, sum: ofDraft}
	}
}

// own copies a bucket for the draft, unless it is the draft's already, with room for more members.
func (s *Members) own(at, more int) *bucket {
	b := &s.buckets[at]
	if b.sum != ofDraft {
		b.members, b.sum = append(make([]Member, 0, len(b.members)+more), b.members...), ofDraft
	}
	return b
}

// spread distributes the members of a draft over n buckets.
func (s *Members) spread(n int) {
	old := s.buckets
	s.buckets = slices.Repeat([]bucket{{sum: ofDraft}}, n)
	for _, b := range old {
		for i := range b.members {
			to := &s.buckets[s.bucket(b.members[i].Key)]
			to.members = append(to.members, b.members[i])
		}
	}
}

func (s *Members) count(m *Member, by int32) {
	if m.Firing {
		s.firing[min(m.Alert.Severity, incident.Critical)] += by
	}
	if m.held() {
		s.held += by
	}
	if !m.Alert.IsBrief() {
		s.whole += by
	}
	s.bytes += int64(by) * m.bytes()
}

// final reports whether a firing member is Final.
func (s *Members) final() bool {
	for m := range s.All() {
		if m.Firing && m.Final {
			return true
		}
	}
	return false
}

// State names the state of the member for people.
func (m *Member) State() string {
	switch {
	case m.resolving():
		return "resolving"
	case m.Firing:
		return "firing"
	case m.held():
		return "held"
	default:
		return "resolved"
	}
}
