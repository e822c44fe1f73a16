// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package rendercmd

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden outputs anew")

const (
	webhooksDir   = "../../../testdata/webhooks"
	defaultConfig = "../../../collector-config.yaml"
	richConfig    = "testdata/rich.yaml"
)

// TestGolden renders every webhook of testdata/webhooks, one file for each sender. It uses the deployed configuration, and one with
// an example of every setting. Run it with -update to write the outputs again.
func TestGolden(t *testing.T) {
	withoutEnvironment(t)
	senders, err := filepath.Glob(filepath.Join(webhooksDir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, senders)
	for _, sender := range senders {
		webhooks, err := filepath.Glob(filepath.Join(sender, "*.json"))
		require.NoError(t, err)
		for name, config := range map[string]string{"default": defaultConfig, "rich": richConfig} {
			file := filepath.Join(name, filepath.Base(sender)+".txt")
			t.Run(file, func(t *testing.T) {
				golden(t, file, append([]string{"--config", config}, webhooks...)...)
			})
		}
	}
}

func TestGoldenForms(t *testing.T) {
	withoutEnvironment(t)
	grouped := filepath.Join(webhooksDir, "alertmanager-0.31.1", "006-grouped.json")
	for file, args := range map[string][]string{
		"body.txt":  {"--config", richConfig, "--body", grouped},
		"body.json": {"--config", richConfig, "--output", "json", grouped},
		"help.txt":  {"--help"},
	} {
		t.Run(file, func(t *testing.T) { golden(t, file, args...) })
	}
}

func golden(t *testing.T, name string, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), args, strings.NewReader(""), &stdout, &stderr), stderr.String())
	assert.Empty(t, stderr.String())
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, stdout.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update")
	assert.Equal(t, string(want), stdout.String())
}

// withoutEnvironment removes the variables that the configurations read. No API key is needed.
func withoutEnvironment(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "ALERT24_") {
			t.Setenv(name, "") // restores its value at the end
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

// TestExampleOfTheDocumentation: readers see the same output as docs/incidents.md shows.
func TestExampleOfTheDocumentation(t *testing.T) {
	withoutEnvironment(t)
	t.Chdir("../../..")
	doc, err := os.ReadFile("docs/incidents.md")
	require.NoError(t, err)
	const command = "build/alert24tool render --config collector-config.yaml testdata/webhooks/alertmanager-0.31.1/001-per-instance.json\n"
	require.Contains(t, string(doc), command)
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), strings.Fields(command)[2:], strings.NewReader(""), &stdout, &stderr), stderr.String())
	assert.Contains(t, string(doc), "```text\n"+stdout.String()+"```\n")
}
