// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// client is a disk that tests can watch, block and make fail.
type client struct {
	disk

	mu      sync.Mutex
	batches [][]string    // aliases of each transaction that was tried
	room    []bool        // makesRoom of each of them
	hold    chan struct{} // each transaction takes one token, if set
	spoils  string        // a transaction with this alias fails
}

func newClient() *client { return &client{disk: newDisk()} }

func (c *client) Commit(ctx context.Context, changes []Change, makesRoom bool) error {
	c.room = append(c.room, makesRoom)
	if err := c.begin(changes); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.disk.Commit(ctx, changes, makesRoom)
}

func (c *client) begin(changes []Change) error {
	c.mu.Lock()
	var names []string
	for _, change := range changes {
		names = append(names, change.Key)
	}
	c.batches = append(c.batches, names)
	c.mu.Unlock()
	if c.hold != nil {
		<-c.hold
	}
	if c.spoils != "" && slices.Contains(names, c.spoils) {
		return Uncertain(errors.New("spoilt"))
	}
	return nil
}

// Check fails if a write of the alias "new" would fail.
func (c *client) Check(context.Context) error { return c.begin([]Change{{Key: "new"}}) }

// doubtful returns the last transaction if it is in doubt.
func (s *store) doubtful() *transaction {
	if s.current == nil || s.current.doubt == noDoubt {
		return nil
	}
	return s.current
}

// inOneTransaction blocks the first write in its transaction until the others wait for it, in their order, and returns their errors.
func inOneTransaction(t *testing.T, c *client, l *Ledger, first func() error, others ...func() error) []error {
	t.Helper()
	c.hold = make(chan struct{})
	var wg sync.WaitGroup
	errs := make([]error, 1+len(others))
	wg.Go(func() { errs[0] = first() })
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.batches) == 1
	}, time.Minute, time.Millisecond)
	for i, other := range others {
		wg.Go(func() { errs[1+i] = other() })
		require.Eventually(t, func() bool {
			l.store.pending.Lock()
			defer l.store.pending.Unlock()
			return len(l.store.pending.writes) == 1+i
		}, time.Minute, time.Millisecond)
	}
	close(c.hold)
	wg.Wait()
	return errs
}

// together writes one alias alone and then the others in one transaction, and returns the errors.
func together(t *testing.T, c *client, l *Ledger, aliases ...string) map[string]error {
	t.Helper()
	aliases = append([]string{"first"}, aliases...)
	writes := make([]func() error, len(aliases))
	for i, alias := range aliases {
		writes[i] = func() error {
			_, err := l.Apply(t.Context(), []protocol.Event{of(alias, firing("am1", at(0)))}, nil)
			return err
		}
	}
	errs := map[string]error{}
	for i, err := range inOneTransaction(t, c, l, writes[0], writes[1:]...) {
		errs[aliases[i]] = err
	}
	return errs
}

func TestWritesThatWaitShareATransaction(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	errs := together(t, c, l, "a", "b", "c")
	for alias, err := range errs {
		require.NoError(t, err, alias)
	}
	require.Len(t, c.batches, 2)
	assert.ElementsMatch(t, []string{"a", "b", "c"}, c.batches[1])
	assert.ElementsMatch(t, []string{"first", "a", "b", "c"}, l.Aliases())
}

// A webhook whose sender has given up may commit the webhooks of others, too.
func TestATransactionDoesNotEndWithItsWriter(t *testing.T) {
	l := New(testConfig(10, func() time.Time { return at(0) }), newClient())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Apply(ctx, []protocol.Event{firing("am1", at(0))}, nil)
	require.NoError(t, err)
}

func TestAFailedSharedTransactionIsTriedOncePerWrite(t *testing.T) {
	c := newClient()
	l := New(testConfig(3, func() time.Time { return at(0) }), c) // "c" finds room once "bad" has failed
	c.spoils = "bad"
	errs := together(t, c, l, "a", "bad", "c")
	require.ErrorContains(t, errs["bad"], "spoilt")
	require.NoError(t, errs["a"])
	require.NoError(t, errs["c"])
	assert.Len(t, c.batches, 5, "one alone, one shared, one for each")
	assert.ElementsMatch(t, []string{"first", "a", "c"}, l.Aliases())
	assert.Nil(t, l.Get("bad"))
	_, live := l.Counts()
	assert.Equal(t, 3, live)
}

func TestAFailedWriteLeavesMemory(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	c.full = true
	outcomes, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil)
	require.ErrorIs(t, err, errDiskFull)
	assert.Nil(t, outcomes)
	assert.Nil(t, l.Get(theAlias))

	c.full = false
	_, err = l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil)
	require.NoError(t, err)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	before := l.Get(theAlias)

	c.full = true
	err = l.Learn(t.Context(), []*protocol.Answered{{Alias: theAlias, Call: d.Call, Answer: accepted("1", true)}})
	require.ErrorIs(t, err, errDiskFull)
	assert.Same(t, before, l.Get(theAlias))
	_, err = l.Apply(t.Context(), []protocol.Event{resolved("am1", at(0), at(1))}, nil)
	require.ErrorIs(t, err, errDiskFull)
	assert.Same(t, before, l.Get(theAlias))
}

// TestAnEventThatChangesNothing: the event neither writes nor arms.
func TestAnEventThatChangesNothing(t *testing.T) {
	c := newClient()
	now := at(100)
	l := New(testConfig(10, func() time.Time { return now }), c)
	_, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(50))}, nil)
	require.NoError(t, err)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: theAlias, Call: d.Call, Answer: protocol.Answer{Result: protocol.NotSent}}}))

	now = at(200) // the create is due again
	writes := len(c.batches)
	outcomes, err := l.Apply(t.Context(), []protocol.Event{resolved("am2", at(0), at(10))}, nil)
	require.NoError(t, err)
	assert.Equal(t, []protocol.Outcome{protocol.StaleResolve}, outcomes)
	assert.Len(t, c.batches, writes)
	assert.Equal(t, protocol.NoCall, l.Get(theAlias).Inflight().Kind)
}

func TestMaxAliases(t *testing.T) {
	c := newClient()
	now := at(0)
	l := New(testConfig(2, func() time.Time { return now }), c)
	outcomes, err := l.Apply(t.Context(), []protocol.Event{
		of("a", firing("am1", at(0))), of("b", firing("am1", at(0))),
		of("c", firing("am1", at(0))), of("d", resolved("am1", at(0), at(0))), of("a", firing("am1", at(0))),
	}, nil)

	full, ok := errors.AsType[*FullError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, FullError{Refused: 2, Max: 2}, *full)
	require.EqualError(t, err, "2 new alerts refused: limits::aliases (2) is reached")
	require.EqualError(t, &FullError{Refused: 1, Max: 2}, "1 new alert refused: limits::aliases (2) is reached")
	assert.Equal(t, []protocol.Outcome{protocol.Fired, protocol.Fired, protocol.NoRoom, protocol.NoRoom, protocol.Repeated}, outcomes, "known aliases are applied")
	assert.ElementsMatch(t, []string{"a", "b"}, l.Aliases())

	// A closed entry makes room before its retention ends.
	outcomes, err = l.Apply(t.Context(), []protocol.Event{of("a", resolved("am1", at(0), at(1))), of("c", firing("am1", at(1)))}, nil)
	require.NoError(t, err)
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened, protocol.Fired}, outcomes)
	entries, live := l.Counts()
	assert.Equal(t, 3, entries)
	assert.Equal(t, 2, live)

	// A known alias may fire again even if there is no room for a new one.
	outcomes, err = l.Apply(t.Context(), []protocol.Event{of("a", firing("am1", at(2)))}, nil)
	require.NoError(t, err)
	assert.Equal(t, []protocol.Outcome{protocol.Fired}, outcomes)
}

func TestMemoryOnly(t *testing.T) {
	l := New(testConfig(2, func() time.Time { return at(0) }), nil)
	damage, err := l.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, damage)
	_, err = l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil)
	require.NoError(t, err)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Create, d.Call.Kind)
}

// An alias may have expired since the audit began.
func TestAnAuditOfWhatExpired(t *testing.T) {
	l := New(testConfig(10, time.Now), newClient())
	changed, err := l.Missing(t.Context(), "expired")
	require.NoError(t, err)
	assert.False(t, changed)
	changed, err = l.Suspect(t.Context(), "expired", "1", at(0))
	require.NoError(t, err)
	assert.False(t, changed)
}

// A webhook wakes all aliases that may need a call.
func TestToWake(t *testing.T) {
	l := New(testConfig(10, func() time.Time { return at(0) }), newClient())
	a, b, c := of("a", firing("am1", at(0))), of("b", firing("am1", at(0))), of("c", firing("am1", at(0)))
	apply(t, l, b)
	events := []protocol.Event{a, b, c}
	assert.Equal(t, []string{"a", "c"}, l.ToWake(events, apply(t, l, events...)))
}
