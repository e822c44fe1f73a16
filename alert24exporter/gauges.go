// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// statsAge is how long the statistics of all entries are reused: one scrape reads ten gauges.
const statsAge = time.Second

// statsCache reads the ledger's statistics at most once in statsAge.
type statsCache struct {
	ledger *ledger.Ledger

	mu    sync.Mutex
	at    time.Time
	stats ledger.Stats
}

func (c *statsCache) get() ledger.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.at) >= statsAge {
		c.stats, c.at = c.ledger.Stats(), now
	}
	return c.stats
}

// watchLedger registers the gauges.
func (t *telemetry) watchLedger(l *ledger.Ledger) error {
	cache := &statsCache{ledger: l}
	gauge := func(value func(ledger.Stats) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(value(cache.get()))
			return nil
		}
	}
	up := func(works func() bool) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			var value int64
			if works() {
				value = 1
			}
			o.Observe(value)
			return nil
		}
	}
	b := t.builder
	return errors.Join(
		b.RegisterExporterAlert24AliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Aliases) })),
		b.RegisterExporterAlert24LiveAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Live) })),
		b.RegisterExporterAlert24OpenIncidentsCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Open) })),
		b.RegisterExporterAlert24PendingAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Pending) })),
		b.RegisterExporterAlert24HeldAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Held) })),
		b.RegisterExporterAlert24ParkedAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Parked) })),
		b.RegisterExporterAlert24DoubtfulAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Doubt) })),
		b.RegisterExporterAlert24BlockedAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Blocked) })),
		b.RegisterExporterAlert24LedgerSizeCallback(gauge(func(s ledger.Stats) int64 { return s.Size })),
		b.RegisterExporterAlert24OldestPendingAgeCallback(func(_ context.Context, o metric.Float64Observer) error {
			var age time.Duration
			if oldest := cache.get().Oldest; !oldest.IsZero() {
				age = time.Since(oldest)
			}
			o.Observe(age.Seconds())
			return nil
		}),
		b.RegisterExporterAlert24APIUpCallback(up(func() bool { return !t.apiFailed.Load() })),
		b.RegisterExporterAlert24StorageUpCallback(up(func() bool { return !t.storageFailed.Load() })),
	)
}
