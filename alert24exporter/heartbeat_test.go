// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	logobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
)

// transport answers requests without a network.
type transport func(r *http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answerWith(code int) *http.Response {
	return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader("ok"))}
}

func TestHeartbeatOnceAMinuteWhileASourceIsHeard(t *testing.T) {
	for name, test := range map[string]struct {
		answer transport
		failed bool
	}{
		"answered": {func(*http.Request) (*http.Response, error) { return answerWith(http.StatusOK), nil }, false},
		"refused":  {func(*http.Request) (*http.Response, error) { return answerWith(http.StatusNotFound), nil }, true},
		"fails":    {func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }, true},
		"hangs": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				core, logged := logobserver.New(zapcore.InfoLevel)
				set := exportertest.NewNopSettings(metadata.Type)
				set.Logger = zap.New(core)
				tel, err := newTelemetry(set, &TelemetryConfig{})
				require.NoError(t, err)
				var requests atomic.Int64
				var heard atomic.Bool
				h := &heartbeat{url: "https://example.com/api/hb/s3cret", telemetry: tel, client: &http.Client{
					Timeout: heartbeatTimeout,
					Transport: transport(func(r *http.Request) (*http.Response, error) {
						requests.Add(1)
						return test.answer(r)
					}),
				}}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); h.run(ctx, heard.Load) }()
				time.Sleep(time.Hour)
				assert.Zero(t, requests.Load(), "nothing is heard")
				heard.Store(true)
				time.Sleep(10*time.Minute + 30*time.Second)
				assert.EqualValues(t, 11, requests.Load())
				heard.Store(false)
				time.Sleep(time.Hour)
				assert.EqualValues(t, 11, requests.Load())
				heard.Store(true)
				time.Sleep(2 * time.Second) // a request that hangs is under way
				cancel()
				<-done
				assert.Equal(t, test.failed, logged.FilterMessageSnippet("heartbeat_url").Len() > 0)
				for _, line := range logged.All() {
					assert.NotContains(t, line.ContextMap()["error"], "s3cret")
				}
			})
		})
	}
}

// TestHeartbeatURLIsASecret: no error contains the URL, and our key is not sent to it.
func TestHeartbeatURLIsASecret(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.APIKey = "ak_live_test"
	cfg.Watchdog.Matchers = []string{`alertname="Watchdog"`}
	for _, url := range []string{
		"http://127.0.0.1:1/hb/s3cret", "http://s3cret.invalid/hb", "http://127.0.0.1:1/%zzs3cret", "http://[::1]:s3cret/", "https://user:s3cret@127.0.0.1:1/",
	} {
		cfg.Watchdog.HeartbeatURL = configopaque.String(url)
		err := cfg.Validate()
		if err == nil {
			set := exportertest.NewNopSettings(metadata.Type)
			e, failed := newExporter(set, cfg)
			require.NoError(t, failed)
			h, failed := e.newHeartbeat(t.Context(), componenttest.NewNopHost())
			require.NoError(t, failed)
			err = h.request(t.Context())
			h.client.CloseIdleConnections()
		}
		require.Error(t, err)
		if !strings.Contains(url, "s3cret.invalid") { // the name of a host is not secret
			assert.NotContains(t, err.Error(), "s3cret")
		}
	}
}

// A URL from a file or a Secret often ends with a newline.
func TestHeartbeatURLFromAFile(t *testing.T) {
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.URL.Path }))
	defer server.Close()
	cfg := createDefaultConfig().(*Config)
	cfg.APIKey = "ak_live_test"
	cfg.Watchdog.Matchers = []string{`alertname="Watchdog"`}
	cfg.Watchdog.HeartbeatURL = configopaque.String(server.URL + "/hb/s3cret\n")
	require.NoError(t, cfg.Validate())
	e, err := newExporter(exportertest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	h, err := e.newHeartbeat(t.Context(), componenttest.NewNopHost())
	require.NoError(t, err)
	require.NoError(t, h.request(t.Context()))
	h.client.CloseIdleConnections()
	assert.Equal(t, "/hb/s3cret", asked)
}
