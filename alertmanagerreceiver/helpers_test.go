// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/webhook"
)

func defaultConfig() *Config {
	return createDefaultConfig().(*Config)
}

func decode(tb testing.TB, body string) *webhook.Webhook {
	tb.Helper()
	w, err := webhook.Decode([]byte(body))
	require.NoError(tb, err)
	return w
}

func stringOf(t require.TestingT, m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	require.True(t, ok, key)
	return v.Str()
}

// recorded returns all webhooks of testdata.
func recorded(tb testing.TB) (bodies [][]byte) {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "webhooks", "*", "*.json"))
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(tb, err)
		bodies = append(bodies, body)
	}
	return bodies
}

// ServeHTTP takes a webhook without credentials.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.webhooks(nil).ServeHTTP(w, r) }
