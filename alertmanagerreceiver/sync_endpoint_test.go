// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// alertmanagers is a scripted Alertmanager: its answers by path.
type alertmanagers map[string]http.HandlerFunc

func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func listOf(alerts ...string) http.HandlerFunc { return saying(200, "["+strings.Join(alerts, ",")+"]") }

func listedAlert(name, state string) string {
	return fmt.Sprintf(`{"fingerprint":"f-%s","labels":{"alertname":%q},"status":{"state":%q}}`, name, name, state)
}

// statusOf is the status of an Alertmanager that was started this long ago.
func statusOf(age time.Duration, cluster string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"uptime":%q,"cluster":%s}`, time.Now().Add(-age).UTC().Format(time.RFC3339Nano), cluster)
	}
}

const alone = `{"status":"disabled","peers":[]}`

// scripted serves a, and returns its address.
func scripted(t *testing.T, a alertmanagers) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range a {
		mux.HandleFunc("GET "+path, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// asked asks the Alertmanager at the address as a poller with this configuration does.
func asked(t *testing.T, address string, change func(cfg *Config)) (answer, error) {
	t.Helper()
	cfg := defaultConfig()
	cfg.Sync.Endpoints = []string{address}
	if change != nil {
		change(cfg)
	}
	set := receivertest.NewNopSettings(metadata.Type)
	h, err := newHandler(set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	client, err := cfg.Sync.ClientConfig.ToClient(t.Context(), nil, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	h.poller.open(client)
	u := newUnheard()
	return h.poller.endpoints[0].ask(t.Context(), cfg.Sync.StartupGrace, &u)
}

func TestAsk(t *testing.T) {
	address := scripted(t, alertmanagers{
		"/api/v2/status": statusOf(time.Hour, alone),
		"/api/v2/alerts": listOf(listedAlert("A", "active"), listedAlert("B", "suppressed")),
	})
	a, err := asked(t, address+"/", nil)
	require.NoError(t, err)
	assert.Equal(t, listed, a.result)
	assert.True(t, a.whole())
	assert.Len(t, a.alerts, 2)
	var active int
	for _, is := range a.alerts {
		if is {
			active++
		}
	}
	assert.Equal(t, 1, active)
}

// TestAskOthers: an incomplete answer closes nothing, and its reason contains neither address nor body.
func TestAskOthers(t *testing.T) {
	list, status := listOf(listedAlert("A", "active")), statusOf(time.Hour, alone)
	for name, test := range map[string]struct {
		status, list http.HandlerFunc
		result       result
		why          string
		alerts       int
	}{
		"starts": {statusOf(time.Minute, alone), list, uncertain, "it was started less than startup_grace ago", 1},
		"starts by its clock": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Thu, 26 Nov 2026 12:00:00 GMT")
			_, _ = io.WriteString(w, `{"uptime":"2026-11-26T11:56:00Z","cluster":`+alone+`}`)
		}, list, uncertain, "it was started less than startup_grace ago", 1},
		"settles":            {statusOf(time.Hour, `{"status":"settling"}`), list, uncertain, "it is still looking for the members of its cluster", 1},
		"says no time":       {saying(200, `{"cluster":{"status":"disabled"}}`), list, listed, "", 1},
		"has a strange one":  {status, listOf(listedAlert("A", "active"), `{"labels":7}`), uncertain, "1 of its alerts cannot be read", 1},
		"wants a token":      {status, saying(401, "who is it"), denied, "it answers /api/v2/alerts with status 401: check auth and headers", 0},
		"forbids it":         {saying(403, "no"), list, denied, "it answers /api/v2/status with status 403: check auth and headers", 0},
		"fails":              {status, saying(500, "oops"), failed, "it answers /api/v2/alerts with status 500: check that the endpoint is that of an Alertmanager", 0},
		"is a page":          {status, saying(200, "<!DOCTYPE html>"), unreadable, "its answer to /api/v2/alerts cannot be used: invalid JSON at byte 0", 0},
		"is another service": {saying(200, `{"status":"ok"}`), list, unreadable, "the answer is not the status of an Alertmanager", 0},
		"breaks off":         {status, saying(200, "["+listedAlert("A", "active")), unreadable, "the JSON ends too early", 1},
		"leads elsewhere": {status, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/login", http.StatusFound)
		}, failed, "it answers /api/v2/alerts with status 302", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := asked(t, scripted(t, alertmanagers{"/api/v2/status": test.status, "/api/v2/alerts": test.list, "/login": saying(200, "[]")}), nil)
			why := a.why
			if err != nil {
				why = err.Error()
			}
			assert.Contains(t, why, test.why)
			assert.Equal(t, test.result, a.result)
			assert.Len(t, a.alerts, test.alerts)
			assert.Equal(t, test.result == listed, a.whole())
			assert.NotContains(t, why, "127.0.0.1")
		})
	}
}

// TestAskNobody: ask waits neither for a closed port nor for an Alertmanager that hangs.
func TestAskNobody(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	address := closed.URL
	closed.Close()
	a, err := asked(t, address, nil)
	require.EqualError(t, err, "connection refused")
	assert.Equal(t, unanswered, a.result)

	hangs := scripted(t, alertmanagers{"/api/v2/status": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }})
	a, err = asked(t, hangs, func(cfg *Config) { cfg.Sync.ClientConfig.Timeout = 20 * time.Millisecond })
	require.EqualError(t, err, "it did not answer in time")
	assert.Equal(t, unanswered, a.result)
}

// TestAskIsBounded: reading an endless answer stops at the limit.
func TestAskIsBounded(t *testing.T) {
	e := &endpoint{client: &http.Client{Transport: endless{}}, now: time.Now}
	read := 0
	result, err := e.get(t.Context(), "/api/v2/alerts", 100_000, func(body io.Reader, _ time.Time) error {
		b, err := io.ReadAll(body)
		read = len(b)
		return err
	})
	require.ErrorIs(t, err, errTooLarge)
	assert.Equal(t, unreadable, result)
	assert.Equal(t, 100_000, read)
}

// TestAskReadsLongLists: a list may have 64 MiB.
func TestAskReadsLongLists(t *testing.T) {
	member, end := `"unknown":"`+strings.Repeat("x", 1000)+`",`, strings.TrimPrefix(listedAlert("A", "active"), "{")+"]"
	for length, want := range map[int]result{64 << 20: listed, 64<<20 + 1: unreadable} {
		room := length - len("[{"+end)
		list := "[{" + strings.Repeat(member, room/len(member)) + strings.Repeat(" ", room%len(member)) + end
		a, _ := asked(t, scripted(t, alertmanagers{"/api/v2/status": statusOf(time.Hour, alone), "/api/v2/alerts": saying(200, list)}),
			func(cfg *Config) { cfg.Sync.ClientConfig.Timeout = time.Hour })
		assert.Equal(t, want, a.result)
	}
}

// endless answers with an endless body.
type endless struct{}

func (endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(spaces{})}, nil
}

type spaces struct{}

func (spaces) Read(b []byte) (int, error) { return len(b), nil }

// TestAskMimirAndGrafana: they serve the API under other paths, and require a header or a token.
func TestAskMimirAndGrafana(t *testing.T) {
	only := func(header, value string, h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(header) != value {
				http.Error(w, "no", http.StatusUnauthorized)
				return
			}
			h(w, r)
		}
	}
	list := listOf(listedAlert("A", "active"))
	for name, test := range map[string]struct{ path, header, value, status string }{
		"mimir":   {"/alertmanager", "X-Scope-OrgID", "team-1", `{"cluster":{"status":"ready","name":"m","peers":[]},"uptime":"2026-01-01T00:00:00.000Z"}`},
		"grafana": {"/api/alertmanager/grafana", "Authorization", "Bearer glsa_x", `{"cluster":{"peers":[],"status":"disabled"},"uptime":"0001-01-01T00:00:00.000Z"}`},
	} {
		t.Run(name, func(t *testing.T) {
			address := scripted(t, alertmanagers{
				test.path + "/api/v2/status": only(test.header, test.value, saying(200, test.status)),
				test.path + "/api/v2/alerts": only(test.header, test.value, list),
			})
			a, err := asked(t, address+test.path, func(cfg *Config) {
				cfg.Sync.ClientConfig.Headers = configopaque.MapList{{Name: test.header, Value: configopaque.String(test.value)}}
			})
			require.NoError(t, err)
			assert.True(t, a.whole())
			assert.Len(t, a.alerts, 1)
			a, err = asked(t, address+test.path, nil)
			require.Error(t, err)
			assert.Equal(t, denied, a.result)
		})
	}
}

// TestAskWhoSilences: only silences of listed alerts are returned, and a list is complete without them.
func TestAskWhoSilences(t *testing.T) {
	a := alertmanagers{
		"/api/v2/status":   statusOf(time.Hour, alone),
		"/api/v2/alerts":   listOf(`{"fingerprint":"f","labels":{"alertname":"A"},"status":{"state":"suppressed","silencedBy":["s1"]}}`),
		"/api/v2/silences": listOf(`{"id":"s1","createdBy":"jane","endsAt":"2026-11-26T16:00:00Z"}`, `{"id":"s2","createdBy":"joe","endsAt":"2026-11-26T16:00:00Z"}`),
	}
	got, err := asked(t, scripted(t, a), nil)
	require.NoError(t, err)
	assert.Equal(t, map[string]webhook.Silence{"s1": {By: "jane", Until: time.Date(2026, 11, 26, 16, 0, 0, 0, time.UTC)}}, got.silences)
	assert.Len(t, got.silenced["s1"], 1)

	a["/api/v2/silences"] = saying(500, "oops")
	got, err = asked(t, scripted(t, a), nil)
	require.NoError(t, err)
	assert.True(t, got.whole())
	assert.Empty(t, got.silences)
}
