// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// reports is a host that keeps the status reports.
type reports struct {
	host
	events chan *componentstatus.Event
}

func (r *reports) Report(e *componentstatus.Event) { r.events <- e }

func TestTelemetryAndStatus(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	telemetry, set := measured(t)
	cfg := configOf(box)
	cfg.RetryConfig.InitialInterval, cfg.RetryConfig.MaxInterval = tick, tick
	ext := fileStorage(t, t.TempDir())
	cfg.Storage = &storageID
	cfg.Telemetry.OptionalMetrics = true
	h := &reports{host{storageID: ext}, make(chan *componentstatus.Event, 100)}
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, exp.Start(t.Context(), component.Host(h)))
	value := func(name string) float64 { return metricValue(t, telemetry, name) }
	assert.InDelta(t, 1, value("otelcol_exporter_alert24_api_up"), 0)

	id, err := box.AddFault(sandbox.Fault{Status: http.StatusForbidden})
	require.NoError(t, err)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	failed := <-h.events
	assert.Equal(t, componentstatus.StatusRecoverableError, failed.Status())
	require.ErrorContains(t, failed.Err(), "check the scopes of the API key")
	assert.Zero(t, value("otelcol_exporter_alert24_api_up"))

	box.RemoveFault(id)
	assert.Equal(t, componentstatus.StatusOK, (<-h.events).Status(), "each change is reported once")
	require.Eventually(t, func() bool { return value("otelcol_exporter_alert24_open_incidents") == 1 }, soon, statsAge/4)
	assert.Empty(t, h.events)

	require.Error(t, exp.ConsumeLogs(t.Context(), logs(map[string]string{"no": "alias"})))
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	for name, want := range map[string]float64{
		"aliases": 1, "live_aliases": 1, "open_incidents": 1, "pending_aliases": 0, "oldest_pending_age": 0, "held_aliases": 0,
		"parked_aliases": 0, "doubtful_aliases": 0, "api_up": 1, "storage_up": 1, "incidents": 1, "refused_records": 1, "events": 2,
		"write_delay": 1, "open_delay": 1, "ledger_write_duration": 2, "dry_run": 0,
	} {
		assert.InDelta(t, want, value("otelcol_exporter_alert24_"+name), 0, name)
	}
	assert.Positive(t, value("otelcol_exporter_alert24_ledger_size"))
	assert.Positive(t, value("otelcol_exporter_alert24_ledger_load_duration"))
	assert.Greater(t, value("otelcol_exporter_alert24_requests"), 1.0)

	resolved := alertAttributes("resolved")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(resolved)))
	require.Eventually(t, func() bool { return len(box.Open(resolved[attrs.Alias])) == 0 }, soon, tick)
	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}

// Optional metrics are off by default, and then cost nothing.
func TestFewMetricsByDefault(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	telemetry, set := measured(t)
	exp, err := NewFactory().CreateLogs(t.Context(), set, configOf(box))
	require.NoError(t, err)
	require.NoError(t, exp.Start(t.Context(), host{}))
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	require.Eventually(t, func() bool {
		return metricValue(t, telemetry, "otelcol_exporter_alert24_open_incidents") == 1
	}, soon, statsAge/4)

	var all metricdata.ResourceMetrics
	require.NoError(t, telemetry.Reader.Collect(t.Context(), &all))
	var names []string
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if name, ours := strings.CutPrefix(m.Name, "otelcol_exporter_alert24_"); ours && name != "orphans" { // there after an audit
				names = append(names, name)
			}
		}
	}
	assert.ElementsMatch(t, []string{
		"api_up", "blocked_aliases", "dry_run", "events", "incidents", "live_aliases", "oldest_pending_age", "open_incidents",
		"parked_aliases", "pending_aliases", "requests", "storage_up", "write_delay",
	}, names)
	require.NoError(t, exp.Shutdown(t.Context()))
}

// metricValue sums the data points of a metric; a histogram's points count 1 each.
func metricValue(t *testing.T, telemetry *componenttest.Telemetry, name string) float64 {
	t.Helper()
	m, err := telemetry.GetMetric(name)
	require.NoError(t, err)
	var sum float64
	switch data := m.Data.(type) {
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			sum += float64(p.Value)
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			sum += p.Value
		}
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			sum += float64(p.Value)
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			sum += float64(p.Count)
		}
	default:
		t.Fatalf("%s is a %T", name, m.Data)
	}
	return sum
}

// The clock can be set back while a change waits.
func TestPendingAge(t *testing.T) {
	now := time.Now()
	assert.Zero(t, pendingAge(time.Time{}, now))
	assert.Equal(t, time.Minute, pendingAge(now.Add(-time.Minute), now))
	assert.Zero(t, pendingAge(now.Add(time.Hour), now))
}
