// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// In a full storage, new alerts are refused, but what is known can end, and that makes room again.
func TestFullStorageCanEmptyItself(t *testing.T) {
	now := at(0)
	l := New(testPolicy(), openBounded(t, t.TempDir(), 2<<20), 100_000, func() time.Time { return now })
	_, err := l.Load(t.Context())
	require.NoError(t, err)

	named := func(ev Event, i int) Event {
		ev.Alias = fmt.Sprintf("alias-%d-%s", i, strings.Repeat("x", 200))
		return ev
	}
	filled := 0
	for ; err == nil; filled++ {
		_, err = l.Apply(t.Context(), []Event{named(firing("am1", at(0)), filled)})
		if err == nil {
			_, _, err = l.Claim(t.Context(), named(Event{}, filled).Alias)
		}
		require.Less(t, filled, 10_000, "the storage is bounded")
	}
	require.ErrorIs(t, err, storage.ErrStorageFull)
	require.ErrorIs(t, l.Probe(t.Context()), storage.ErrStorageFull)
	filled--
	require.Greater(t, filled, 100)

	// All creates are answered, all alerts resolve, all closes are begun and answered: each a write.
	learn := func(i int, c Call, open bool) {
		a := &Answered{
			Alias: named(Event{}, i).Alias, Call: c,
			Answer: Answer{Verdict: Accepted, Incident: Found{ID: fmt.Sprint("id-", i), Open: open}},
		}
		require.NoError(t, l.Learn(t.Context(), []*Answered{a}))
	}
	for i := range filled {
		learn(i, l.Get(named(Event{}, i).Alias).Inflight, true)
	}
	_, err = l.Apply(t.Context(), []Event{named(firing("am1", at(0)), filled+1)})
	require.ErrorIs(t, err, storage.ErrStorageFull, "the reserve is not for new alerts")
	require.ErrorIs(t, l.Probe(t.Context()), storage.ErrStorageFull, "nor for probes")
	for i := range filled {
		_, err := l.Apply(t.Context(), []Event{named(resolved("am1", at(0), at(1)), i)})
		require.NoError(t, err)
		_, d, err := l.Claim(t.Context(), named(Event{}, i).Alias)
		require.NoError(t, err)
		require.Equal(t, Close, d.Call.Kind)
		learn(i, d.Call, false)
	}
	now = now.Add(2 * hour)
	for i := range filled {
		_, _, err := l.Claim(t.Context(), named(Event{}, i).Alias)
		require.NoError(t, err)
	}
	entries, _ := l.Counts()
	assert.Zero(t, entries)
	require.NoError(t, l.Probe(t.Context()))
	_, err = l.Apply(t.Context(), []Event{named(firing("am1", now), filled+1)})
	require.NoError(t, err, "there is room again")
	assert.False(t, l.store.reserve.spent)
}

// In a storage that records of all sizes have filled, every known alias can still resolve, whatever pages are free.
func TestFullStorageTakesResolves(t *testing.T) {
	for seed := range uint64(10) {
		longest := 200
		if seed%2 == 1 {
			longest = 2000
		}
		random := rand.New(rand.NewPCG(seed, 0))
		l := New(testPolicy(), openBounded(t, t.TempDir(), 1<<20), 100_000, func() time.Time { return at(0) })
		_, err := l.Load(t.Context())
		require.NoError(t, err)
		var known []Event
		for refused := 0; refused < 3; {
			ev := firing("am1", at(0))
			ev.Alias = fmt.Sprint("alias-", len(known)+refused)
			ev.Alert = incident.Pack(&incident.Alert{
				Fingerprint: "f0", StartsAt: at(0), Description: strings.Repeat("x", random.IntN(longest)),
			})
			if _, err := l.Apply(t.Context(), []Event{ev}); err != nil {
				require.ErrorIs(t, err, storage.ErrStorageFull)
				refused++
				continue
			}
			known = append(known, ev)
		}
		for _, ev := range known[:min(60, len(known))] {
			ev.Firing, ev.EndsAt = false, at(1)
			_, err := l.Apply(t.Context(), []Event{ev})
			require.NoError(t, err, "seed %d", seed)
		}
	}
}
