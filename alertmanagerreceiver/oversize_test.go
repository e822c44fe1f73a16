// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// oversizeWorld is a handler with a small limit, its goroutine, and the records that reached the pipeline.
type oversizeWorld struct {
	t      *testing.T
	server http.Handler

	mu     sync.Mutex
	got    []plog.LogRecord
	answer error
}

// fail makes the pipeline return err.
func (w *oversizeWorld) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = err
}

func newOversizeWorld(t *testing.T, change func(*Config)) *oversizeWorld {
	t.Helper()
	w := &oversizeWorld{t: t}
	cfg := defaultConfig()
	cfg.ServerConfig.MaxRequestBodySize = 1 << 20
	cfg.Alias.Prefix = "prod "
	change(cfg)
	set := receivertest.NewNopSettings(metadata.Type)
	set.ID = component.NewIDWithName(metadata.Type, "team")
	h, err := newHandler(set, cfg, consumeFunc(func(_ context.Context, logs plog.Logs) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.answer == nil {
			w.got = append(w.got, recordsOf(logs)...)
		}
		return w.answer
	}))
	require.NoError(t, err)
	w.server = limited(h, cfg.ServerConfig.MaxRequestBodySize)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.oversize.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return w
}

// limited limits the body as the collector's server does.
func limited(next http.Handler, limit int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// send posts size bytes, and returns the new records.
func (w *oversizeWorld) send(size int, known bool) []plog.LogRecord {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, defaultPath, strings.NewReader(strings.Repeat(" ", size)))
	r.Header.Set("User-Agent", "Alertmanager/0.31.1\n")
	if !known {
		r.ContentLength = -1
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	assert.Equal(w.t, http.StatusRequestEntityTooLarge, recorder.Code)
	return w.news()
}

func (w *oversizeWorld) news() []plog.LogRecord {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	news := w.got
	w.got = nil
	return news
}

func describe(t *testing.T, lr plog.LogRecord) (alias, status, description string) {
	t.Helper()
	text := ""
	if v, ok := lr.Attributes().Get(attrs.AlertAnnotationPrefix + "description"); ok {
		text = v.Str()
	}
	return stringOf(t, lr.Attributes(), attrs.Alias), stringOf(t, lr.Attributes(), attrs.AlertStatus), text
}

const (
	tooLargeAlias = "prod AlertmanagerWebhookTooLarge:alertmanager/team"
	tooLargeText  = " to receiver alertmanager/team, which takes 1.0 MiB. None of its alerts was accepted. " +
		"Group by more labels in Alertmanager, or raise max_request_body_size."
)

// TestAWebhookThatIsTooLargeOpensAnIncident: the incident closes after an hour without another such webhook.
func TestAWebhookThatIsTooLargeOpensAnIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newOversizeWorld(t, func(cfg *Config) { cfg.Alias.Labels = []string{"job"} }) // its alias has its own labels
		records := w.send(3<<19, true)
		require.Len(t, records, 1)
		alias, status, text := describe(t, records[0])
		assert.Equal(t, tooLargeAlias, alias)
		assert.Equal(t, attrs.StatusFiring, status)
		assert.Equal(t, "A sender without an address (Alertmanager/0.31.1) sent a webhook of 1.5 MiB"+tooLargeText, text)
		assert.Equal(t, "critical", records[0].SeverityText())

		assert.Empty(t, w.send(2<<20, true), "a minute's pause")
		time.Sleep(2 * time.Minute)
		again := w.send(2<<20, false)
		require.Len(t, again, 1)
		_, _, text = describe(t, again[0])
		assert.Contains(t, text, "a webhook of more bytes than the limit"+tooLargeText)
		assert.Greater(t, seqOf(t, again[0]), seqOf(t, records[0]))
		assert.Equal(t, stringOf(t, records[0].Attributes(), attrs.AlertStartsAt), stringOf(t, again[0].Attributes(), attrs.AlertStartsAt), "the same episode")

		time.Sleep(2 * time.Minute)
		again = w.send(2<<20, true)
		require.Len(t, again, 1)
		assert.Equal(t, stringOf(t, records[0].Attributes(), attrs.AlertStartsAt), stringOf(t, again[0].Attributes(), attrs.AlertStartsAt), "still the same")

		time.Sleep(time.Hour - time.Second)
		assert.Empty(t, w.news())
		time.Sleep(time.Second)
		over := w.news()
		require.Len(t, over, 1)
		alias, status, _ = describe(t, over[0])
		assert.Equal(t, tooLargeAlias, alias)
		assert.Equal(t, attrs.StatusResolved, status)
		assert.Greater(t, seqOf(t, over[0]), seqOf(t, again[0]))
		assert.Equal(t, time.Now().UTC().Format(time.RFC3339Nano), stringOf(t, over[0].Attributes(), attrs.AlertEndsAt))

		time.Sleep(24 * time.Hour)
		assert.Empty(t, w.news())
		again = w.send(2<<20, true)
		require.Len(t, again, 1, "it fires again")
		assert.Equal(t, time.Now().UTC().Format(time.RFC3339Nano), stringOf(t, again[0].Attributes(), attrs.AlertStartsAt))
	})
}

// TestTooLargeAfterARestart: a former process may have left the alert firing.
func TestTooLargeAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newOversizeWorld(t, func(*Config) {})
		time.Sleep(time.Hour)
		records := w.news()
		require.Len(t, records, 1)
		_, status, _ := describe(t, records[0])
		assert.Equal(t, attrs.StatusResolved, status)
	})
}

// TestTooLargeWhileThePipelineIsStuck: an alert that the pipeline refused is sent again.
func TestTooLargeWhileThePipelineIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newOversizeWorld(t, func(*Config) {})
		w.fail(errors.New("not now"))
		assert.Empty(t, w.send(2<<20, true))
		w.fail(nil)
		assert.Len(t, w.send(2<<20, true), 1, "at once, because nothing was sent")
		w.fail(errors.New("not now"))
		time.Sleep(time.Hour)
		assert.Empty(t, w.news())
		w.fail(nil)
		time.Sleep(oversizePause)
		assert.Len(t, w.news(), 1)
	})
}

// TestTooLargeWithoutASender: if only a signature proves the sender, the sender of such a body is unknown.
func TestTooLargeWithoutASender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newOversizeWorld(t, func(cfg *Config) {
			cfg.HMAC = configoptional.Some(HMACConfig{Secret: "s", Header: "X-Sig", TimestampTolerance: time.Minute})
		})
		assert.Empty(t, w.send(2<<20, true))
	})
}
