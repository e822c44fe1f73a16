// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// BenchmarkChange changes the text of one alert of an alias with several alerts, in a file without fsync.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			j := New(openStorage(b, b.TempDir(), func(cfg *filestorage.Config) { cfg.FSync = false }))
			l := openLedger(b, j, func() time.Time { return at(0) })
			events := make([]protocol.Event, n)
			for i := range events {
				events[i] = detailed(i)
				events[i].Alias = alias
			}
			_, err := l.Apply(b.Context(), events, nil)
			require.NoError(b, err)
			_, d, err := l.Claim(b.Context(), alias)
			require.NoError(b, err)
			opened := protocol.Answer{Result: protocol.Done, Incident: protocol.Shown{ID: "1", Seen: true, Open: true}}
			require.NoError(b, l.Learn(b.Context(), []*protocol.Answered{{Alias: alias, Call: d.Call, Answer: opened}}))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ev := events[i%n]
				ev.Seq += int64(n)
				ev.Alert.StartsAt = at(i + n)
				outcomes, err := l.Apply(b.Context(), []protocol.Event{ev}, nil)
				require.NoError(b, err)
				require.Equal(b, protocol.Changed, outcomes[0])
			}
		})
	}
}

// BenchmarkStart starts with 100,000 live aliases.
func BenchmarkStart(b *testing.B) {
	const n, together = 100_000, 20
	d := newDisk()
	now := func() time.Time { return at(1) }
	l := openLedger(b, New(d), now)
	for from := 0; from < n; from += together {
		events := make([]protocol.Event, together)
		answers := make([]*protocol.Answered, together)
		for i := range events {
			events[i] = detailed(from + i)
		}
		_, err := l.Apply(b.Context(), events, nil)
		require.NoError(b, err)
		for i := range events {
			e, d, err := l.Claim(b.Context(), events[i].Alias)
			require.NoError(b, err)
			a := protocol.Answer{Result: protocol.Done, Wrote: protocol.Full.Fields(), Incident: protocol.Shown{
				ID: fmt.Sprintf("%08d-0000-4000-8000-000000000000", from+i), Seen: true, Open: true,
			}}
			_, a.Sent = l.Content(e)
			answers[i] = &protocol.Answered{Alias: events[i].Alias, Call: d.Call, Answer: a}
		}
		require.NoError(b, l.Learn(b.Context(), answers))
	}
	for b.Loop() {
		openLedger(b, New(d), now)
	}
}
