// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds each wait. Alertmanager's timers are seconds; the rest is room for a busy machine.
const limit = 30 * time.Second

// binaries finds what a test runs. Without the environment of `make test-e2e` the test is skipped, and with it never.
func binaries(t *testing.T, need ...string) harness.Binaries {
	t.Helper()
	found, err := harness.BinariesFromEnv(need...)
	if err != nil && os.Getenv("ALERT24_E2E") == "" {
		t.Skipf("run `make test-e2e`: %v", err)
	}
	require.NoError(t, err)
	return found
}

// root is a path inside the project.
func root(t *testing.T, elements ...string) string {
	t.Helper()
	dir, err := harness.Root()
	require.NoError(t, err)
	return filepath.Join(append([]string{dir}, elements...)...)
}

// startBridge runs Alertmanager, collector and sandbox until the test ends. A failed test shows the logs.
func startBridge(t *testing.T, set ...string) *harness.Bridge {
	t.Helper()
	found := binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	bridge, err := harness.StartBridge(t.Context(), found, t.TempDir(), set...)
	t.Cleanup(func() {
		assert.NoError(t, bridge.Close())
		if t.Failed() && err == nil {
			t.Logf("collector:\n%s\nalertmanager:\n%s", bridge.Collector.Tail(), bridge.Alertmanager.Tail())
		}
	})
	require.NoError(t, err)
	return bridge
}

// eventually waits until probe returns nil.
func eventually(t *testing.T, probe func(context.Context) error) {
	t.Helper()
	require.NoError(t, harness.Await(t.Context(), limit, probe))
}

// collector runs a subcommand of the binary with an environment of its own and returns its exit code and what it printed.
func collector(t *testing.T, env []string, args ...string) (code int, printed string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binaries(t, harness.CollectorEnv).Collector, args...)
	command.Env = env
	out, err := command.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(out)
	}
	require.NoError(t, err)
	return 0, string(out)
}
