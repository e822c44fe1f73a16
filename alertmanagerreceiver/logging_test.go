// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

// observed returns settings and their log of warnings and errors.
func observed() (receiver.Settings, *observer.ObservedLogs) {
	core, logged := observer.New(zapcore.WarnLevel)
	set := receivertest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	return set, logged
}

// TestRefusalsDoNotFlood: however many requests strangers and broken senders make, each kind of refusal is logged a few times a minute,
// and no kind hides another.
func TestRefusalsDoNotFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time stands still in the bubble
		set, logged := observed()
		h, err := newHandler(set, defaultConfig(), consumertest.NewNop())
		require.NoError(t, err)
		flood := func() {
			for range 5 * seldom.PerMinute {
				h.refuseEarly(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, defaultPath, http.NoBody), "", http.StatusUnauthorized)
				post(h, strings.NewReader("{"))
			}
		}
		flood()
		assert.Equal(t, seldom.PerMinute, logged.FilterMessage("Refused a webhook: Unauthorized").Len())
		assert.Equal(t, seldom.PerMinute, logged.FilterMessage("Refused a webhook: Bad Request").Len())
		time.Sleep(time.Minute)
		flood()
		assert.Equal(t, 2*seldom.PerMinute, logged.FilterMessage("Refused a webhook: Bad Request").Len(), "the next minute")
	})
}

// TestHandshakesDoNotFlood: net/http's messages about strangers' connections are bounded, too, and are not logged as errors.
func TestHandshakesDoNotFlood(t *testing.T) {
	set, logged := observed()
	r := started(t, set, localConfig(), componenttest.NewNopHost(), consumertest.NewNop())
	assert.Equal(t, lineWriter{r.handler.logger}, r.server.ErrorLog.Writer())

	synctest.Test(t, func(t *testing.T) {
		log := serverLog(seldom.New(set.Logger))
		for port := range 5 * seldom.PerMinute {
			log.Printf("http: TLS handshake error from 127.0.0.1:%d: EOF", port)
		}
		require.Equal(t, seldom.PerMinute, logged.Len())
		first := logged.All()[0]
		assert.Equal(t, zapcore.WarnLevel, first.Level)
		assert.Equal(t, map[string]any{"error": "http: TLS handshake error from 127.0.0.1:0: EOF"}, first.ContextMap())
	})
}

// TestAnotherReceiverIsLoggedOnce: a sender can neither fill the log with its name nor write to a terminal.
func TestAnotherReceiverIsLoggedOnce(t *testing.T) {
	set, logged := observed()
	cfg := defaultConfig()
	cfg.Sync.Endpoints, cfg.Sync.Repair, cfg.Sync.Receiver = []string{"http://a:9093"}, RepairBoth, "team.db"
	h, err := newHandler(set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	from := func(receiver string) {
		post(h, strings.NewReader(`{"receiver":"`+receiver+`",`+strings.TrimPrefix(good, "{")))
	}
	for _, same := range []string{"", "team.db", `team\\.db`} { // Grafana sends the name, Alertmanager a pattern
		from(same)
	}
	assert.Zero(t, logged.Len())
	from(`\u001b[31mother` + strings.Repeat("x", 1000))
	from("third")
	require.Equal(t, 1, logged.Len())
	assert.Equal(t, map[string]any{"receiver": "[31mother" + strings.Repeat("x", maxLogged-10) + "…", "sync_receiver": "team.db"}, logged.All()[0].ContextMap())
}
