// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
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
	assert.Zero(t, value("otelcol_exporter_alert24_refused_records"), "a rule sees the first event only if the counter starts at 0")
	requests, err := telemetry.GetMetric("otelcol_exporter_alert24_requests")
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(points(t, requests), func(p point) bool {
		result, _ := p.of.Value("result")
		return result.AsString() == "denied" && p.value == 0
	}), "the same")

	id, err := box.AddFault(sandbox.Fault{Status: http.StatusForbidden})
	require.NoError(t, err)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	failed := <-h.events
	assert.Equal(t, componentstatus.StatusRecoverableError, failed.Status())
	require.ErrorContains(t, failed.Err(), "check the scopes of the API key")
	assert.Zero(t, value("otelcol_exporter_alert24_api_up"))

	box.RemoveFault(id)
	assert.Equal(t, componentstatus.StatusOK, (<-h.events).Status(), "each change is reported once")
	counts(t, telemetry, 1)
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
	counts(t, telemetry, 1)

	var names []string
	for _, m := range ourMetrics(t, telemetry) {
		if name := strings.TrimPrefix(m.Name, ourPrefix); name != "orphans" { // there after an audit
			names = append(names, name)
		}
	}
	assert.ElementsMatch(t, []string{
		"api_up", "blocked_aliases", "dry_run", "events", "incidents", "live_aliases", "oldest_pending_age", "open_incidents",
		"parked_aliases", "pending_aliases", "refused_records", "requests", "storage_up", "write_delay",
	}, names)
	require.NoError(t, exp.Shutdown(t.Context()))
}

// The metrics of two exporters in one collector stay apart.
func TestEachExporterHasItsOwnMetrics(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	telemetry, set := measured(t)
	alerts := map[string]int{"alert24/eu": 1, "alert24/us": 2}
	for _, id := range slices.Sorted(maps.Keys(alerts)) {
		require.NoError(t, set.ID.UnmarshalText([]byte(id)))
		cfg := configOf(box)
		cfg.DryRun, cfg.Telemetry.OptionalMetrics = id == "alert24/us", true
		exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
		require.NoError(t, err)
		require.NoError(t, exp.Start(t.Context(), host{}))
		t.Cleanup(func() { require.NoError(t, exp.Shutdown(context.WithoutCancel(t.Context()))) })
		for range alerts[id] {
			alert := alertAttributes("firing")
			alert[attrs.Alias] = rand.Text()
			require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alert)))
		}
	}
	counts(t, telemetry, 3)

	got := map[string]map[string]float64{}
	for _, m := range ourMetrics(t, telemetry) {
		for _, p := range points(t, m) {
			id, named := p.of.Value("exporter")
			require.True(t, named, m.Name)
			if got[id.AsString()] == nil {
				got[id.AsString()] = map[string]float64{}
			}
			got[id.AsString()][strings.TrimPrefix(m.Name, ourPrefix)] += p.value
		}
	}
	for id, n := range alerts {
		for _, name := range []string{"aliases", "live_aliases", "open_incidents", "events", "incidents", "write_delay", "ledger_write_duration"} {
			assert.InDelta(t, n, got[id][name], 0, "%s of %s", name, id)
		}
	}
	assert.InDelta(t, 0, got["alert24/eu"]["dry_run"], 0)
	assert.InDelta(t, 1, got["alert24/us"]["dry_run"], 0)
	assert.Len(t, got, len(alerts))
}

const ourPrefix = "otelcol_exporter_alert24_"

// counts waits until n incidents are open, and all metrics say so. The ledger, whose content the gauges show, learns of an incident first.
// The counter of incidents is the last.
func counts(t *testing.T, telemetry *componenttest.Telemetry, n float64) {
	t.Helper()
	counted := func() bool { // before the first incident, there is no counter
		_, err := telemetry.GetMetric(ourPrefix + "incidents")
		return err == nil && metricValue(t, telemetry, ourPrefix+"incidents") == n
	}
	require.Eventually(t, func() bool { return counted() && metricValue(t, telemetry, ourPrefix+"open_incidents") == n }, soon, statsAge/4)
}

// ourMetrics are the exporter's own metrics.
func ourMetrics(t *testing.T, telemetry *componenttest.Telemetry) (ours []metricdata.Metrics) {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, telemetry.Reader.Collect(t.Context(), &all))
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if strings.HasPrefix(m.Name, ourPrefix) {
				ours = append(ours, m)
			}
		}
	}
	return ours
}

// metricValue sums the data points of a metric.
func metricValue(t *testing.T, telemetry *componenttest.Telemetry, name string) (sum float64) {
	t.Helper()
	m, err := telemetry.GetMetric(name)
	require.NoError(t, err)
	for _, p := range points(t, m) {
		sum += p.value
	}
	return sum
}

// point is a data point. The value of a histogram is its count.
type point struct {
	of    attribute.Set
	value float64
}

func points(t *testing.T, m metricdata.Metrics) (all []point) {
	t.Helper()
	switch data := m.Data.(type) {
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			all = append(all, point{p.Attributes, float64(p.Value)})
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			all = append(all, point{p.Attributes, p.Value})
		}
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			all = append(all, point{p.Attributes, float64(p.Value)})
		}
	case metricdata.Sum[float64]:
		for _, p := range data.DataPoints {
			all = append(all, point{p.Attributes, p.Value})
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			all = append(all, point{p.Attributes, float64(p.Count)})
		}
	default:
		t.Fatalf("%s is a %T", m.Name, m.Data)
	}
	return all
}

// The clock can be set back while a change waits.
func TestPendingAge(t *testing.T) {
	now := time.Now()
	assert.Zero(t, pendingAge(time.Time{}, now))
	assert.Equal(t, time.Minute, pendingAge(now.Add(-time.Minute), now))
	assert.Zero(t, pendingAge(now.Add(time.Hour), now))
}
