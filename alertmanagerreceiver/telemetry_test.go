// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
)

// Optional metrics are off by default.
func TestFewMetricsByDefault(t *testing.T) {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	cfg := defaultConfig()
	cfg.Limits.ValueBytes = minValueBytes
	h, err := newHandler(set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	// The sender and the limit cut this webhook, and one of its alerts cannot be used.
	post(h, strings.NewReader(`{"alerts":[{"status":"firing","annotations":{"a":"`+strings.Repeat("x", 100)+`"}},{"status":"new"}],"truncatedAlerts":5}`))

	var all metricdata.ResourceMetrics
	require.NoError(t, tel.Reader.Collect(t.Context(), &all))
	var names []string
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if name, ours := strings.CutPrefix(m.Name, "otelcol_receiver_alertmanager_"); ours {
				names = append(names, name)
			}
		}
	}
	assert.ElementsMatch(t, []string{"skipped_alerts", "truncated_webhooks", "webhooks"}, names)
}

// Of two receivers, neither hides that the other refuses webhooks, or that its list is incomplete.
func TestEachReceiverHasItsOwnMetrics(t *testing.T) {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	cfg := defaultConfig()
	cfg.Sync.Endpoints = []string{"http://a:9093"}
	for _, name := range []string{"eu", ""} {
		set := receivertest.NewNopSettings(metadata.Type)
		set.ID, set.TelemetrySettings = component.NewIDWithName(metadata.Type, name), tel.NewTelemetrySettings()
		h, err := newHandler(set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, post(h, strings.NewReader(good)).Code)
		h.poller.finish(t.Context(), &round{began: time.Now(), complete: name == ""})
	}
	of := func(id string, n int64, more ...attribute.KeyValue) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(append(more, attribute.String("receiver", id))...)}
	}
	assertMetric(t, tel, "sync_complete",
		metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{of("alertmanager/eu", 0), of("alertmanager", 1)}})
	accepted := attribute.Int("http.response.status_code", http.StatusOK)
	assertMetric(t, tel, "webhooks", sumOf(of("alertmanager/eu", 1, accepted), of("alertmanager", 1, accepted)))
}

// sumOf returns the data of a counter.
func sumOf(points ...metricdata.DataPoint[int64]) metricdata.Sum[int64] {
	return metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: points}
}

// assertMetric checks the data of one of the receiver's own metrics.
func assertMetric(t *testing.T, tel *componenttest.Telemetry, name string, want metricdata.Aggregation) {
	t.Helper()
	m, err := tel.GetMetric("otelcol_receiver_alertmanager_" + name)
	require.NoError(t, err)
	metricdatatest.AssertAggregationsEqual(t, want, m.Data, metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
}

// Strangers cannot fill the metrics of the server with values of their own.
func TestStrangersMakeNoMetrics(t *testing.T) {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	r := started(t, set, localConfig(), componenttest.NewNopHost(), consumertest.NewNop())
	for _, host := range []string{"a.example", "b.example:81", "c"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.listener.Addr().String()+"/"+host, http.NoBody)
		require.NoError(t, err)
		request.Host = host
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
	}
	m, err := tel.GetMetric("http.server.request.duration")
	require.NoError(t, err)
	assert.Len(t, m.Data.(metricdata.Histogram[float64]).DataPoints, 1)
}
