// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

const testKey = configopaque.String("ak_live_0123456789abcdefghijABCDEFGHIJ01")

// serve starts a server for one test and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc, opts ...Option) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return connect(t, srv.Client(), srv.URL+"/api/v1", opts...)
}

func connect(t *testing.T, hc *http.Client, endpoint string, opts ...Option) *Client {
	t.Helper()
	t.Cleanup(hc.CloseIdleConnections)
	c, err := New(hc, endpoint, append([]Option{WithAPIKey(testKey)}, opts...)...)
	require.NoError(t, err)
	return c
}

// answerWith returns a handler that always says the same.
func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req-7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func requireClass(t *testing.T, err error, class Class) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, class, Classify(err), "class of %q", err)
}

func requireError(t *testing.T, err error, class Class) *Error {
	t.Helper()
	requireClass(t, err, class)
	var e *Error
	require.ErrorAs(t, err, &e)
	return e
}

func TestCreateSendsWhatItIsGiven(t *testing.T) {
	var req *http.Request
	var body []byte
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		req = r
		body, _ = io.ReadAll(r.Body)
		answerWith(http.StatusCreated, `{"data":{"id":"i-1","incident_number":7,"title":"T","severity":"high",
			"status":"open","source":"prometheus","tags":["a","b"],"started_at":"2026-03-19T14:30:00.000Z",
			"created_at":"2026-03-19T14:30:01.000Z","updated_at":"2026-03-19T14:30:02.000Z","resolved_at":null,
			"acknowledged_at":null,"affected_services":[]}}`)(w, r)
	}, WithUserAgent("otelcol-alert24/1.2.3"))

	inc, err := c.Create(t.Context(), Write{
		Title: "T <&>", Description: "D", Severity: "high", Status: "open", Alias: "A:1", Source: "prometheus",
		ImpactDescription: "users wait", AssignedTo: "user-456",
		Labels: labels.New(labels.Label{Name: "team", Value: "x"}, labels.Label{Name: "bad", Value: "\xff"}),
		Tags:   []string{"team:x"}, AffectedServices: []string{"svc-1"},
		ResolvedAt: time.Date(2026, 3, 19, 15, 30, 0, 5e6, time.FixedZone("", 3600)),
	})
	require.NoError(t, err)
	assert.Equal(t, Accepted, Classify(err))

	assert.Equal(t, http.MethodPost, req.Method)
	assert.Equal(t, "/api/v1/incidents", req.RequestURI)
	assert.Equal(t, "Bearer "+string(testKey), req.Header.Get("Authorization"))
	assert.Equal(t, "application/json", req.Header.Get("Content-Type"))
	assert.Equal(t, "application/json", req.Header.Get("Accept"))
	assert.Equal(t, "otelcol-alert24/1.2.3", req.UserAgent())
	const want = `{"title":"T <&>","description":"D","severity":"high","status":"open","alias":"A:1",` +
		`"source":"prometheus","labels":{"bad":"�","team":"x"},"tags":["team:x"],"affected_services":["svc-1"],` +
		`"impact_description":"users wait","assigned_to":"user-456","resolved_at":"2026-03-19T14:30:00.005Z"}`
	assert.Equal(t, []byte(want), body) //nolint:testifylint // byte for byte

	assert.Equal(t, Incident{
		ID: "i-1", Number: 7, Title: "T", Severity: "high", Status: "open", Source: "prometheus", Tags: []string{"a", "b"},
		StartedAt: time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC),
		CreatedAt: time.Date(2026, 3, 19, 14, 30, 1, 0, time.UTC),
		UpdatedAt: time.Date(2026, 3, 19, 14, 30, 2, 0, time.UTC),
	}, inc)
}

func TestUpdateAndGetEscapeTheID(t *testing.T) {
	var seen []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen = append(seen, r.Method+" "+r.RequestURI+" "+r.Header.Get("Content-Type")+" "+string(b))
		answerWith(http.StatusOK, `{"data":{"status":"monitoring"}}`)(w, r)
	})
	inc, err := c.Update(t.Context(), "a/b?c", Write{Severity: "low"})
	require.NoError(t, err)
	assert.Equal(t, Incident{ID: "a/b?c", Status: "monitoring"}, inc, "an answer that leaves the id out is about the one asked for")
	_, err = c.Get(t.Context(), "a/b?c")
	require.NoError(t, err)
	assert.Equal(t, []string{
		`PUT /api/v1/incidents/a%2Fb%3Fc application/json {"severity":"low"}`,
		`GET /api/v1/incidents/a%2Fb%3Fc  `,
	}, seen)
}

func TestAnIDThatIsNoneNeverReachesThePath(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for _, id := range []string{"", ".", "..", "a\nb", string(make([]byte, 256))} {
		_, err := c.Update(t.Context(), id, Write{})
		requireClass(t, err, NotSent)
	}
}

func TestAnAnswerAboutAnotherIncidentIsNone(t *testing.T) {
	c := serve(t, answerWith(http.StatusOK, `{"data":{"id":"i-2","status":"resolved"}}`))
	_, err := c.Update(t.Context(), "i-1", Write{})
	requireClass(t, err, Uncertain)
	_, err = c.Get(t.Context(), "i-1")
	requireClass(t, err, Uncertain)
}

func TestTheClientCanAuthenticateByItself(t *testing.T) {
	var header http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		answerWith(http.StatusOK, `{"data":{"id":"i"}}`)(w, r)
	}))
	t.Cleanup(srv.Close)
	c, err := New(srv.Client(), srv.URL)
	require.NoError(t, err)
	_, err = c.Get(t.Context(), "i")
	require.NoError(t, err)
	assert.NotContains(t, header, "Authorization")
}

func TestOpen(t *testing.T) {
	for status, open := range map[string]bool{
		"new": true, "acknowledged": true, "open": true, "investigating": true, "identified": true, "monitoring": true,
		"resolved": false, "postmortem": false, "": true, "paused": true,
	} {
		assert.Equal(t, open, Incident{Status: status}.Open(), status)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, endpoint := range []string{
		"", "app.alert24.net/api/v1", "ftp://a/b", "https://", "https://u:secret@h/api", "https://h/api?key=secret",
		"https://h/api?", "https://h/#f", "https://h/%zz-secret",
	} {
		_, err := New(http.DefaultClient, endpoint)
		require.Error(t, err, endpoint)
		assert.NotContains(t, err.Error(), "secret")
	}
	for _, key := range []configopaque.String{"secret\n", "sec ret", "secrét"} {
		_, err := New(http.DefaultClient, "https://h", WithAPIKey(key))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), string(key))
	}
}

func TestATrailingSlashOfTheEndpointIsNoMatter(t *testing.T) {
	var uri string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uri = r.RequestURI
		answerWith(http.StatusOK, `{"data":{"id":"i"}}`)(w, r)
	}))
	t.Cleanup(srv.Close)
	_, err := connect(t, srv.Client(), srv.URL+"/v1//").Get(t.Context(), "i")
	require.NoError(t, err)
	assert.Equal(t, "/v1/incidents/i", uri)
}
