// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// The heap of a live alias is everything that ledger and journal keep for it: after its incident was opened, after a repeat, which
// leaves copies behind, and after a start.
func TestHeapOfALiveAlias(t *testing.T) {
	const aliases, together, most = 20_000, 500, 1900 // the budget of 2 KiB is for alerts of 1 KiB
	dir := t.TempDir()
	all := make([]int, aliases)
	for i := range all {
		all[i] = i
	}
	start := func(t *testing.T) (l *ledger.Ledger, within func(what string)) {
		t.Helper()
		client := openStorage(t, dir, func(cfg *filestorage.Config) { cfg.FSync = false })
		empty := heap()
		l = openLedger(t, New(client), time.Now)
		return l, func(what string) {
			t.Helper()
			each := (heap() - empty) / aliases
			t.Logf("%s: %d bytes", what, each)
			assert.Less(t, each, int64(most), what)
			runtime.KeepAlive(l)
		}
	}
	t.Run("at work", func(t *testing.T) {
		l, within := start(t)
		for some := range slices.Chunk(all, together) {
			apply(t, l, some)
			openAll(t, l, some)
		}
		within("open")
		for some := range slices.Chunk(all, together) {
			apply(t, l, some)
		}
		within("repeated")
	})
	t.Run("after a start", func(t *testing.T) {
		_, within := start(t)
		within("loaded")
	})
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func apply(t *testing.T, l *ledger.Ledger, some []int) {
	t.Helper()
	events := make([]protocol.Event, len(some))
	for i, n := range some {
		events[i] = detailed(n)
	}
	_, err := l.Apply(t.Context(), events, nil)
	require.NoError(t, err)
}

func openAll(t *testing.T, l *ledger.Ledger, some []int) {
	t.Helper()
	answers := make([]*protocol.Answered, len(some))
	for i, n := range some {
		e, d, err := l.Claim(t.Context(), detailed(n).Alias)
		require.NoError(t, err)
		_, sent := l.Content(e)
		answers[i] = &protocol.Answered{Alias: e.Alias, Call: d.Call, Answer: protocol.Answer{
			Result: protocol.Done, Sent: sent, Wrote: protocol.Full.Fields(),
			Incident: protocol.Shown{ID: fmt.Sprintf("%08d-0000-4000-8000-000000000000", n), Seen: true, Open: true, StartedAt: at(n)},
		}}
	}
	require.NoError(t, l.Learn(t.Context(), answers))
}
