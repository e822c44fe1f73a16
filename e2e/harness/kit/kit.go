// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// WriteFile writes a file that is removed after the test, and returns its path.
func WriteFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "example.yml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// Tool runs amtool or promtool, and returns whether it succeeded and its output.
func Tool(ctx context.Context, t *testing.T, binary string, args ...string) (ok bool, printed string) {
	t.Helper()
	code, printed := run(t, exec.CommandContext(ctx, binary, args...))
	return code == 0, printed
}

// Limit bounds each wait. Alertmanager's timers take seconds; the rest is for a busy machine.
const Limit = 30 * time.Second

// Binaries finds the programs that a test runs. Without the environment of `make test-e2e` it skips the test, and with it never.
func Binaries(t *testing.T, need ...string) harness.Binaries {
	t.Helper()
	found, err := harness.BinariesFromEnv(need...)
	if err != nil && os.Getenv("ALERT24_E2E") == "" {
		t.Skipf("run `make test-e2e`: %v", err)
	}
	require.NoError(t, err)
	return found
}

// Root returns a path inside the project.
func Root(t *testing.T, elements ...string) string {
	t.Helper()
	dir, err := harness.Root()
	require.NoError(t, err)
	return filepath.Join(append([]string{dir}, elements...)...)
}

// Markdown lists the project's Markdown files.
func Markdown(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(Root(t)), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "build" || name == "testdata") {
			return fs.SkipDir
		}
		if filepath.Ext(name) == ".md" {
			files = append(files, path)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// Eventually waits until probe returns nil.
func Eventually(t *testing.T, probe func(context.Context) error) {
	t.Helper()
	require.NoError(t, harness.Await(t.Context(), Limit, probe))
}

// RunCollector runs a subcommand of the binary with its own environment, and returns its exit code and output.
func RunCollector(t *testing.T, env []string, args ...string) (code int, printed string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), Binaries(t, harness.CollectorEnv).Collector, args...)
	command.Env = env
	return run(t, command)
}

// run runs a program, and returns its exit code and output.
func run(t *testing.T, command *exec.Cmd) (code int, printed string) {
	t.Helper()
	out, err := command.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(out)
	}
	require.NoError(t, err)
	return 0, string(out)
}
