// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// A full storage refuses new alerts, but known alerts can still resolve, and that frees space.
func TestFullStorageCanEmptyItself(t *testing.T) {
	for name, shape := range map[string]struct{ alias, text int }{
		"short aliases": {0, 0}, "long aliases": {200, 0}, "long texts": {10, 700}, "longer than a segment": {10, 5000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 2))
			text := make([]byte, shape.text)
			canEmptyItself(t, func(ev protocol.Event, i int) protocol.Event {
				ev = of(fmt.Sprintf("alias-%d-%s", i, strings.Repeat("x", shape.alias)), ev)
				for i := range text {
					text[i] = "0123456789abcdef"[random.IntN(16)] // hard to compress
				}
				ev.Alert = incident.Pack(&incident.Alert{Fingerprint: "f0", Severity: incident.Critical, StartsAt: at(0), Description: string(text)})
				return ev
			})
		})
	}
}

func canEmptyItself(t *testing.T, named func(ev protocol.Event, i int) protocol.Event) { //nolint:funlen // one story: each step needs the one before
	t.Helper()
	now := at(0)
	l := openLedger(t, New(openBounded(t, t.TempDir(), 1<<20)), func() time.Time { return now })
	filled := 0
	// fill adds aliases until the storage refuses. A refused write cleans, so the next write may find room.
	fill := func() {
		for refused := 0; refused < 3; {
			_, err := l.Apply(t.Context(), []protocol.Event{named(firing(at(0)), filled)}, nil)
			if err != nil {
				require.ErrorIs(t, err, storage.ErrStorageFull)
				refused++
				continue
			}
			_, d, err := l.Claim(t.Context(), named(protocol.Event{}, filled).Alias)
			require.NoError(t, err)
			require.Equal(t, protocol.Create, d.Call.Kind)
			filled, refused = filled+1, 0
			require.Less(t, filled, 40_000, "the storage is bounded")
		}
		require.ErrorIs(t, l.Check(t.Context()), storage.ErrStorageFull)
	}
	fill()
	first := filled
	require.Greater(t, first, 20)

	// All creates are answered, all alerts resolve, all closes are begun and answered. Each of these is a write.
	learn := func(i int, c protocol.Call, open bool) {
		a := &protocol.Answered{
			Alias: named(protocol.Event{}, i).Alias, Call: c,
			Answer: protocol.Answer{Result: protocol.Done, Incident: protocol.Shown{ID: fmt.Sprint("id-", i), Seen: true, Open: open}},
		}
		require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{a}))
	}
	for from := 0; from < filled; {
		for i := range filled - from {
			learn(from+i, l.Get(named(protocol.Event{}, from+i).Alias).Inflight(), true)
		}
		from = filled
		fill()
	}
	require.Less(t, filled, 2*first)
	for i := range filled {
		_, err := l.Apply(t.Context(), []protocol.Event{named(resolved(at(0), at(1)), i)}, nil)
		require.NoError(t, err)
		_, d, err := l.Claim(t.Context(), named(protocol.Event{}, i).Alias)
		require.NoError(t, err)
		require.Equal(t, protocol.Close, d.Call.Kind)
		learn(i, d.Call, false)
	}
	now = now.Add(2 * time.Hour)
	for i := range filled {
		_, _, err := l.Claim(t.Context(), named(protocol.Event{}, i).Alias)
		require.NoError(t, err)
	}
	entries, _ := l.Counts()
	assert.Zero(t, entries)
	require.NoError(t, l.Check(t.Context()))
	for i := range 20 {
		again := []protocol.Event{named(firing(now), filled+i)}
		if _, err := l.Apply(t.Context(), again, nil); err != nil {
			_, err = l.Apply(t.Context(), again, nil) // as a sender does
			require.NoError(t, err, "there is room again")
		}
	}
	t.Logf("%d aliases, %d in the end", first, filled)
}

// Records of all sizes fill the storage. Every known alias can still resolve, whatever pages are free.
func TestFullStorageTakesResolves(t *testing.T) {
	for seed := range uint64(10) {
		longest := 200
		if seed%2 == 1 {
			longest = 2000
		}
		random := rand.New(rand.NewPCG(seed, 0))
		l := openLedger(t, New(openBounded(t, t.TempDir(), 1<<20)), func() time.Time { return at(0) })
		var known []protocol.Event
		for refused := 0; refused < 3; {
			ev := firing(at(0))
			ev = of(fmt.Sprint("alias-", len(known)+refused), ev)
			ev.Alert = incident.Pack(&incident.Alert{
				Fingerprint: "f0", StartsAt: at(0), Description: strings.Repeat("x", random.IntN(longest)),
			})
			if _, err := l.Apply(t.Context(), []protocol.Event{ev}, nil); err != nil {
				require.ErrorIs(t, err, storage.ErrStorageFull)
				refused++
				continue
			}
			known = append(known, ev)
		}
		for _, ev := range known[:min(60, len(known))] {
			ev.Firing, ev.EndsAt = false, at(1)
			_, err := l.Apply(t.Context(), []protocol.Event{ev}, nil)
			require.NoError(t, err, "seed %d", seed)
		}
	}
}

// fullDisk is a storage on a disk that is full: its error is the system's.
type fullDisk struct {
	storage.Client
	storage.Walker
	err error
}

func (f fullDisk) Batch(ctx context.Context, ops ...*storage.Operation) error {
	err := f.Client.Batch(ctx, ops...)
	if errors.Is(err, storage.ErrStorageFull) {
		return &fs.PathError{Op: "write", Path: "ledger", Err: f.err}
	}
	return err
}

// A full disk is a full storage: it refuses new alerts and takes resolves.
func TestFullDiskTakesResolves(t *testing.T) {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		file := openBounded(t, t.TempDir(), 1<<20)
		walker, ok := file.(storage.Walker)
		require.True(t, ok)
		l := openLedger(t, New(fullDisk{file, walker, full}), func() time.Time { return at(0) })
		known := 0
		for err := error(nil); err == nil; known++ {
			_, err = l.Apply(t.Context(), []protocol.Event{detailed(known)}, nil)
			if err != nil {
				require.ErrorIs(t, err, storage.ErrStorageFull)
				require.ErrorIs(t, err, full, "people need the system's words")
			}
		}
		for i := range 60 {
			ev := detailed(i)
			ev.Firing, ev.EndsAt = false, at(1)
			_, err := l.Apply(t.Context(), []protocol.Event{ev}, nil)
			require.NoError(t, err)
		}
	}
}

// counting counts transactions.
type counting struct {
	storage.Client
	storage.Walker
	batches int
}

func (c *counting) Batch(ctx context.Context, ops ...*storage.Operation) error {
	c.batches++
	return c.Client.Batch(ctx, ops...)
}

// A full storage with thousands of aliases does not repeat useless work for each webhook.
func TestFullStorageStaysQuick(t *testing.T) {
	file := openBounded(t, t.TempDir(), 8<<20)
	walker, ok := file.(storage.Walker)
	require.True(t, ok)
	c := &counting{Client: file, Walker: walker}
	l := openLedger(t, New(c), func() time.Time { return at(0) })
	known, most := 0, 0
	for refused := 0; refused < 20; {
		events := make([]protocol.Event, 1+known%50)
		for i := range events {
			events[i] = detailed(known + i)
		}
		c.batches = 0
		if _, err := l.Apply(t.Context(), events, nil); err != nil {
			require.ErrorIs(t, err, storage.ErrStorageFull)
			refused++
		} else {
			known += len(events)
		}
		most = max(most, c.batches)
	}
	require.Greater(t, known, 1000)
	assert.LessOrEqual(t, c.batches, 8, "transactions of the last webhook, which was refused")
	t.Logf("%d aliases; at most %d transactions for a webhook, %d for the last", known, most, c.batches)
}
