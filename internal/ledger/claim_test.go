// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestNothingIsClaimedThatDiskDoesNotName(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	_, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil)
	require.NoError(t, err)
	assert.Len(t, c.batches, 1)

	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Create, d.Call.Kind)
	assert.Len(t, c.batches, 1, "the create's write-ahead rode with the event")
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: theAlias, Call: d.Call, Answer: accepted("1", true)}}))
	_, err = l.Apply(t.Context(), []protocol.Event{resolved("am1", at(0), at(1))}, nil)
	require.NoError(t, err)

	c.full = true
	e, d, err := l.Claim(t.Context(), theAlias)
	require.ErrorIs(t, err, errDiskFull)
	assert.Nil(t, e)
	assert.Equal(t, protocol.Decision{}, d)
	assert.Equal(t, protocol.NoCall, l.Get(theAlias).Inflight().Kind)

	c.full = false
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Close, d.Call.Kind)
	onDisk := c.decode(t)
	assert.Equal(t, protocol.Close, onDisk.Inflight().Kind)
	assert.Equal(t, "1", onDisk.Inflight().ID)
}

// An armed create may have other content when it leaves.
func TestNewsAboutAnArmedCreateIsOnDiskBeforeItLeaves(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	apply(t, l, saying("first", firing("am1", at(0))))
	apply(t, l, saying("second", firing("am1", at(0))))
	e, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Create, d.Call.Kind)
	_, want := l.Content(e)
	assert.Equal(t, want, d.Call.Content)
	assert.Equal(t, want, c.decode(t).Inflight().Content)
}

// A call that became due by time alone can be seen before it is claimed, so that it waits for its turn at the API.
func TestPeekSeesWhatTimeMadeDue(t *testing.T) {
	now := at(0)
	l := New(testConfig(2, func() time.Time { return now }), newClient())
	for _, ev := range []protocol.Event{firing("am1", at(0)), resolved("am1", at(0), at(1)), firing("am2", at(0))} {
		_, err := l.Apply(t.Context(), []protocol.Event{ev}, nil)
		require.NoError(t, err)
	}
	until := l.Get(theAlias).Members.Get(keyOf(theAlias, "f0")).HeldUntil
	require.False(t, until.IsZero(), "the second sender's firing may be an echo")
	assert.Equal(t, protocol.Decision{Wake: until}, l.Peek(theAlias))
	now = until
	assert.Equal(t, protocol.Create, l.Peek(theAlias).Call.Kind)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Create, d.Call.Kind)
}

// What time changes is written with the claim, even if no call is due.
func TestAnAlertThatEndsByTimeEndsOnDisk(t *testing.T) {
	c, now := newClient(), at(0)
	l := New(testConfig(2, func() time.Time { return now }), c)
	ends := firing("am1", at(0))
	ends.StaleAfter = minute
	apply(t, l, ends)
	answer(t, l, theAlias, protocol.Create, protocol.Answer{Result: protocol.Foreign, Incident: protocol.Shown{ID: "9"}})
	require.True(t, c.decode(t).Firing())
	now = at(60)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.NoCall, d.Call.Kind)
	assert.False(t, c.decode(t).Firing())
}

// A claim writes once, however often it renders. For a lookup it does not write.
func TestClaimsWriteNoMoreThanNeeded(t *testing.T) {
	c, now := newClient(), at(0)
	l := New(testConfig(2, func() time.Time { return now }), c)
	apply(t, l, firing("am1", at(0)))
	open(t, l, theAlias, "1")
	apply(t, l, saying("news", firing("am1", at(0))))
	c.batches = nil
	answer(t, l, theAlias, protocol.Update, protocol.Answer{Result: protocol.Unanswered})
	assert.Len(t, c.batches, 2, "the claim and its answer")
	now, c.batches = at(20), nil
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Lookup, d.Call.Kind)
	assert.Empty(t, c.batches)
}

func TestAnEntryLeavesAfterItsRetention(t *testing.T) {
	c := newClient()
	now := at(0)
	l := New(testConfig(2, func() time.Time { return now }), c)
	_, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(0)), resolved("am1", at(0), at(1))}, nil)
	require.NoError(t, err)
	d := l.Peek(theAlias)
	assert.Equal(t, protocol.Decision{Wake: at(3600)}, d)

	now = at(3600)
	assert.Equal(t, protocol.Decision{Wake: now}, l.Peek(theAlias))
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Decision{}, d)
	assert.Nil(t, l.Get(theAlias))
	assert.Nil(t, c.record())
	entries, live := l.Counts()
	assert.Zero(t, entries)
	assert.Zero(t, live)
	assert.Equal(t, protocol.Decision{}, l.Peek(theAlias))
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: theAlias, Call: protocol.Call{Kind: protocol.Lookup}}}), "an answer for one that has left")
}

// A lookup that is under way is not due again: otherwise the loop would claim it without end.
func TestALookupIsClaimedOnce(t *testing.T) {
	l := New(testConfig(10, func() time.Time { return at(0) }), newClient())
	apply(t, l, resolved("am1", at(-2), at(-1)))
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Lookup, d.Call.Kind)
	assert.Equal(t, protocol.NoCall, l.Peek(theAlias).Call.Kind)
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.NoCall, d.Call.Kind)
}
