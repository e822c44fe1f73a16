// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"container/list"
	"slices"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Notice is a reason why an alert has no incident, or lacks something.
type Notice struct {
	Kind   Reason            `json:"kind"`
	Alias  string            `json:"alias,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	// Text is the reason in words. Until is when it ends, if that is known.
	Text string `json:"text"`
	// From is the address of the sender, Receiver what it sent to, where that is known.
	From     string `json:"from,omitempty"`
	Receiver string `json:"receiver,omitempty"`
	// AcceptedSince is since when that receiver accepts webhooks of that sender again; zero: it has not since.
	AcceptedSince time.Time `json:"accepted_since,omitzero"`
	Until         time.Time `json:"until,omitzero"`
	Count         int64     `json:"count"`
	First         time.Time `json:"first"`
	Last          time.Time `json:"last"`
}

// Reason is the kind of a Notice.
type Reason string

// Reasons.
const (
	Ignored  Reason = "ignored"  // a rule says that it is to have none
	HeldEcho Reason = "held"     // it may be an echo
	Unusable Reason = "unusable" // the record cannot be read
	NoRoom   Reason = "no_room"  // there are limits::aliases live aliases
	Brief    Reason = "brief"    // it resolved before anything was sent
	Skipped  Reason = "skipped"  // an alert of a webhook cannot be used
	Refused  Reason = "refused"  // a webhook was not taken
)

// quietFor is how long a notice that goes on is not news.
const quietFor = time.Hour

// Notices keep the newest notices, one for each kind and alias. They are safe for concurrent use.
type Notices struct {
	max int

	mu       sync.Mutex
	order    list.List // of *Notice, the newest first
	byKey    map[noticeKey]*list.Element
	revision uint64
}

type noticeKey struct {
	kind  Reason
	alias string
	text  string // where there is no alias
}

// NewNotices keeps at most so many.
func NewNotices(most int) *Notices { return &Notices{max: most, byKey: map[noticeKey]*list.Element{}} }

// Add notes n at its time Last. It reports whether that is news: not known, or last told an hour ago.
func (s *Notices) Add(n Notice) (news bool) {
	key := noticeKey{kind: n.Kind, alias: n.Alias}
	if n.Alias == "" {
		key.text = n.Text
	}
	n.Count, n.First = max(n.Count, 1), n.Last
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	e, known := s.byKey[key]
	if !known {
		s.byKey[key] = s.order.PushFront(&told{Notice: n, key: key, at: n.Last})
		if s.order.Len() > s.max {
			oldest := s.order.Back()
			delete(s.byKey, oldest.Value.(*told).key) //nolint:forcetypeassert // the list holds nothing else
			s.order.Remove(oldest)
		}
		return true
	}
	t := e.Value.(*told) //nolint:forcetypeassert // the list holds nothing else
	n.Count, n.First = n.Count+t.Count, t.First
	t.Notice = n
	s.order.MoveToFront(e)
	if news = n.Last.Sub(t.at) >= quietFor; news {
		t.at = n.Last
	}
	return news
}

// told is a notice and when it was last news.
type told struct {
	Notice

	key noticeKey
	at  time.Time
}

// AcceptedAgain notes that a receiver accepts what comes from an address.
func (s *Notices) AcceptedAgain(receiver, from string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.order.Front(); e != nil; e = e.Next() {
		n := &e.Value.(*told).Notice //nolint:forcetypeassert // the list holds nothing else
		if n.Kind == Refused && n.Receiver == receiver && n.From == from && n.AcceptedSince.IsZero() {
			n.AcceptedSince = at
			s.revision++
		}
	}
}

// Find returns the notices that f wants, the newest first, and at most so many.
func (s *Notices) Find(most int, f func(n *Notice) bool) []Notice {
	found := []Notice{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.order.Front(); e != nil && len(found) < most; e = e.Next() {
		if n := &e.Value.(*told).Notice; f(n) { //nolint:forcetypeassert // the list holds nothing else
			found = append(found, *n)
		}
	}
	return found
}

// Newest returns at most so many notices.
func (s *Notices) Newest(most int) []Notice {
	return s.Find(most, func(*Notice) bool { return true })
}

// Revision changes with the notices.
func (s *Notices) Revision() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision
}

// Result is what became of a call.
type Result struct {
	At   time.Time `json:"at"`
	Call string    `json:"call"`
	// Result is one of the results of docs/delivery.md.
	Result string `json:"result"`
	// Did is what the bridge learned of it.
	Did    string `json:"did"`
	Reason string `json:"reason,omitempty"`
}

const (
	resultsPerAlias = 5
	maxReason       = 200 // bytes
)

// Results keep the last results of the aliases that called last. They are safe for concurrent use.
type Results struct {
	max int

	mu       sync.Mutex
	order    list.List // of *results, the newest first
	byAlias  map[string]*list.Element
	revision uint64
}

type results struct {
	alias string
	last  []Result // the newest last
}

// NewResults keeps those of at most so many aliases.
func NewResults(aliases int) *Results {
	return &Results{max: aliases, byAlias: map[string]*list.Element{}}
}

// Add adds a result.
func (s *Results) Add(alias string, r Result) {
	if len(r.Reason) > maxReason {
		r.Reason = cut(r.Reason, maxReason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	e, known := s.byAlias[alias]
	if !known {
		e = s.order.PushFront(&results{alias: alias})
		s.byAlias[alias] = e
		if s.order.Len() > s.max {
			oldest := s.order.Back()
			delete(s.byAlias, oldest.Value.(*results).alias) //nolint:forcetypeassert // the list holds nothing else
			s.order.Remove(oldest)
		}
	}
	s.order.MoveToFront(e)
	of := e.Value.(*results) //nolint:forcetypeassert // the list holds nothing else
	if len(of.last) == resultsPerAlias {
		of.last = slices.Delete(of.last, 0, 1)
	}
	of.last = append(of.last, r)
}

// Of returns the last results of an alias, the newest first.
func (s *Results) Of(alias string) []Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Result{}
	if e, known := s.byAlias[alias]; known {
		all = append(all, e.Value.(*results).last...) //nolint:forcetypeassert // the list holds nothing else
		slices.Reverse(all)
	}
	return all
}

// LastFailed returns the last call of an alias that failed and was to write something; the zero value if none is known.
func (s *Results) LastFailed(alias string) Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, known := s.byAlias[alias]; known {
		for _, r := range slices.Backward(e.Value.(*results).last) { //nolint:forcetypeassert // the list holds nothing else
			if r.Reason != "" && r.Call != protocol.Lookup.String() {
				return r
			}
		}
	}
	return Result{}
}

// Revision changes with the results.
func (s *Results) Revision() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision
}

// cut shortens s to n bytes of whole characters.
func cut(s string, n int) string {
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
