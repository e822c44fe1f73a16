// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// wantResult is the table of results: what each status means for each call, by the sender of the answer.
func wantResult(call string, status int, api bool) protocol.Result {
	switch status {
	case 401, 402, 403:
		return protocol.Denied
	case 429:
		return protocol.NotSent
	case 404:
		if api && call != "create" && !isList(call) {
			return protocol.Gone
		}
	case 400, 405, 413, 415, 422:
		if api && isWrite(call) {
			return protocol.Refused
		}
	}
	if status >= 200 && status <= 299 && (api || isWrite(call) && call != "create") {
		return protocol.Done
	}
	return unknownOf(call)
}

var tableBodies = map[string]func(call string, status int) string{
	"api": func(call string, status int) string {
		switch {
		case status >= 200 && status <= 299 && isList(call):
			return pageOf()
		case status >= 200 && status <= 299:
			return `{"data":{"id":"i","status":"open"}}`
		case status == 404:
			return `{"error":{"type":"not_found","message":"Incident not found","status":404}}`
		default:
			return fmt.Sprintf(`{"error":{"type":"some_error","message":"why","status":%d}}`, status)
		}
	},
	"html":         func(string, int) string { return "<html><body><h1>Bad gateway</h1></body></html>" },
	"empty":        func(string, int) string { return "" },
	"success":      func(string, int) string { return `{"success":true}` },
	"another JSON": func(string, int) string { return `{"message":"Forbidden"}` },
	"no type":      func(string, int) string { return `{"error":{"code":400,"message":"not_found labels"}}` },
	"error text":   func(string, int) string { return `{"error":"not_found"}` },
	"cut":          func(string, int) string { return `{"error":{"type":"not_found","message":"x` },
	"more behind":  func(string, int) string { return `{"error":{"type":"not_found","message":"x"}}<!-- cached -->` },
}

func TestEveryStatusBodyAndCall(t *testing.T) {
	checked := 0
	for status := 100; status <= 599; status++ {
		for kind, body := range tableBodies {
			for name, call := range calls {
				var gate gateLog
				// A real server cannot end an answer with 1xx, so this is a transport of our own.
				c := connect(t, &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{
						StatusCode: status, Body: io.NopCloser(strings.NewReader(body(name, status))),
						Header: http.Header{"X-Request-Id": {"r-1"}, "Location": {"https://other.example/x?key=1"}, "Retry-After": {"7"}},
					}, nil
				})}, "https://alert24.example", func(c *Config) { c.Gate = &gate })
				a, err := call(t.Context(), c)
				want := wantResult(name, status, kind == "api")
				require.Equal(t, want.String(), a.Result.String(), "%s: %d %s: %v", name, status, kind, err)
				require.Equal(t, want, ResultOf(err))
				require.True(t, strings.HasSuffix(gate.passed[0], want.String()), "%s: %d %s: %v", name, status, kind, gate.passed)
				checked++
				if want == protocol.Done {
					require.NoError(t, err)
					require.Equal(t, kind == "api" && !isList(name), a.Incident.Seen)
					continue
				}
				e := requireError(t, err, want)
				assert.Equal(t, status, e.Status)
				assert.Equal(t, "r-1", e.RequestID)
				assert.Equal(t, kind == "api" && status >= 200, e.FromAPI, "%d %s", status, kind)
				if status < 200 || status > 299 {
					assert.Equal(t, 7*time.Second, a.RetryAfter)
				}
				assert.Zero(t, a.Incident)
			}
		}
	}
	assert.Equal(t, 500*len(tableBodies)*len(calls), checked)
}

func TestAnswersThatShowNoIncident(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "html": "<html>", "cut": `{"data":{"id":"i"`, "null": "null", "no data": `{"id":"i","status":"open"}`,
		"data is null": `{"data":null}`, "data is a list": `{"data":[{"id":"i"}]}`, "an error": `{"error":{"type":"x"}}`,
		"more behind the end": `{"data":{"id":"i","status":"open"}}x`,
		"too long":            `{"data":{"id":"i","description":"` + strings.Repeat("a", maxAnswer) + `"}}`,
		"another incident":    `{"data":{"id":"..","status":"resolved"}}`,
		"no id":               `{"data":{"title":"t","status":"resolved"}}`, "id is null": `{"data":{"id":null}}`,
		"id is an object": `{"data":{"id":{}}}`, "id is endless": `{"data":{"id":"` + strings.Repeat("a", maxIDBytes+1) + `"}}`,
	} {
		for call, do := range calls {
			if isList(call) {
				continue
			}
			t.Run(name+"/"+call, func(t *testing.T) {
				a, err := do(t.Context(), serve(t, answerWith(http.StatusOK, body)))
				if isWrite(call) && call != "create" {
					require.NoError(t, err)
					assert.Equal(t, protocol.Shown{ID: "i"}, a.Incident)
					return
				}
				e := requireError(t, err, unknownOf(call))
				assert.Less(t, len(e.Error()), 500)
				assert.Equal(t, name == "too long", strings.Contains(e.Error(), "longer than 1048576 bytes"), "%v", e)
			})
		}
	}
}

func TestAReadNeedsTheStatus(t *testing.T) {
	_, err := serve(t, answerWith(http.StatusOK, `{"data":{"id":"i","title":"t"}}`)).Read(t.Context(), "i")
	assert.ErrorContains(t, requireError(t, err, protocol.Incomplete), "status")
	a, err := serve(t, answerWith(http.StatusCreated, `{"data":{"id":"i"}}`)).Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.Equal(t, protocol.Shown{ID: "i", Open: true}, a.Incident, "opened, and the next lookup sees how")
}

func TestACloseThatLeavesTheIncidentOpenSaysSo(t *testing.T) {
	a, err := serve(t, answerWith(http.StatusOK, `{"data":{"id":"i","status":"investigating"}}`)).Close(t.Context(), "i", time.Time{})
	require.NoError(t, err)
	assert.Equal(t, protocol.Shown{ID: "i", Seen: true, Open: true}, a.Incident)
	a, err = serve(t, answerWith(http.StatusOK, `{"data":{"id":"i","status":"resolved"}}`)).Close(t.Context(), "i", time.Time{})
	require.NoError(t, err)
	assert.Equal(t, protocol.Shown{ID: "i", Seen: true}, a.Incident)
}

func TestPauses(t *testing.T) {
	for name, tt := range map[string]struct {
		status       int
		header       string
		answer, gate time.Duration
	}{
		"429 that names none": {429, "", 0, -1},
		"429 that names 0":    {429, "0", 0, -1},
		"429 that names one":  {429, "7", 7 * time.Second, 7 * time.Second},
		"429 that names much": {429, "86400", time.Hour, time.Hour},
		"503 that names one":  {503, "1200", 20 * time.Minute, 20 * time.Minute},
		"503 that names none": {503, "", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var gate gateLog
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.WriteHeader(tt.status)
			}, func(c *Config) { c.Gate = &gate })
			a, err := c.Create(t.Context(), draft("A"))
			require.Error(t, err)
			assert.Equal(t, tt.answer, a.RetryAfter)
			a, err = c.Read(t.Context(), "i")
			require.Error(t, err)
			assert.Equal(t, tt.answer, a.RetryAfter)
			assert.Equal(t, []time.Duration{tt.gate, tt.gate}, gate.pauses)
		})
	}
}

func TestAClosedGateSendsNothing(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") }, func(c *Config) { c.Gate = &gateLog{refuse: errors.New("stopping")} })
	for name, call := range calls {
		a, err := call(t.Context(), c)
		assert.ErrorContains(t, requireError(t, err, protocol.NotSent), "stopping")
		assert.Equal(t, protocol.NotSent, a.Result, name)
	}
}

func TestForeignErrors(t *testing.T) {
	assert.Equal(t, protocol.Unanswered, ResultOf(errors.New("foreign")))
	assert.Equal(t, protocol.NotSent, ResultOf(fmt.Errorf("wrapped: %w", &Error{Result: protocol.NotSent})))
}

// A list that the API gave but that proves nothing shows that the API works.
func TestWorks(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, true},
		{&Error{Result: protocol.Incomplete, FromAPI: true}, true},
		{&Error{Result: protocol.Incomplete}, false},
		{&Error{Result: protocol.Incomplete, FromAPI: true, Status: http.StatusInternalServerError}, false},
		{errors.New("another"), false},
	} {
		assert.Equal(t, c.want, Works(ResultOf(c.err), c.err), "%v", c.err)
	}
}
