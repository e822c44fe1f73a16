// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func read(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{"..", "..", ".."}, path...)...))
	require.NoError(t, err)
	return string(content)
}

// The version is one, wherever it is written.
func TestVersions(t *testing.T) {
	found := regexp.MustCompile(`(?m)^ {2}version: (\S+)`).FindStringSubmatch(read(t, "builder-config.yaml"))
	require.NotNil(t, found)
	version := found[1]
	chart := read(t, "deploy", "helm", "otelcol-alert24", "Chart.yaml")
	assert.Contains(t, chart, "\nversion: "+version+"\n")
	assert.Contains(t, chart, "\nappVersion: "+version+"\n")
	assert.Contains(t, read(t, "CHANGELOG.md"), "\n## ["+version+"] - ")
	for _, page := range []string{"install.md", "quickstart-vm.md"} {
		assert.NotContains(t, read(t, "docs", page), "otelcol-alert24_"+version, "a build between releases has a longer version")
	}
}

// Workflows call nothing but the Makefile, so that everybody can run what they run.
func TestWorkflowsCallTheMakefile(t *testing.T) {
	targets := read(t, "Makefile") + read(t, "deploy", "deploy.mk")
	steps := 0
	for _, workflow := range []string{"test.yml", "release.yml"} {
		for line := range strings.Lines(read(t, ".github", "workflows", workflow)) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "- run: ")
			if !ok {
				continue
			}
			steps++
			command = strings.TrimPrefix(command, `sudo -E env "PATH=$PATH" ALERT24_MACHINE=required `)
			target, ok := strings.CutPrefix(command, "make ")
			require.True(t, ok, command)
			assert.Contains(t, targets, "\n"+target+":", "the Makefile has no target %s", target)
		}
	}
	assert.Positive(t, steps)
}

func TestWrongCommands(t *testing.T) {
	for _, args := range [][]string{nil, {"bake"}, {"packages", "-unknown"}} {
		require.Error(t, run(args))
	}
	err := run([]string{"packages", "-bin", t.TempDir(), "-out", t.TempDir()})
	require.ErrorContains(t, err, filepath.Join("linux_amd64", "otelcol-alert24"))
}
