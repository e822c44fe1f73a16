// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/watchdog"
)

// benchmarkRecord is the receiver's record for the i-th alert of a service with many labels.
func benchmarkRecord(record plog.LogRecord, i int, text string) {
	host := fmt.Sprintf("api-%d.prod:9090", i)
	m := record.Attributes()
	for _, pair := range [][2]string{
		{attrs.Alias, "HighErrorRate:" + host},
		{attrs.AlertName, "HighErrorRate"},
		{attrs.AlertStatus, attrs.StatusFiring},
		{attrs.AlertFingerprint, fmt.Sprintf("%016x", i)},
		{attrs.AlertStartsAt, "2026-11-23T20:37:15.725Z"},
		{attrs.AlertGeneratorURL, "http://prometheus.example.com:9090/graph?g0.expr=up&g0.tab=1"},
		{attrs.AlertLabelPrefix + "alertname", "HighErrorRate"},
		{attrs.AlertLabelPrefix + "cluster", "prod-eu-west-1"},
		{attrs.AlertLabelPrefix + "container", "api"},
		{attrs.AlertLabelPrefix + "instance", host},
		{attrs.AlertLabelPrefix + "job", "api-service"},
		{attrs.AlertLabelPrefix + "namespace", "payments"},
		{attrs.AlertLabelPrefix + "pod", fmt.Sprintf("api-service-7d4b9c6f5-%d", i)},
		{attrs.AlertLabelPrefix + "prometheus", "monitoring/k8s"},
		{attrs.AlertLabelPrefix + "severity", "critical"},
		{attrs.AlertLabelPrefix + "team", "backend"},
		{attrs.AlertAnnotationPrefix + "description", text},
		{attrs.AlertAnnotationPrefix + "runbook_url", "https://wiki.example.com/runbooks/high-error-rate"},
		{attrs.AlertAnnotationPrefix + "summary", "High error rate on " + host},
		{attrs.Epoch, "0123456789abcdef"},
	} {
		m.PutStr(pair[0], pair[1])
	}
	record.SetObservedTimestamp(pcommon.NewTimestampFromTime(time.Unix(1_800_000_000, 0)))
}

func benchmarkRenderer(tb testing.TB) *incident.Renderer {
	tb.Helper()
	r, err := incident.NewRenderer(incident.DefaultConfig())
	require.NoError(tb, err)
	return r
}

func BenchmarkEvent(b *testing.B) {
	r := benchmarkRenderer(b)
	logs := plog.NewLogs()
	benchmarkRecord(logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty(), 1, "Error rate is 5 % on api-1.prod.")
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = event.Read(logs, rules{r, &watchdog.Rules{}})
	}
}

func testLedgerConfig(tb testing.TB, aliases int, now func() time.Time) ledger.Config {
	tb.Helper()
	return ledger.Config{
		Policy: &protocol.Policy{ClosedRetention: time.Hour, Members: 100}, Render: benchmarkRenderer(tb).Render, Aliases: aliases, Now: now,
	}
}

// benchmarkEvents returns the firings numbered from (inclusive) to (exclusive); value changes their text.
func benchmarkEvents(tb testing.TB, from, to, value int) []protocol.Event {
	tb.Helper()
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for i := from; i < to; i++ {
		benchmarkRecord(records.AppendEmpty(), i, fmt.Sprintf("Error rate is %d %%.", value))
	}
	events, _, bad := event.Read(logs, rules{benchmarkRenderer(tb), &watchdog.Rules{}})
	require.NoError(tb, bad.First)
	return events
}

func ledgerStorage(tb testing.TB, dir string, fsync bool) storage.Client {
	tb.Helper()
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory, cfg.FSync = dir, fsync
	ext, err := factory.Create(tb.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(tb, err)
	require.NoError(tb, ext.Start(tb.Context(), componenttest.NewNopHost()))
	tb.Cleanup(func() { require.NoError(tb, ext.Shutdown(context.WithoutCancel(tb.Context()))) })
	client, err := ext.(storage.Extension).GetClient(tb.Context(), component.KindExporter, component.MustNewID("alert24"), "ledger")
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, client.Close(context.WithoutCancel(tb.Context()))) })
	return client
}
