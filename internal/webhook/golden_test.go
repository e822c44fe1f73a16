// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/plogtest"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden logs anew")

const (
	webhooksDir = "../../testdata/webhooks"
	logsDir     = "../../testdata/logs"
)

// TestGolden converts every webhook of testdata/webhooks, recorded or written from a sender's documentation, and compares the result
// with testdata/logs. With -update it writes those files anew.
func TestGolden(t *testing.T) {
	files := webhookFiles(t)
	for _, file := range files {
		name, err := filepath.Rel(webhooksDir, file)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) {
			got := convert(t, testOptions(), readFile(t, file))
			want := filepath.Join(logsDir, strings.TrimSuffix(name, ".json")+".yaml")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(want), 0o755))
				require.NoError(t, golden.WriteLogsToFile(want, got))
			}
			expected, err := golden.ReadLogs(want)
			require.NoError(t, err)
			require.NoError(t, plogtest.CompareLogs(expected, got))
		})
	}
}

// TestNoGoldenIsLeftOver: golden logs without a webhook look like proof but prove nothing.
func TestNoGoldenIsLeftOver(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(logsDir, "*", "*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, len(webhookFiles(t)))
}

// TestFingerprintsOfAlertmanager: if a sender gives no fingerprint, ours is the one that Alertmanager would have sent.
func TestFingerprintsOfAlertmanager(t *testing.T) {
	compared := 0
	for _, file := range webhookFiles(t) {
		sender := filepath.Base(filepath.Dir(file))
		if !strings.HasPrefix(sender, "alertmanager-") {
			continue
		}
		for _, a := range decode(t, readFile(t, file)).Alerts {
			require.Equal(t, a.Fingerprint, a.Labels.Fingerprint(), file)
			compared++
		}
	}
	require.Greater(t, compared, 20)
}

func webhookFiles(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(webhooksDir, "*", "*.json"))
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	return files
}

func readFile(tb testing.TB, path string) []byte {
	tb.Helper()
	body, err := os.ReadFile(path)
	require.NoError(tb, err)
	return body
}
