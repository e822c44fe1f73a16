// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// A push without records says whether one with records would be accepted: only the storage decides, and it recovers without a
// webhook.
func TestProbeFollowsTheStorage(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	telemetry, set := measured(t)
	cfg := configOf(box)
	cfg.Storage = &storageID
	ext := &fullStorage{Extension: fileStorage(t, t.TempDir()).(storage.Extension)}
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, exp.Start(t.Context(), host{storageID: ext}))
	probe := func() error { return exp.ConsumeLogs(t.Context(), plog.NewLogs()) }
	value := func(name string) float64 { return metricValue(t, telemetry, "otelcol_exporter_alert24_"+name) }

	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	require.Eventually(t, func() bool { // from then on nothing but this test writes
		m, err := telemetry.GetMetric("otelcol_exporter_alert24_incidents")
		return err == nil && len(m.Data.(metricdata.Sum[int64]).DataPoints) == 1
	}, soon, tick)

	ext.full.Store(true)
	require.NoError(t, probe(), "no write has failed yet")
	require.Error(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("resolved"))))
	for range 2 {
		err = probe()
		require.ErrorIs(t, err, storage.ErrStorageFull)
		reason, ok := errors.AsType[interface {
			error
			NotReady() string
		}](err)
		require.True(t, ok)
		assert.Equal(t, "the storage is full", reason.NotReady())
	}
	assert.Zero(t, value("storage_up"))

	ext.full.Store(false)
	require.NoError(t, probe())
	assert.InDelta(t, 1, value("storage_up"), 0)
	assert.InDelta(t, 1, value("storage_failures"), 0, "a probe is no write of the ledger")
	assert.Equal(t, "the storage cannot be written", storageError{errors.New("/var/lib: denied")}.NotReady())

	_, err = box.AddFault(sandbox.Fault{Status: http.StatusUnauthorized})
	require.NoError(t, err)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("resolved"))))
	require.Eventually(t, func() bool { return value("api_up") == 0 }, soon, tick)
	require.NoError(t, probe(), "the state of Alert24 does not matter")

	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}

// In memory only, there is nothing that a webhook would wait for.
func TestProbeWithoutStorage(t *testing.T) {
	exp, stop := start(t, sandboxtest.Start(t, sandbox.Options{}), "", nil)
	defer stop()
	require.NoError(t, exp.ConsumeLogs(t.Context(), plog.NewLogs()))
}
