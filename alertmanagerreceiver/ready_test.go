// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

// readinessOf returns a handler for probes, whose exporters answer with answer, and counts how often they are asked.
func readinessOf(t *testing.T, answer func(context.Context) error) (http.Handler, *atomic.Int64) {
	t.Helper()
	asked := new(atomic.Int64)
	t.Cleanup(inprocess.OnReadiness(func(ctx context.Context) error {
		asked.Add(1)
		return answer(ctx)
	}))
	r := &readiness{logger: seldom.New(zap.NewNop())}
	return http.HandlerFunc(r.serve), asked
}

func probe(h http.Handler, method string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, readyPath, http.NoBody))
	return w
}

func TestReadyIsWhatTheExportersSay(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		answer string
	}{
		{nil, 200, "ready\n"},
		{errors.New("the storage is full"), 503, "not ready: the storage is full\n"},
		{fmt.Errorf("s3cret: %w", context.DeadlineExceeded), 503, "not ready: the storage does not answer\n"},
	} {
		t.Run(tt.answer, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := readinessOf(t, func(context.Context) error { return tt.err })
				w := probe(h, http.MethodGet)
				assert.Equal(t, tt.status, w.Code)
				assert.Equal(t, tt.answer, w.Body.String())
				assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			})
		})
	}
}

func TestReadyTakesOnlyGetAndHead(t *testing.T) {
	h, asked := readinessOf(t, func(context.Context) error { return nil })
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w := probe(h, method)
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"), method)
	}
	assert.Zero(t, asked.Load())
}

func TestReadyAnswersAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Bool
		h, asked := readinessOf(t, func(context.Context) error {
			time.Sleep(readyTimeout / 2)
			if full.Load() {
				return errors.New("full")
			}
			return nil
		})
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { assert.Equal(t, http.StatusOK, probe(h, http.MethodGet).Code) })
		}
		all.Wait()
		assert.EqualValues(t, 1, asked.Load(), "those who ask at once")

		full.Store(true)
		time.Sleep(readyAge - time.Nanosecond)
		assert.Equal(t, http.StatusOK, probe(h, http.MethodGet).Code)
		assert.EqualValues(t, 1, asked.Load(), "those who ask soon after")
		time.Sleep(time.Nanosecond)
		assert.Equal(t, http.StatusServiceUnavailable, probe(h, http.MethodGet).Code)
		assert.EqualValues(t, 2, asked.Load())

		full.Store(false)
		time.Sleep(readyAge)
		assert.Equal(t, http.StatusOK, probe(h, http.MethodGet).Code)
	})
}

// If the storage hangs, only one probe at a time asks it, and each probe gets an answer.
func TestReadyHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, asked := readinessOf(t, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		var all sync.WaitGroup
		began := time.Now()
		for range 100 {
			all.Go(func() {
				assert.Equal(t, "not ready: the storage does not answer\n", probe(h, http.MethodGet).Body.String())
			})
		}
		all.Wait()
		assert.Equal(t, readyTimeout, time.Since(began))
		assert.EqualValues(t, 1, asked.Load())
	})
}

// Others wait for this answer, too.
func TestReadyQuestionOutlivesItsAsker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, asked := readinessOf(t, func(ctx context.Context) error {
			time.Sleep(readyTimeout / 2)
			return ctx.Err()
		})
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, http.MethodGet, readyPath, http.NoBody))
		assert.Equal(t, http.StatusOK, probe(h, http.MethodGet).Code)
		assert.EqualValues(t, 1, asked.Load())
	})
}

// nobody is an authenticator that refuses everyone.
type nobody struct {
	component.StartFunc
	component.ShutdownFunc
}

func (nobody) Authenticate(ctx context.Context, _ map[string][]string) (context.Context, error) {
	return ctx, errors.New("nobody is let in")
}

// TestReadyIsNoWebhook: over HTTP, a probe needs no credentials, and is neither counted nor traced. Only changes are logged.
func TestReadyIsNoWebhook(t *testing.T) { //nolint:funlen // one story: each step needs the one before
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	core, logged := observer.New(zap.InfoLevel)
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	set.Logger = zap.New(core)
	id := component.MustNewID("nobody")
	cfg := localConfig()
	cfg.ServerConfig.Auth = configoptional.Some(confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: id}})
	full := atomic.Bool{}
	t.Cleanup(inprocess.OnReadiness(func(context.Context) error {
		if full.Load() {
			return errors.New("full")
		}
		return nil
	}))
	r := started(t, set, cfg, extensionHost{id: nobody{}}, consumeFunc(func(context.Context, plog.Logs) error {
		t.Error("a probe reached the pipeline")
		return nil
	}))
	forget := func() { // the answer
		r.ready.mu.Lock()
		defer r.ready.mu.Unlock()
		r.ready.at = time.Time{}
	}
	ask := func(method string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.listener.Addr().String()+readyPath, http.NoBody)
		require.NoError(t, err)
		req.Close = true
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { require.NoError(t, resp.Body.Close()) }()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	for range 2 {
		for method, answer := range map[string]string{http.MethodGet: "ready\n", http.MethodHead: ""} {
			status, body := ask(method)
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, answer, body)
		}
		forget()
	}
	assert.Zero(t, logged.FilterMessageSnippet("eady").Len())
	full.Store(true)
	for range 2 {
		status, _ := ask(http.MethodHead)
		assert.Equal(t, http.StatusServiceUnavailable, status)
		forget()
	}
	full.Store(false)
	status, _ := ask(http.MethodGet)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, 1, logged.FilterMessage("Not ready: webhooks are refused").Len())
	assert.Equal(t, 1, logged.FilterMessage("Ready again: webhooks are accepted").Len())

	assert.Empty(t, tel.SpanRecorder.Ended())
	for _, name := range []string{
		"http.server.request.duration", "otelcol_receiver_alertmanager_webhooks",
		"otelcol_receiver_accepted_log_records", "otelcol_receiver_refused_log_records",
	} {
		_, err := tel.GetMetric(name)
		assert.Error(t, err, name)
	}
	status, err := send(t, r, http.DefaultClient, "http", good, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, status, "a webhook does need credentials")
	assert.NotEmpty(t, tel.SpanRecorder.Ended())
	_, err = tel.GetMetric("http.server.request.duration")
	require.NoError(t, err, "a webhook is counted")
}
