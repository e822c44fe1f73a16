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

// BenchmarkChange is one alert that says something else, of an alias with some alerts, in a file without fsync.
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
			_, err := l.Apply(b.Context(), events)
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
				outcomes, err := l.Apply(b.Context(), []protocol.Event{ev})
				require.NoError(b, err)
				require.Equal(b, protocol.Changed, outcomes[0])
			}
		})
	}
}
