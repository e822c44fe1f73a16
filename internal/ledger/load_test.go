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

// After a restart, disk has all of an entry with its next write, even if Load has changed the members, because the clock was set back.
// Later writes and repeats cost no more than before.
func TestWritesAfterARestart(t *testing.T) {
	for _, now := range []time.Time{at(1), at(-60)} {
		c, _ := bigDisk(t)
		l := New(testConfig(10, func() time.Time { return now }), c)
		_, err := l.Load(t.Context())
		require.NoError(t, err)
		first := many(1)[0]
		apply(t, l, saying("one", first))
		sameOnDisk(t, l, c.Memory)
		c.batches = nil
		apply(t, l, saying("one", first))
		require.Empty(t, c.batches, "a repeat")
		apply(t, l, saying("two", first))
		require.Len(t, c.batches, 1)
		assert.Len(t, c.batches[0], 2, "the entry and a bucket")
	}
}

// While the bridge is down, nobody hears the repeats of an alert. So stale_after counts from the start.
func TestAnAlertDoesNotEndWhileTheBridgeIsDown(t *testing.T) {
	now := at(0)
	m := NewMemory()
	start := func() *Ledger {
		cfg := testConfig(10, func() time.Time { return now })
		cfg.Policy.StaleAfter = minute
		l := New(cfg, m)
		_, err := l.Load(t.Context())
		require.NoError(t, err)
		return l
	}
	l := start()
	apply(t, l, firing("am1", at(0)))
	open(t, l, theAlias, "1")
	now = at(3600)
	l = start()
	assert.True(t, l.Get(theAlias).Firing())
	now = at(3660)
	assert.Equal(t, protocol.Close, l.Peek(theAlias).Call.Kind)
}

// A newer version may have written only the buckets of an entry in its schema.
func TestABucketWithANewerSchemaRefusesTheStart(t *testing.T) {
	c, _ := bigDisk(t)
	c.records[bucketKey(theAlias, 1)] = []byte(`{"schema":2}`)
	_, err := New(testConfig(10, func() time.Time { return at(1) }), c).Load(t.Context())
	require.ErrorIs(t, err, protocol.ErrSchema)
}
