// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/postgres"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// Only the storage decides whether alerts would be accepted. Readiness recovers without a webhook.
func TestReadyFollowsTheStorage(t *testing.T) {
	telemetry, set := measured(t)
	box, exp, ext := startOnFullStorage(t, set)
	probe := func() error { return inprocess.Ready(t.Context()) }
	value := func(name string) float64 { return metricValue(t, telemetry, "otelcol_exporter_alert24_"+name) }

	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	require.Eventually(t, func() bool { // afterwards only this test writes
		m, err := telemetry.GetMetric("otelcol_exporter_alert24_incidents")
		return err == nil && len(m.Data.(metricdata.Sum[int64]).DataPoints) == 1
	}, soon, tick)

	ext.full.Store(true)
	require.NoError(t, probe(), "no write has failed yet")
	require.Error(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("resolved"))))
	for range 2 {
		require.EqualError(t, probe(), "the storage is full", "anybody may ask, so nothing else is said")
	}
	assert.Zero(t, value("storage_up"))

	ext.full.Store(false)
	require.NoError(t, probe())
	assert.InDelta(t, 1, value("storage_up"), 0)
	assert.InDelta(t, 1, value("storage_failures"), 0, "a probe is no write of the ledger")

	_, err := box.AddFault(sandbox.Fault{Status: http.StatusUnauthorized})
	require.NoError(t, err)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("resolved"))))
	require.Eventually(t, func() bool { return value("api_up") == 0 }, soon, tick)
	require.NoError(t, probe(), "the state of Alert24 does not matter")

	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
	ext.full.Store(true)
	require.NoError(t, probe(), "an exporter that is shut down is not asked")
}

// In memory, webhooks wait for no storage.
func TestReadyWithoutStorage(t *testing.T) {
	_, stop := start(t, sandboxtest.Start(t, sandbox.Options{}), "", nil)
	defer stop()
	require.NoError(t, inprocess.Ready(t.Context()))
}

// Repeats write nothing, and a full storage still accepts writes that free space. Neither shows that it accepts new alerts again.
func TestStorageUpTellsTheTruth(t *testing.T) {
	telemetry, set := measured(t)
	box, exp, ext := startOnFullStorage(t, set)
	up := func() float64 { return metricValue(t, telemetry, "otelcol_exporter_alert24_storage_up") }
	firing := alertAttributes("firing")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	require.Eventually(t, func() bool { return len(box.Open(firing[attrs.Alias])) == 1 }, soon, tick)
	require.Eventually(t, func() bool { return metricValue(t, telemetry, "otelcol_exporter_alert24_pending_aliases") == 0 }, soon, tick)

	ext.full.Store(true)
	another := alertAttributes("firing")
	another[attrs.Alias] = "another"
	require.Error(t, exp.ConsumeLogs(t.Context(), logs(another)))
	assert.Zero(t, up())
	_ = exp.ConsumeLogs(t.Context(), logs(firing)) // a repeat; its result does not matter
	assert.Zero(t, up())

	ext.full.Store(false)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(another)))
	assert.InDelta(t, 1, up(), 0)
	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}

// A webhook is late because of its sender or of this process. The storage is not at fault.
func TestLateWebhookIsNoFaultOfTheStorage(t *testing.T) {
	telemetry, set := measured(t)
	e, err := newExporter(set, configOf(sandboxtest.Start(t, sandbox.Options{})))
	require.NoError(t, err)
	defer e.telemetry.shutdown()
	e.telemetry.committed(t.Context(), follows, 0, postgres.ErrLate)
	assert.False(t, e.telemetry.storageFailed.Load())
	assert.Zero(t, e.telemetry.writesFailed.Load(), "it stays ready")
	_, err = telemetry.GetMetric("otelcol_exporter_alert24_storage_failures")
	require.Error(t, err, "there is none")
	e.telemetry.committed(t.Context(), follows, 0, postgres.ErrFull)
	assert.True(t, e.telemetry.storageFailed.Load())
}

// The reason that a readiness check finds is on the page, too.
func TestCheckThatFailsSaysWhy(t *testing.T) {
	ext := &fullStorage{Extension: fileStorage(t, t.TempDir()).(storage.Extension)}
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.WithoutCancel(t.Context()))) })
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{storageID: ext}, func(cfg *Config) { cfg.Storage = &storageID })
	e.stopProbe() // it would check the storage at the same time
	e.telemetry.wrote(t.Context(), errors.New("an error of before"), true)
	e.telemetry.wrote(t.Context(), nil, true) // a small write
	ext.full.Store(true)
	require.ErrorIs(t, e.ready(t.Context()), errStorageFull)
	o, _ := ask[status.Overview](t, e, status.PathOverview)
	assert.False(t, o.Storage.Up)
	assert.Contains(t, o.Storage.Error, storage.ErrStorageFull.Error())
	assert.NotZero(t, o.Storage.FailingSince)
	ext.full.Store(false)
	require.NoError(t, e.ready(t.Context()))
}
