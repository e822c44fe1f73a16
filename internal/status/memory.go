// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Notice is a reason why an alert has no incident, or an incomplete one.
type Notice struct {
	Kind   Reason            `json:"kind"`
	Alias  string            `json:"alias,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	// Text is the reason in words. Until is when the reason ends, if known.
	Text string `json:"text"`
	// From is the address of the sender, Receiver the receiver it sent to, if known.
	From     string    `json:"from,omitempty"`
	Receiver string    `json:"receiver,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	Count    int64     `json:"count"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	// Watchdog means that the alert is ignored because it is a watchdog.
	Watchdog bool `json:"-"`
	// Same identifies a notice without an alias; "" means that Text does.
	Same string `json:"-"`
}

// Anonymous reports whether the affected alerts are unknown.
func (n *Notice) Anonymous() bool { return n.Kind == Refused || n.Kind == Unusable }

// Reason is the kind of a Notice.
type Reason string

// Reasons.
const (
	Ignored   Reason = "ignored"      // a rule excludes the alert
	HeldEcho  Reason = "held"         // the firing may be an echo
	Unusable  Reason = "unusable"     // the record cannot be read
	NoRoom    Reason = "no_room"      // there are limits::aliases live aliases
	NotOpened Reason = "never_opened" // the alert resolved before anything was sent
	Skipped   Reason = "skipped"      // an alert of a webhook cannot be used
	Refused   Reason = "refused"      // a webhook was not accepted
)

// quietFor is how long a repeated notice is not news.
const quietFor = time.Hour

// Notices keep the newest notices, one for each kind and alias. They are safe for concurrent use.
type Notices struct {
	mu       sync.Mutex
	byKey    *simplelru.LRU[noticeKey, *told]
	revision uint64
}

type noticeKey struct {
	kind  Reason
	alias string
	text  string // where there is no alias
}

// told is a notice, and when it was last news.
type told struct {
	Notice

	at time.Time
}

// NewNotices returns a memory of at most this many notices.
func NewNotices(most int) *Notices { return &Notices{byKey: newest[noticeKey, *told](most)} }

// newest returns a cache of the most entries added last.
func newest[K comparable, V any](most int) *simplelru.LRU[K, V] {
	l, err := simplelru.NewLRU[K, V](most, nil)
	if err != nil {
		panic(err) // only a constant below 1 gets here
	}
	return l
}

// Add notes n at its time Last. It reports whether n is news: unknown, or last told an hour ago.
func (s *Notices) Add(n Notice) (news bool) {
	key := noticeKey{kind: n.Kind, alias: n.Alias}
	if n.Alias == "" {
		key.text = cmp.Or(n.Same, n.Text)
	}
	n.Count, n.First = max(n.Count, 1), n.Last
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	t, known := s.byKey.Get(key)
	if !known {
		s.byKey.Add(key, &told{n, n.Last})
		return true
	}
	n.Count, n.First = n.Count+t.Count, t.First
	t.Notice = n
	if news = n.Last.Sub(t.at) >= quietFor; news {
		t.at = n.Last
	}
	return news
}

// Find returns up to most notices for which f is true, the newest first.
func (s *Notices) Find(most int, f func(n *Notice) bool) []Notice {
	found := []Notice{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range slices.Backward(s.byKey.Values()) {
		if len(found) == most {
			break
		}
		if f(&t.Notice) {
			found = append(found, t.Notice)
		}
	}
	return found
}

// Newest returns up to most notices, the newest first.
func (s *Notices) Newest(most int) []Notice {
	return s.Find(most, func(*Notice) bool { return true })
}

// Revision changes when the notices change.
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
	// Change is what the bridge learned from the result, Text the same in words.
	Change string `json:"change"`
	Text   string `json:"text,omitempty"`
	Reason string `json:"reason,omitempty"`
}

const (
	resultsPerAlias = 5
	maxReason       = 200 // bytes
)

// Results keep the last results of the aliases with the latest calls. They are safe for concurrent use.
type Results struct {
	mu       sync.Mutex
	byAlias  *simplelru.LRU[string, []Result] // the newest result last
	revision uint64
}

// NewResults returns a memory for at most this many aliases.
func NewResults(aliases int) *Results { return &Results{byAlias: newest[string, []Result](aliases)} }

// Add adds a result.
func (s *Results) Add(alias string, r Result) {
	if len(r.Reason) > maxReason {
		r.Reason = text.CutBytes(r.Reason, maxReason) + text.Ellipsis
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	last, _ := s.byAlias.Peek(alias)
	if len(last) == resultsPerAlias {
		last = slices.Delete(last, 0, 1)
	}
	s.byAlias.Add(alias, append(last, r))
}

// Of returns the last results of an alias, the newest first.
func (s *Results) Of(alias string) []Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, _ := s.byAlias.Peek(alias)
	all := append([]Result{}, last...)
	slices.Reverse(all)
	return all
}

// LastFailed returns the last failed call of an alias that was a write, and the last one that Alert24 refused; the zero value if
// there is none.
func (s *Results) LastFailed(alias string) (failed, refused Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, _ := s.byAlias.Peek(alias)
	for _, r := range slices.Backward(last) {
		if r.Reason == "" || r.Call == protocol.Lookup.String() {
			continue
		}
		if failed == (Result{}) {
			failed = r
		}
		if r.Result == protocol.Refused.String() {
			return failed, r
		}
	}
	return failed, Result{}
}

// Revision changes when the results change.
func (s *Results) Revision() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revision
}
