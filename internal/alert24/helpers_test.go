// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const testKey = configopaque.String("ak_live_0123456789abcdefghijABCDEFGHIJ01")

// serve starts a server for one test and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc, changes ...func(*Config)) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return connect(t, srv.Client(), srv.URL+"/api/v1", changes...)
}

func connect(t *testing.T, hc *http.Client, endpoint string, changes ...func(*Config)) *Client {
	t.Helper()
	t.Cleanup(hc.CloseIdleConnections)
	cfg := Config{APIKey: testKey, Source: "prometheus", Timeout: time.Minute} // also on a busy machine
	for _, change := range changes {
		change(&cfg)
	}
	c, err := New(hc, endpoint, cfg)
	require.NoError(t, err)
	return c
}

// answerWith returns a handler that always gives the same answer.
func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req-7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func requireResult(t *testing.T, err error, want protocol.Result) {
	t.Helper()
	require.Error(t, requireError(t, err, want))
}

// requireError fails unless err is an *Error with the result.
func requireError(t *testing.T, err error, want protocol.Result) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want.String(), e.Result.String(), "result of %q", err)
	return e
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// calls are the methods of the port that make one request, by name.
var calls = map[string]func(context.Context, *Client) (protocol.Answer, error){
	"create": func(ctx context.Context, c *Client) (protocol.Answer, error) { return c.Create(ctx, draft("A:1")) },
	"read":   func(ctx context.Context, c *Client) (protocol.Answer, error) { return c.Read(ctx, "i") },
	"update": func(ctx context.Context, c *Client) (protocol.Answer, error) {
		return c.Update(ctx, "i", draft("A:1"), protocol.Full.Fields())
	},
	"close":  func(ctx context.Context, c *Client) (protocol.Answer, error) { return c.Close(ctx, "i", time.Time{}) },
	"reopen": func(ctx context.Context, c *Client) (protocol.Answer, error) { return c.Reopen(ctx, "i") },
	"find": func(ctx context.Context, c *Client) (answer protocol.Answer, err error) {
		c.Find(ctx, []Question{{Alias: "A:1", Depth: protocol.Newest}}, func(_ int, a protocol.Answer, why error) { answer, err = a, why })
		return answer, err
	},
	"open": func(ctx context.Context, c *Client) (protocol.Answer, error) {
		_, err := c.Open(ctx)
		return conclude(protocol.Answer{}, err)
	},
}

func isWrite(call string) bool { return call != "read" && !isList(call) }
func isList(call string) bool  { return call == "find" || call == "open" }

// unknownOf is the result of a call whose answer tells nothing.
func unknownOf(call string) protocol.Result {
	if isWrite(call) {
		return protocol.Unanswered
	}
	return protocol.Incomplete
}

// draft returns a draft with every optional field.
func draft(alias string) Draft {
	return Draft{Alias: alias, Content: incident.Content{
		Title: "High error rate", Description: "7 %\n\nAlias: " + alias, Severity: incident.High, Source: "prometheus",
		Labels: labels.New(labels.Label{Name: "team", Value: "x"}), Tags: []string{incident.AliasTag(alias), "team:x"},
		AffectedServices: []string{"svc-1"}, ImpactDescription: "users wait", AssignedTo: "user-456",
		News: incident.Hashes{1, 2, 3, 4, 5, 6, 7},
	}}
}

// gateLog is a gate that records what passes.
type gateLog struct {
	mu     sync.Mutex
	passed []string // "kind result"
	pauses []time.Duration
	refuse error
}

func (g *gateLog) Enter(_ context.Context, kind protocol.Kind) (leave func(protocol.Result, time.Duration), err error) {
	if g.refuse != nil {
		return nil, g.refuse
	}
	return func(result protocol.Result, after time.Duration) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.passed = append(g.passed, kind.String()+" "+result.String())
		g.pauses = append(g.pauses, after)
	}, nil
}

// pageOf returns the only page of a list with these rows, each a JSON object.
func pageOf(rows ...string) string {
	return fmt.Sprintf(`{"data":[%s],"meta":{"total":%d,"has_more":false}}`, strings.Join(rows, ","), len(rows))
}

func response(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}
