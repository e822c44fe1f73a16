// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"
	zapobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

func TestDryRunLogsEveryCallAndSendsNone(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	dir := t.TempDir()
	core, logged := zapobserver.New(zap.InfoLevel)
	telemetry, set := measured(t)
	set.ID = component.NewID(metadata.Type)
	set.Logger = zap.New(core)
	cfg := createDefaultConfig().(*Config)
	cfg.ClientConfig.Endpoint = box.Endpoint
	cfg.APIKey = "ak_live_secret"
	cfg.Storage = &storageID
	cfg.DryRun = true
	ext := fileStorage(t, dir)
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, exp.Start(t.Context(), host{storageID: ext}))
	assert.Equal(t, 1, logged.FilterMessageSnippet("This is a dry run").Len())
	assert.InDelta(t, 1, metricValue(t, telemetry, "otelcol_exporter_alert24_dry_run"), 0)

	calls := func() []zapobserver.LoggedEntry { return logged.FilterMessage("Dry run: not sent").All() }
	for i, status := range []string{"firing", "resolved"} {
		require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes(status))))
		require.Eventually(t, func() bool { return len(calls()) == i+1 }, soon, tick)
	}
	create, resolve := calls()[0].ContextMap(), calls()[1].ContextMap()
	assert.Equal(t, "POST", create["method"])
	assert.Equal(t, "/incidents", create["path"])
	assert.Contains(t, create["body"], `"alias":"HighErrorRate:api-01.prod"`)
	assert.Equal(t, "PUT", resolve["method"])
	assert.Equal(t, "/incidents/dry-run-1", resolve["path"])
	assert.Contains(t, resolve["body"], `"status":"resolved"`)
	for message, reason := range map[string]string{
		"Incident opened": "an alert fires and no open incident is known", "Incident closed": "no alert fires any more",
	} {
		require.Eventually(t, func() bool { return logged.FilterMessage(message).Len() == 1 }, soon, tick)
		why := logged.FilterMessage(message).All()[0].ContextMap()
		assert.Equal(t, "HighErrorRate:api-01.prod", why["alias"])
		assert.Equal(t, reason, why["reason"])
	}
	for _, entry := range logged.All() {
		assert.NotContains(t, fmt.Sprint(entry.ContextMap()), "ak_live_secret")
	}
	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
	assert.Empty(t, box.Requests())

	// Without the dry run, the exporter starts with an empty ledger: the resolve has an unknown alias.
	exp, stop := start(t, box, dir, nil)
	defer stop()
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	require.Eventually(t, func() bool { return len(box.Open("HighErrorRate:api-01.prod")) == 1 }, soon, tick)
}
