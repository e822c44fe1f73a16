// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/reconcile"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

const (
	soon = time.Minute // longer than the delays of a loaded machine
	tick = 5 * time.Millisecond
)

var storageID = component.MustNewID("file_storage")

// host has the extensions of a test.
type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

// fileStorage starts the real storage extension on dir.
func fileStorage(t *testing.T, dir string) extension.Extension {
	t.Helper()
	f := filestorage.NewFactory()
	cfg := f.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = dir
	set := extensiontest.NewNopSettings(f.Type())
	set.ID = storageID
	ext, err := f.Create(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	return ext
}

// configOf is the default configuration with the API of box.
func configOf(box *sandboxtest.Sandbox) *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.ClientConfig.Endpoint = box.Endpoint
	cfg.APIKey = "ak_live_demodemodemodemodemodemodemodemo"
	return cfg
}

// measured returns settings whose metrics can be read until the test ends.
func measured(t *testing.T) (*componenttest.Telemetry, exporter.Settings) {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) })
	set := exportertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	return telemetry, set
}

// start runs an exporter on dir (empty: in memory) until stop is called.
func start(t *testing.T, box *sandboxtest.Sandbox, dir string, change func(*Config)) (exp exporter.Logs, stop func()) {
	t.Helper()
	return startOn(t, host{}, box, dir, change)
}

// startOn is start on a host with more extensions.
func startOn(t *testing.T, h host, box *sandboxtest.Sandbox, dir string, change func(*Config)) (exp exporter.Logs, stop func()) {
	t.Helper()
	cfg := configOf(box)
	cfg.RetryConfig.InitialInterval = 10 * time.Millisecond
	cfg.RetryConfig.MaxInterval = 50 * time.Millisecond
	if dir != "" {
		h[storageID] = fileStorage(t, dir)
		cfg.Storage = &storageID
	}
	if change != nil {
		change(cfg)
	}
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, exp.Start(t.Context(), h))
	return exp, func() {
		require.NoError(t, exp.Shutdown(t.Context()))
		for _, ext := range h {
			require.NoError(t, ext.Shutdown(t.Context()))
		}
	}
}

// logs is one record with these attributes.
func logs(attributes map[string]string) plog.Logs {
	ld := plog.NewLogs()
	addRecord(ld, attributes)
	return ld
}

func addRecord(ld plog.Logs, attributes map[string]string) {
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr(attrs.ExternalURL, "https://alertmanager.example.com")
	r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	for name, value := range attributes {
		r.Attributes().PutStr(name, value)
	}
}

func alertAttributes(status string) map[string]string {
	return map[string]string{
		attrs.Alias:                                   "HighErrorRate:api-01.prod",
		attrs.AlertStatus:                             status,
		attrs.AlertName:                               "HighErrorRate",
		attrs.AlertFingerprint:                        "c8fda2fa2aa6632a",
		attrs.AlertStartsAt:                           time.Now().Add(-time.Minute).Format(time.RFC3339Nano),
		attrs.AlertLabelPrefix + "alertname":          "HighErrorRate",
		attrs.AlertLabelPrefix + "severity":           "warning",
		attrs.AlertAnnotationPrefix + "summary":       "High error rate on api-01.prod",
		attrs.AlertAnnotationPrefix + "description":   "Error rate is 8.3%",
		attrs.AlertAnnotationPrefix + "runbook_url":   "https://wiki.example.com/runbooks/high-error-rate",
		attrs.AlertAnnotationPrefix + "dashboard_url": "javascript:alert(1)",
	}
}

// unstarted returns an exporter whose terms can begin, although it has not been started.
func unstarted(t *testing.T, cfg *Config) *alert24Exporter {
	t.Helper()
	e, err := newExporter(exportertest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	t.Cleanup(e.telemetry.shutdown)
	e.gate = reconcile.NewGate(0, 1, e.telemetry.waited)
	return e
}

// taker returns a function that hands records to a term.
func taker(t *testing.T, to *term) (take func(ld plog.Logs)) {
	t.Helper()
	return func(ld plog.Logs) {
		t.Helper()
		events, snapshots, bad := event.Read(ld, to.exporter.rules)
		require.Zero(t, bad.Count)
		asked(snapshots, time.Now())
		require.NoError(t, to.accept(t.Context(), events, snapshots))
	}
}
