// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// shared is a store with an inbox.
type shared struct {
	disk
	rows    []Row
	part    int    // how many rows are read together; 0: all
	reading func() // called when the inbox is read
	hides   error  // returned when the inbox is read
	keeps   error  // returned by the next commits of rows
	fails   error  // returned by the next commits
	commits []Consumed
	changes []Change // of the last commit
}

func (s *shared) Inbox(_ context.Context, ids []int64) (rows []Row, rest []int64, err error) {
	if s.reading != nil {
		s.reading()
	}
	for _, r := range s.rows {
		switch {
		case ids != nil && !slices.Contains(ids, r.ID):
		case s.part > 0 && len(rows) == s.part:
			rest = append(rest, r.ID)
		default:
			rows = append(rows, r)
		}
	}
	return rows, rest, s.hides
}

func (s *shared) CommitInbox(ctx context.Context, changes []Change, done Consumed) error {
	if s.fails != nil {
		return s.fails
	}
	if s.keeps != nil && len(done.IDs) > 0 {
		return s.keeps
	}
	s.commits, s.changes = append(s.commits, done), append([]Change(nil), changes...)
	var rest []Row
	for _, r := range s.rows {
		if _, aside := done.Aside[r.ID]; !aside && !slices.Contains(done.IDs, r.ID) {
			rest = append(rest, r)
		}
	}
	s.rows = rest
	return s.Commit(ctx, changes, false)
}

func (s *shared) leave(id int64, payload string) {
	s.rows = append(s.rows, Row{ID: id, Payload: []byte(payload)})
}

// sharing is a ledger over s. A payload is "fired", "resolved" or something unusable.
func sharing(t *testing.T, s *shared, aliases int, change func(*Config)) *Ledger {
	t.Helper()
	cfg := testConfig(aliases, func() time.Time { return at(100) })
	cfg.Unpack = func(r Row) ([]protocol.Event, error) {
		switch string(r.Payload) {
		case "fired":
			return []protocol.Event{firing("a", at(0))}, nil
		case "resolved":
			return []protocol.Event{resolved("a", at(0), at(50))}, nil
		case "panics":
			panic("no")
		default:
			return nil, errors.New("it is garbage")
		}
	}
	if change != nil {
		change(&cfg)
	}
	l := New(cfg, s)
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	return l
}

func TestInboxGoesBeforeTheWebhookInOneTransaction(t *testing.T) {
	s := &shared{disk: newDisk()}
	s.leave(1, "fired")
	var did []protocol.Outcome
	l := sharing(t, s, 10, func(c *Config) {
		c.Unpacked = func(_ []protocol.Event, outcomes []protocol.Outcome) { did = append(did, outcomes...) }
	})
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, resolved("a", at(0), at(50))))
	assert.Equal(t, []protocol.Outcome{protocol.Fired}, did)
	require.Len(t, s.commits, 1)
	assert.Equal(t, []int64{1}, s.commits[0].IDs)
	assert.Empty(t, s.rows)
	assert.False(t, s.decode(t).Firing())
}

// Rows that came into the inbox after a webhook had joined are applied before it.
func TestWebhookJoinsBeforeTheInboxIsRead(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	s.reading = func() { s.reading = nil; s.leave(1, "fired") }
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, resolved("a", at(0), at(50))))
	assert.Empty(t, s.rows)
}

// While a webhook waits for its turn, newer webhooks of its sender may arrive at another replica.
func TestWebhookThatComesTooLateIsRefused(t *testing.T) {
	s := &shared{disk: newDisk()}
	s.leave(1, "resolved")
	read := false
	s.reading = func() { read = true }
	l := sharing(t, s, 10, nil)
	errLate := errors.New("late")
	_, err := l.Apply(t.Context(), []protocol.Event{firing("a", at(0))}, func() error {
		assert.True(t, read, "it is asked too early")
		return errLate
	})
	require.ErrorIs(t, err, errLate)
	assert.Empty(t, s.rows, "what is in the inbox does not wait for it")
	assert.False(t, l.Get(theAlias).Firing())
	_, err = l.Apply(t.Context(), []protocol.Event{firing("a", at(0))}, func() error { return nil })
	require.NoError(t, err)
}

func TestRepeatThatChangesNothingStillProvesTheLeadership(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	apply(t, l, firing("a", at(0)))
	apply(t, l, firing("a", at(0)))
	require.Len(t, s.commits, 2)
	assert.Empty(t, s.changes)
	s.fails = ErrDeposed
	_, err := l.Apply(t.Context(), []protocol.Event{firing("a", at(0))}, nil)
	require.ErrorIs(t, err, ErrDeposed)
}

func TestEmptyInboxCostsNoCommit(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	require.NoError(t, l.Drain(t.Context()))
	assert.Empty(t, s.commits)
}

func TestInboxIsAppliedAboveTheBound(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 1, nil)
	apply(t, l, of("other", firing("a", at(0))))
	s.leave(1, "fired")
	require.NoError(t, l.Drain(t.Context()))
	require.NotNil(t, l.Get(theAlias))
	_, err := l.Apply(t.Context(), []protocol.Event{of("third", firing("a", at(0)))}, nil)
	var full *FullError
	require.ErrorAs(t, err, &full)
}

// The closed entries are bounded even if all webhooks come through the inbox. The rows tell how long they waited there.
func TestInboxKeepsTheBoundOfClosedEntries(t *testing.T) {
	s := &shared{disk: newDisk()}
	var waited []time.Duration
	l := sharing(t, s, 1, func(c *Config) {
		c.Unpack = func(r Row) ([]protocol.Event, error) {
			alias := string(r.Payload)
			return []protocol.Event{of(alias, firing("am1", at(0))), of(alias, resolved("am1", at(0), at(50)))}, nil
		}
		c.Unpacked = func(events []protocol.Event, _ []protocol.Outcome) {
			for _, ev := range events {
				waited = append(waited, ev.Waited)
			}
		}
	})
	for id, alias := range []string{"a", "b", "c"} {
		s.leave(int64(id), alias)
		s.rows[id].Waited = time.Duration(id) * time.Second
	}
	require.NoError(t, l.Drain(t.Context()))
	assert.Len(t, l.Aliases(), 1)
	assert.Equal(t, []time.Duration{0, 0, time.Second, time.Second, 2 * time.Second, 2 * time.Second}, waited)
}

func TestRowsThatCannotBeUsedAreSetAside(t *testing.T) {
	s := &shared{disk: newDisk()}
	for id, payload := range []string{"?", "fired", "panics"} {
		s.leave(int64(id), payload)
	}
	l := sharing(t, s, 10, nil)
	require.NoError(t, l.Drain(t.Context()))
	require.Len(t, s.commits, 1)
	assert.Equal(t, Consumed{IDs: []int64{1}, Aside: map[int64]string{0: "it is garbage", 2: "panic: no"}}, s.commits[0])
	assert.True(t, l.Get(theAlias).Firing())
}

// A panic about a row must not stop each leader in turn, wherever it comes from.
func TestRowThatPanicsWhenItIsAppliedIsSetAside(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	unpack := l.store.inbox.unpack
	l.store.inbox.unpack = func(r Row) (*write, error) {
		switch string(r.Payload) {
		case "panics when planned":
			return &write{plan: func(router) []mutation { panic("no plan") }}, nil
		case "panics when applied":
			m := mutation{alias: theAlias, do: func(slot, usage) (slot, bool) { panic("no entry") }}
			return &write{plan: func(router) []mutation { return []mutation{m} }}, nil
		}
		return unpack(r)
	}
	for id, payload := range []string{"panics when planned", "fired", "panics when applied"} {
		s.leave(int64(id), payload)
	}
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, resolved("a", at(0), at(50))))
	require.Len(t, s.commits, 1)
	assert.Equal(t, Consumed{IDs: []int64{1}, Aside: map[int64]string{0: "panic: no plan", 2: "panic: no entry"}}, s.commits[0])
	assert.Panics(t, func() {
		_ = l.store.enqueue(t.Context(), &write{plan: func(router) []mutation { panic("its own") }})
	}, "only rows of the inbox are set aside")
	apply(t, l, firing("a", at(60)))
	assert.True(t, l.Get(theAlias).Firing(), "a panic does not stop the next writer")
}

func TestReadersSeeTheEntryOfAChange(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	apply(t, l, firing("a", at(0)))
	require.NotEmpty(t, s.changes)
	assert.Equal(t, theAlias, s.changes[0].Entry.Alias)
	assert.Equal(t, at(100), s.changes[0].Pending)
}

// A call of the former leader may be under way until its timeout, counted from the takeover, has passed.
func TestTakeoverWaitsForTheFormerLeadersCall(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	apply(t, l, firing("a", at(0)))
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Create, d.Call.Kind)
	after := sharing(t, s, 10, func(c *Config) { c.Policy.Unsettled = 10 * time.Second })
	e, _ := after.Look(theAlias)
	assert.True(t, e.Entry.Doubt.Set)
	assert.Equal(t, at(100+10+15), e.Timers().SettleAt)
}
