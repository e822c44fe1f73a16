// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// The collector crashes with an incident open, and the alert resolves while the collector is down.
func TestCrashWithAnIncidentOpen(t *testing.T) { kit.EachReading(t, testCrashWhileOpen) }

func testCrashWhileOpen(t *testing.T, switches func(*sandbox.Switches)) {
	t.Helper()
	bridge := kit.StartBridgeIn(t, switches)
	alert := kit.HighErrorRate()
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	opened := kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen)
	kit.Notified(t, bridge.Alertmanager, 1)

	bridge.Collector.Kill()
	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	require.NoError(t, bridge.Collector.Start(t.Context()))

	resolved := kit.OnlyIncident(t, bridge.Sandbox, kit.IsResolved)
	assert.Equal(t, opened.ID, resolved.ID)
	assert.Equal(t, alert.EndsAt, resolved.ResolvedAt.UTC())
}

// A webhook answered with 200 survives a crash, even while the API is down.
func TestCrashBeforeTheAPIAnswered(t *testing.T) { kit.EachReading(t, testCrashBeforeAnswer) }

func testCrashBeforeAnswer(t *testing.T, switches func(*sandbox.Switches)) {
	t.Helper()
	bridge := kit.StartBridgeIn(t, switches)
	fault, err := bridge.Sandbox.AddFault(sandbox.Fault{Status: 503})
	require.NoError(t, err)
	require.Equal(t, 200, kit.Post(t, bridge.Collector, harness.WebhookToken, kit.Firing("api-01.prod", "critical")))
	bridge.Collector.Kill()
	require.Empty(t, bridge.Sandbox.Incidents())

	require.True(t, bridge.Sandbox.RemoveFault(fault))
	require.NoError(t, bridge.Collector.Start(t.Context()))
	assert.Equal(t, kit.Alias, kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen).Alias)
}

func TestStopIsClean(t *testing.T) {
	bridge := kit.StartBridge(t)
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), kit.HighErrorRate()))
	kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen)
	require.NoError(t, bridge.Alertmanager.Stop())
	require.NoError(t, bridge.Collector.Stop())
	assert.Contains(t, bridge.Collector.Log(), "Shutdown complete")
	assert.NotContains(t, bridge.Collector.Log(), bridge.Sandbox.Key)
	assert.NotContains(t, bridge.Collector.Log(), harness.WebhookToken)
}
