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
	"github.com/alert24/otelcol-alert24/internal/postgres"
)

// statsAge is how long statistics are reused, because one scrape reads ten gauges.
const statsAge = time.Second

// statsCache reads the ledger's statistics at most once in statsAge.
type statsCache struct {
	ledger func() *ledger.Ledger // returns nil while another replica leads

	mu    sync.Mutex
	at    time.Time
	from  *ledger.Ledger
	stats ledger.Stats
}

func (c *statsCache) get() (s ledger.Stats, there bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.ledger()
	if l == nil {
		return ledger.Stats{}, false
	}
	if now := time.Now(); now.Sub(c.at) >= statsAge || l != c.from {
		c.stats, c.at, c.from = l.Stats(), now, l
	}
	return c.stats, true
}

// watchLedger registers the gauges. The gauges of entries exist only while this process has the ledger.
func (t *telemetry) watchLedger(l func() *ledger.Ledger) error {
	cache := &statsCache{ledger: l}
	gauge := func(value func(ledger.Stats) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if s, there := cache.get(); there {
				o.Observe(value(s), t.own)
			}
			return nil
		}
	}
	b, optional := t.builder, t.optional
	return errors.Join(
		optional.RegisterExporterAlert24AliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Aliases) })),
		b.RegisterExporterAlert24LiveAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Live) })),
		b.RegisterExporterAlert24OpenIncidentsCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Open) })),
		b.RegisterExporterAlert24PendingAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Pending) })),
		optional.RegisterExporterAlert24HeldAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Held) })),
		b.RegisterExporterAlert24ParkedAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Parked) })),
		optional.RegisterExporterAlert24DoubtfulAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Doubt) })),
		b.RegisterExporterAlert24BlockedAliasesCallback(gauge(func(s ledger.Stats) int64 { return int64(s.Blocked) })),
		optional.RegisterExporterAlert24LedgerSizeCallback(gauge(func(s ledger.Stats) int64 { return s.Size })),
		b.RegisterExporterAlert24OldestPendingAgeCallback(func(_ context.Context, o metric.Float64Observer) error {
			if s, there := cache.get(); there {
				o.Observe(pendingAge(s.Oldest, time.Now()).Seconds(), t.own)
			}
			return nil
		}),
		b.RegisterExporterAlert24APIUpCallback(t.up(t.lately.apiWorks)),
		b.RegisterExporterAlert24StorageUpCallback(t.up(func() bool { return !t.storageFailed.Load() })),
	)
}

// up is 1 while f is true.
func (t *telemetry) up(f func() bool) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		var value int64
		if f() {
			value = 1
		}
		o.Observe(value, t.own)
		return nil
	}
}

// pendingAge is how long a change has been pending since a time; 0 if that is zero.
func pendingAge(since, now time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return max(now.Sub(since), 0)
}

// watchReplica registers the gauges of a replica. While the database does not answer, only the role exists.
func (t *telemetry) watchReplica(r *replica) error {
	count := func(value func(*postgres.Status) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if s := r.database.get().status; s != nil {
				o.Observe(value(s), t.own)
			}
			return nil
		}
	}
	age := func(value func(*postgres.Status) time.Duration) metric.Float64Callback {
		return func(_ context.Context, o metric.Float64Observer) error {
			if s := r.database.get().status; s != nil {
				o.Observe(value(s).Seconds(), t.own)
			}
			return nil
		}
	}
	b, optional := t.builder, t.optional
	return errors.Join(
		b.RegisterExporterAlert24LeaderCallback(t.up(func() bool { return r.term.Load() != nil })),
		optional.RegisterExporterAlert24LeaseAgeCallback(age(func(s *postgres.Status) time.Duration { return s.Renewed })),
		b.RegisterExporterAlert24InboxAgeCallback(age(func(s *postgres.Status) time.Duration { return s.InboxAge })),
		optional.RegisterExporterAlert24InboxWebhooksCallback(count(func(s *postgres.Status) int64 { return int64(s.InboxRows) })),
		b.RegisterExporterAlert24InboxSetAsideCallback(count(func(s *postgres.Status) int64 { return int64(s.Aside) })),
	)
}
