// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// Timers of the collector in these tests.
const (
	SettleTime = time.Second
	Late       = SettleTime / 2 // after the client gave up or died
	Hold       = 3 * time.Second
)

// Quick returns settings that make the collector's timers short.
func Quick() []string {
	return []string{
		"exporters.alert24.timeout=5s",
		"exporters.alert24.limits.requests_per_second=0",
		"exporters.alert24.lifecycle.settle_time=" + SettleTime.String(),
		"exporters.alert24.retry_on_failure.initial_interval=50ms",
		"exporters.alert24.retry_on_failure.max_interval=500ms",
		"exporters.alert24.echo.hold=" + Hold.String(),
		"exporters.alert24.echo.window=1m",
		"receivers.alertmanager.shutdown_timeout=1s",
	}
}

// World is the environment of a test's collector.
type World struct {
	// Switches change the sandbox. With nil it behaves as the API's tracker describes.
	Switches func(*sandbox.Switches)
	// Faults apply from the start.
	Faults []sandbox.Fault
	// Set overrides keys of the configuration, Args are further flags.
	Set, Args []string
	// Dir holds the storage; empty means a folder of the test.
	Dir string
}

// Start runs a collector and a sandbox without an Alertmanager, until the test ends. If the test fails, it shows the log.
func Start(t *testing.T, w World) (*harness.Sandbox, *harness.Collector) {
	t.Helper()
	found := Binaries(t, harness.CollectorEnv)
	s := harness.StartSandbox(func(o *sandbox.Options) { o.Switches = w.Switches })
	t.Cleanup(s.Close)
	require.NoError(t, s.SetFaults(w.Faults))
	return s, StartOn(t, s, found, w)
}

// StartOn runs a collector for an existing sandbox, until the test ends.
func StartOn(t *testing.T, s *harness.Sandbox, found harness.Binaries, w World) *harness.Collector {
	t.Helper()
	if w.Dir == "" {
		w.Dir = t.TempDir()
	}
	c, err := harness.StartCollector(t.Context(), harness.CollectorOptions{
		Binary: found.Collector, Endpoint: s.Endpoint, APIKey: s.Key, Dir: w.Dir, Set: w.Set, Args: w.Args,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, c.Stop())
		if t.Failed() {
			t.Logf("collector:\n%s", c.Tail())
		}
	})
	return c
}

// StartCollector is Start with only settings.
func StartCollector(t *testing.T, set ...string) (*harness.Sandbox, *harness.Collector) {
	t.Helper()
	return Start(t, World{Set: set})
}

// EachReading runs a test with each of the possible effects of a create on the open incident of its alias. Delivery must work with all.
func EachReading(t *testing.T, test func(t *testing.T, switches func(*sandbox.Switches))) {
	t.Helper()
	for name, switches := range map[string]func(*sandbox.Switches){"left unchanged": nil, "merged": sandbox.Merging} {
		t.Run(name, func(t *testing.T) { test(t, switches) })
	}
}

// StartBridge runs Alertmanager, collector and sandbox until the test ends. If the test fails, it shows the logs.
func StartBridge(t *testing.T, set ...string) *harness.Bridge {
	t.Helper()
	return StartBridgeIn(t, nil, set...)
}

// StartBridgeIn is StartBridge with switches for the sandbox.
func StartBridgeIn(t *testing.T, switches func(*sandbox.Switches), set ...string) *harness.Bridge {
	t.Helper()
	found := Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	bridge, err := harness.StartBridge(t.Context(), found, t.TempDir(), switches, set...)
	t.Cleanup(func() {
		assert.NoError(t, bridge.Close())
		if t.Failed() && err == nil {
			t.Logf("collector:\n%s\nalertmanager:\n%s", bridge.Collector.Tail(), bridge.Alertmanager.Tail())
		}
	})
	require.NoError(t, err)
	return bridge
}
