// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// The process with the ledger and a process that only reads its store see the same entries.
func TestPeopleLookAtEntries(t *testing.T) {
	disk := NewMemory()
	l := New(testConfig(100, func() time.Time { return at(10) }), disk)
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	before := l.Revision()
	events := []protocol.Event{of("one", firing("a", at(0)))}
	for i := range 40 { // more than one bucket
		events = append(events, of("many", alert(fmt.Sprint("f", i), firing("a", at(0)))))
	}
	_, err = l.Apply(t.Context(), events, nil)
	require.NoError(t, err)
	assert.NotEqual(t, before, l.Revision())

	listed, closed := l.List()
	assert.Zero(t, closed)
	require.Len(t, listed, 2)
	firing := map[string]int{}
	for _, e := range listed {
		firing[e.Entry.Alias] = e.Entry.Members.Firing()
		assert.Equal(t, at(10), e.Pending)
	}
	assert.Equal(t, map[string]int{"one": 1, "many": 40}, firing)
	one, there := l.Look("one")
	assert.True(t, there)
	assert.Same(t, l.Get("one"), one.Entry)
	_, there = l.Look("none")
	assert.False(t, there)

	records := maps.Clone(disk.records)
	read, damage, err := Read(t.Context(), func(ctx context.Context, each func(Loaded) error) error { return disk.Load(ctx, each, nil) })
	require.NoError(t, err)
	assert.Empty(t, damage)
	found := map[string]int{}
	for _, l := range read {
		found[l.Entry.Alias] = l.Entry.Members.Firing()
		assert.True(t, l.Pending.Equal(at(10)))
		assert.Equal(t, protocol.Create, l.Entry.Inflight().Kind, "as the store has it, not as a restart would")
	}
	assert.Equal(t, firing, found)
	assert.True(t, maps.EqualFunc(records, disk.records, bytes.Equal), "nothing is written")
}

func TestReadTellsOfDamage(t *testing.T) {
	_, damage, err := Read(t.Context(), func(_ context.Context, each func(Loaded) error) error {
		_ = each(Loaded{Key: "one", Record: []byte("nonsense"), Where: "here"})
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, []Unreadable{{Where: "here", Aliases: []string{"one"}}}, damage.Unreadable)
	_, _, err = Read(t.Context(), func(context.Context, func(Loaded) error) error { return assert.AnError })
	require.ErrorIs(t, err, assert.AnError)
}

// TestARestartKnowsSinceWhenAChangeIsPending: the change began before the restart, and the former process's clock may have been ahead.
func TestARestartKnowsSinceWhenAChangeIsPending(t *testing.T) {
	m := NewMemory()
	clock := at(0)
	now := func() time.Time { return clock }
	l := New(testConfig(10, now), m)
	_, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil)
	require.NoError(t, err)
	for seconds, want := range map[int]time.Time{60: at(0), -60: at(-60)} {
		clock = at(seconds)
		next := New(testConfig(10, now), m)
		_, err = next.Load(t.Context())
		require.NoError(t, err)
		assert.True(t, next.Stats().Oldest.Equal(want), next.Stats().Oldest)
	}
	listed, _, err := Read(t.Context(), func(ctx context.Context, each func(r Loaded) error) error {
		return m.Load(ctx, each, nil)
	})
	require.NoError(t, err)
	require.Len(t, listed, 1)
	assert.True(t, listed[0].Pending.Equal(at(0)))
}
