// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// calls are the client's methods that concern one incident.
var calls = map[string]func(context.Context, *Client) error{
	"create": func(ctx context.Context, c *Client) error { _, err := c.Create(ctx, Write{Title: "t"}); return err },
	"update": func(ctx context.Context, c *Client) error {
		_, err := c.Update(ctx, "i", Write{Title: "t"})
		return err
	},
	"get": func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, "i"); return err },
}

// statusClass is the table of docs/delivery: what each status does, by who sent it.
func statusClass(call string, status int, envelope bool) Class {
	switch {
	case status >= 200 && status <= 299:
		if envelope {
			return Accepted
		}
	case status == 404:
		if envelope && call != "create" {
			return Gone
		}
	case status == 401, status == 403:
		return Denied
	case status == 429:
		return RateLimited
	case status == 400, status == 405, status == 413, status == 415, status == 422:
		return Refused
	}
	return Uncertain
}

func TestEveryStatus(t *testing.T) {
	bodies := map[string]func(status int) string{
		"api": func(status int) string {
			switch {
			case status >= 200 && status <= 299:
				return `{"data":{"id":"i","status":"open"}}`
			case status == 404:
				return `{"error":{"type":"not_found","message":"Incident not found","status":404}}`
			default:
				return fmt.Sprintf(`{"error":{"type":"some_error","message":"why","status":%d}}`, status)
			}
		},
		"html":  func(int) string { return "<html><body><h1>Bad gateway</h1></body></html>" },
		"empty": func(int) string { return "" },
	}
	checked := 0
	for status := 100; status <= 599; status++ {
		for kind, body := range bodies {
			for name, call := range calls {
				// A transport of our own: a real server cannot end with 1xx.
				c := connect(t, &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{
						StatusCode: status, Body: io.NopCloser(strings.NewReader(body(status))),
						Header: http.Header{"X-Request-Id": {"r-1"}, "Location": {"https://other.example/x?key=1"}, "Retry-After": {"7"}},
					}, nil
				})}, "https://alert24.example")
				err := call(t.Context(), c)
				want := statusClass(name, status, kind == "api")
				require.Equal(t, want, Classify(err), "%s: %d %s: %v", name, status, kind, err)
				checked++
				if want == Accepted {
					require.NoError(t, err)
					continue
				}
				e := requireError(t, err, want)
				assert.Equal(t, status, e.Status)
				assert.Equal(t, "r-1", e.RequestID)
				if status < 200 || status > 299 {
					assert.Equal(t, 7*time.Second, e.RetryAfter)
				}
				assert.Equal(t, kind == "api" && status >= 200, e.Type != "" && e.Message != "", "%v", e)
			}
		}
	}
	assert.Equal(t, 500*3*3, checked)
}

func TestA404OfAnotherKindIsNotGone(t *testing.T) {
	for name, body := range map[string]string{
		"another type":        `{"error":{"type":"route_not_found","message":"Incident not found","status":404}}`,
		"no type":             `{"error":{"message":"Incident not found"}}`,
		"error is a string":   `{"error":"not_found"}`,
		"type at the top":     `{"type":"not_found","message":"Incident not found"}`,
		"cut":                 `{"error":{"type":"not_found","message":"Incident not`,
		"html":                "<html>not_found</html>",
		"a list":              `[{"error":{"type":"not_found"}}]`,
		"more behind the end": `{"error":{"type":"not_found"}}<!-- cached -->`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, answerWith(http.StatusNotFound, body)).Update(t.Context(), "i", Write{})
			assert.Contains(t, requireError(t, err, Uncertain).Error(), "check endpoint")
		})
	}
	_, err := serve(t, answerWith(http.StatusNotFound, `{"error":{"type":"not_found","message":"x"}}`)).List(t.Context(), ListOptions{})
	requireClass(t, err, Uncertain)
}

func TestA2xxWithoutAUsableBodyIsUncertain(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "html": "<html>", "cut": `{"data":{"id":"i"`, "null": "null", "no data": `{"id":"i"}`,
		"data is null": `{"data":null}`, "data is a list": `{"data":[{"id":"i"}]}`, "an error": `{"error":{"type":"x"}}`,
		"more behind the end": `{"data":{"id":"i"}}x`,
		"too long":            `{"data":{"id":"i","description":"` + strings.Repeat("a", maxAnswer) + `"}}`,
	} {
		for call, do := range calls {
			t.Run(name+"/"+call, func(t *testing.T) {
				err := do(t.Context(), serve(t, answerWith(http.StatusOK, body)))
				e := requireError(t, err, Uncertain)
				assert.Less(t, len(e.Error()), 500)
				assert.Equal(t, name == "too long", strings.Contains(e.Error(), "longer than 1048576 bytes"), "%v", e)
			})
		}
	}
	for name, body := range map[string]string{
		"no id": `{"data":{"title":"t"}}`, "id is null": `{"data":{"id":null}}`, "id is empty": `{"data":{"id":""}}`,
		"id is an object": `{"data":{"id":{}}}`, "id climbs": `{"data":{"id":".."}}`,
		"id is endless": `{"data":{"id":"` + strings.Repeat("a", maxIDBytes+1) + `"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, answerWith(http.StatusCreated, body)).Create(t.Context(), Write{Title: "t"})
			requireClass(t, err, Uncertain)
		})
	}
}

func TestOddFieldsDoNotSpoilAnAnswer(t *testing.T) {
	inc, err := serve(t, answerWith(http.StatusOK, `{"data":{"id":12,"incident_number":"x","title":null,"tags":["a",7,{}],
		"status":[1],"started_at":"yesterday","created_at":5,"new_field":{"a":[1]},"severity":true},"extra":1}`)).
		Create(t.Context(), Write{Title: "t"})
	require.NoError(t, err)
	assert.Equal(t, Incident{ID: "12", Tags: []string{"a", "7", ""}}, inc)
}

func TestClassString(t *testing.T) {
	seen := map[string]bool{}
	for c := Accepted; c <= Uncertain; c++ {
		seen[c.String()] = true
	}
	assert.Len(t, seen, 7)
	assert.Equal(t, "uncertain", Class(200).String())
}
