// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// BenchmarkSync applies a list of 10,000 alerts, each with its own alias. Such a list comes once a minute.
func BenchmarkSync(b *testing.B) {
	const alerts = 10_000
	now := at(0)
	cfg := realConfig(b, alerts)
	cfg.Now = func() time.Time { return now }
	l := New(cfg, NewMemory())
	s := &protocol.Snapshot{Source: "alertmanager", Complete: true, AbsentFor: 2 * time.Minute, Listed: map[protocol.Key]bool{}}
	events := make([]protocol.Event, alerts)
	for i := range events {
		events[i] = realistic(i, 0)
		s.Listed[events[i].Key] = true
	}
	_, err := l.Apply(b.Context(), events, nil)
	require.NoError(b, err)
	_, _, err = l.Sync(b.Context(), s)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Minute)
		did, _, err := l.Sync(b.Context(), s)
		require.NoError(b, err)
		require.Equal(b, protocol.Sighting{}, did)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/time.Minute.Seconds(), "of-minute")
}
