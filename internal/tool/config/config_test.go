// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/certtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func load(t *testing.T, configs ...string) *Collector {
	t.Helper()
	c, err := Load(t.Context(), configs)
	require.NoError(t, err)
	return c
}

func TestFilesAreMerged(t *testing.T) {
	t.Setenv("ALERT24_TEST_KEY", "from-the-environment")
	file := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte("receivers: {alertmanager/prod: {}}\nexporters: {alert24/prod: {api_key: '${env:ALERT24_TEST_KEY}'}}\n"), 0o600))
	c := load(t, file, "yaml:receivers::alertmanager/prod::path: /hook", "yaml:exporters::alert24/prod::timeout: 3s")
	id, receiver, err := c.Receiver("")
	require.NoError(t, err)
	assert.Equal(t, "alertmanager/prod", id.String())
	assert.Equal(t, "/hook", receiver.Path)
	id, exporter, err := c.Exporter("alert24/prod", KeyNeeded)
	require.NoError(t, err)
	assert.Equal(t, "alert24/prod", id.String())
	assert.Equal(t, "from-the-environment", string(exporter.APIKey))
	assert.Equal(t, "3s", exporter.ClientConfig.Timeout.String())
}

func TestKeyOfAVariableThatIsNotSet(t *testing.T) {
	c := load(t, "yaml:exporters: {alert24: {api_key: '${env:ALERT24_NOT_SET}'}}")
	_, _, err := c.Exporter("", KeyNeeded)
	require.ErrorContains(t, err, "exporters::alert24: api_key: ")
	_, exporter, err := c.Exporter("", KeyOptional)
	require.NoError(t, err)
	assert.Equal(t, unsetKey, string(exporter.APIKey))
}

func TestBetween(t *testing.T) {
	receiver, exporter := component.MustNewID("alertmanager"), component.MustNewID("alert24")
	for name, tt := range map[string]struct {
		pipelines string
		notes     []string
		wrong     bool
	}{
		"a part of a configuration": {pipelines: "{}"},
		"nothing that changes":      {pipelines: "{logs: {receivers: [alertmanager], processors: [memory_limiter, batch], exporters: [alert24]}}"},
		"a processor":               {pipelines: "{logs: {receivers: [alertmanager], processors: [filter/a, batch], exporters: [alert24]}}", notes: []string{"the processors of pipeline logs are not run: filter/a"}},
		"not connected":             {pipelines: "{logs: {receivers: [alertmanager], exporters: [debug]}}", notes: []string{"no pipeline has both alertmanager and alert24: what lies between them is not run"}},
		"a wrong id":                {pipelines: "{logs: {receivers: ['/']}}", wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			notes, err := load(t, "yaml:service: {pipelines: "+tt.pipelines+"}").Between(receiver, exporter)
			assert.Equal(t, tt.wrong, err != nil)
			assert.Equal(t, tt.notes, notes)
		})
	}
}

// The client has the TLS settings of the exporter: it reaches an API whose authority only the configuration names.
func TestClientHasTheSettingsOfTheExporter(t *testing.T) {
	dir := t.TempDir()
	authority := certtest.New(t, dir)
	identity := authority.Issue(t, dir, "api")
	api := sandbox.New(sandbox.Options{Keys: map[string][]string{}})
	server := httptest.NewUnstartedServer(api)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{identity.Pair}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer func() { api.Close(); server.Close() }()
	endpoint := server.URL + sandbox.BasePath
	for settings, works := range map[string]bool{"tls: {ca_file: '" + authority.File + "'}": true, "timeout: 5s": false} {
		c := load(t, "yaml:exporters: {alert24: {api_key: k, endpoint: '"+endpoint+"', "+settings+"}}")
		_, exporter, err := c.Exporter("", KeyNeeded)
		require.NoError(t, err)
		client, stop, err := c.Client(t.Context(), exporter)
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/incidents", http.NoBody)
		require.NoError(t, err)
		resp, err := client.Do(req)
		assert.Equal(t, works, err == nil, err)
		if err == nil {
			assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
			require.NoError(t, resp.Body.Close())
		}
		stop()
	}
}
