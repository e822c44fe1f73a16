// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// TestAlertmanagerStops: its silence opens an incident, even after a restart of the collector. Its return closes the incident.
func TestAlertmanagerStops(t *testing.T) {
	t.Parallel()
	const missingAfter = 8 * time.Second
	b := startBench(t, missingAfter)
	b.alertmanager()
	b.prometheus(of("Watchdog"))
	b.source("heard")
	kit.Eventually(t, func(context.Context) error {
		if b.beats.Load() == 0 {
			return errors.New("no heartbeat")
		}
		return nil
	})

	kit.Eventually(t, func(ctx context.Context) error {
		for _, n := range kit.Scrape(ctx, t, b.collector)["otelcol_exporter_alert24_ledger_writes"] {
			if n > 0 {
				return nil
			}
		}
		return errors.New("the disk does not know the source")
	})

	b.collector.Kill()
	require.NoError(t, b.collector.Start(t.Context()))
	b.source("heard")
	require.Empty(t, b.sandbox.Incidents(), "a watchdog opens no incident")
	b.manager.Kill()
	b.collector.Kill()
	restarted := time.Now()
	require.NoError(t, b.collector.Start(t.Context()))
	opened := b.incident(euAlias, kit.IsOpen)
	assert.GreaterOrEqual(t, time.Since(restarted), missingAfter, "it could not hear before its start")
	assert.Equal(t, "No heartbeat from eu", opened.Title)
	assert.Equal(t, "critical", opened.Severity)
	beats := b.beats.Load()

	b.collector.Kill()
	require.NoError(t, b.collector.Start(t.Context()))
	b.source("missing")
	b.alertmanager()
	b.incident(euAlias, kit.IsResolved)
	kit.Eventually(t, func(context.Context) error {
		if b.beats.Load() == beats {
			return errors.New("no heartbeat")
		}
		return nil
	})
	require.Len(t, b.sandbox.Incidents(), 1)
	assert.NotContains(t, b.collector.Log(), "s3cret")
}

// TestPrometheusDies: Alertmanager resolves all its alerts, and no incident closes until Prometheus is back.
func TestPrometheusDies(t *testing.T) {
	t.Parallel()
	const missingAfter = 8 * time.Second
	b := startBench(t, missingAfter, "receivers.alertmanager.sync.endpoints=["+harness.AlertmanagerURL+"]",
		"exporters.alert24.watchdog.hold_resolves=true")
	b.alertmanager()
	p := b.prometheus(of("Watchdog"), of("Stays"), of("Ends"))
	b.source("heard")
	b.incident("Stays:eu-1", kit.IsOpen)
	b.incident("Ends:eu-1", kit.IsOpen)

	end := p.dies()
	b.incident(euAlias, kit.IsOpen)
	kit.Eventually(t, func(ctx context.Context) error {
		for _, n := range kit.Scrape(ctx, t, b.collector)["otelcol_exporter_alert24_held_resolves"] {
			if n == 2 {
				return nil
			}
		}
		return errors.New("the resolves do not wait")
	})
	assert.Contains(t, b.collector.Log(), "Resolves wait")
	b.incident("Stays:eu-1", kit.IsOpen)
	b.incident("Ends:eu-1", kit.IsOpen)

	b.prometheus(of("Watchdog"), of("Stays"))
	ended := b.incident("Ends:eu-1", kit.IsResolved)
	assert.Equal(t, end, ended.ResolvedAt.UTC(), "the true end")
	b.incident(euAlias, kit.IsResolved)
	b.incident("Stays:eu-1", kit.IsOpen)
	require.Len(t, b.sandbox.Incidents(), 3)
}
