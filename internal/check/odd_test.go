// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/check"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// odd changes requests and answers on their way. The result is an API that no switch of the sandbox gives.
type odd struct {
	http.RoundTripper
	request, answer func(body []byte) []byte
	header          string // the limit in X-RateLimit-Limit
}

func (o *odd) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.request != nil && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = o.request(body)
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	resp, err := o.RoundTripper.RoundTrip(r)
	if err == nil && o.header != "" {
		resp.Header.Set("X-RateLimit-Limit", o.header)
	}
	if err != nil || o.answer == nil {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	body = o.answer(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return resp, nil
}

func without(pattern string) func([]byte) []byte {
	p := regexp.MustCompile(pattern)
	return func(body []byte) []byte { return p.ReplaceAll(body, nil) }
}

// TestServices asks whether services can be found by their names.
func TestServices(t *testing.T) {
	for name, tt := range map[string]struct {
		fault     sandbox.Fault
		byName    bool
		behaviour string
		level     check.Level
	}{
		"listed":                {sandbox.Fault{Match: sandbox.Match{PathPrefix: "/none"}, Status: 500}, true, "listed", check.OK},
		"not there":             {sandbox.Fault{Match: sandbox.Match{PathPrefix: "/api/v1/services"}, Status: 404}, false, "no", check.Note},
		"not there, and needed": {sandbox.Fault{Match: sandbox.Match{PathPrefix: "/api/v1/services"}, Status: 403}, true, "no", check.Change},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, o := start(t, nil)
				s.SetServices(sandbox.Service{ID: "svc-1", Name: "API"})
				_, err := s.AddFault(tt.fault)
				require.NoError(t, err)
				if tt.byName {
					o.Incident.Services = incident.ServicesConfig{Label: "service", By: incident.ServicesByName}
				}
				report := check.Run(t.Context(), o)
				i := slices.IndexFunc(report.Findings, func(f check.Finding) bool { return f.Point == "services" })
				assert.Equal(t, tt.behaviour, report.Findings[i].Behaviour)
				assert.Equal(t, tt.level, report.Findings[i].Level)
				assert.Equal(t, tt.level == check.Change, report.Findings[i].Change != "")
				assert.Empty(t, report.Stopped)
			})
		})
	}
}

// TestOddAPIs expects reports of problems that no setting can cure, and no open incident at the end.
func TestOddAPIs(t *testing.T) {
	inner := regexp.MustCompile(`^\{"data":(\{.*\})\}$`)
	for name, tt := range map[string]struct {
		odd  odd
		want map[string]string
	}{
		"no deduplication": {odd{request: without(`"alias":"[^"]*",`)}, map[string]string{"again": "second", "lookup": "found", "after_close": "new"}},
		"no has_more":      {odd{answer: without(`,"has_more":(true|false)`)}, map[string]string{"paging": "no", "lookup": "incomplete"}},
		"no marks":         {odd{answer: without(`"(tags|description)":("[^"]*"|\[[^\]]*\]),`)}, map[string]string{"get_marks": "nothing", "row_marks": "nothing", "lookup": "incomplete", "tags_form": "absent"}},
		"no status":        {odd{answer: without(`"status":"[^"]*",`)}, map[string]string{"get": "no", "left_open": "nothing"}},
		"no envelope":      {odd{answer: func(b []byte) []byte { return inner.ReplaceAll(b, []byte("$1")) }}, map[string]string{"create": "not_readable", "envelope": "bare"}},
		"titles stay": {odd{request: func(b []byte) []byte {
			return regexp.MustCompile(`"title":"[^"]*\(updated\)"`).ReplaceAll(b, []byte(`"x":1`))
		}}, map[string]string{"update_title": "ignored"}},
		"statuses with capitals": {odd{answer: func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`"status":"resolved"`), []byte(`"status":"Resolved"`))
		}}, map[string]string{"left_open": "nothing"}},
		"closes are not done": {odd{request: without(`"status":"resolved"`)}, map[string]string{"close": "refused", "left_open": "something"}},
		"closes are only accepted": {odd{request: func(b []byte) []byte {
			return regexp.MustCompile(`"status":"resolved"(,"resolved_at":"[^"]*")?|"resolved_at":"[^"]*","status":"resolved"`).ReplaceAll(b, []byte(`"x":1`))
		}}, map[string]string{"close": "still_open", "left_open": "something"}},
		"a limit is in headers": {odd{header: "600"}, map[string]string{"rate_limit": "headers"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, o := start(t, nil)
				tt.odd.RoundTripper = o.HTTP.Transport
				o.HTTP.Transport = &tt.odd
				report := check.Run(t.Context(), o)
				got := behaviours(report)
				for point, behaviour := range tt.want {
					assert.Equal(t, behaviour, got[point], point)
				}
				require.NotEmpty(t, s.Incidents())
				if tt.odd.header != "" {
					limit := report.Findings[slices.IndexFunc(report.Findings, func(f check.Finding) bool { return f.Point == "rate_limit" })]
					assert.Equal(t, "X-Ratelimit-Limit: 600", limit.Seen)
					assert.Equal(t, "limits::requests_per_second: 10, if the limit of 600 is for a minute", limit.Change)
				}
				if tt.want["left_open"] != "something" {
					for _, i := range s.Incidents() {
						assert.False(t, i.Open(), i.Title)
					}
				} else {
					assert.NotEmpty(t, report.LeftOpen)
				}
			})
		})
	}
}

// TestLimitOfACheckWithoutLimit expects a change if the bridge does not limit its requests and the API does.
func TestLimitOfACheckWithoutLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := start(t, nil)
		o.PerSecond = 0
		o.HTTP.Transport = &odd{RoundTripper: o.HTTP.Transport, header: "600"}
		report := check.Run(t.Context(), o)
		limit := report.Findings[slices.IndexFunc(report.Findings, func(f check.Finding) bool { return f.Point == "rate_limit" })]
		assert.Equal(t, check.Change, limit.Level)
	})
}

// TestNothingCommandsATerminal expects the API's words without what they could do to a terminal.
func TestNothingCommandsATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o := start(t, nil)
		_, err := s.AddFault(sandbox.Fault{Match: sandbox.Match{Method: "PUT"}, Status: 403, Message: "no \x1b[2J"})
		require.NoError(t, err)
		answer := func(b []byte) []byte {
			b = bytes.ReplaceAll(b, []byte(`"incident_number":1`), []byte(`"incident_number":"1\u001b[2J"`))
			return bytes.ReplaceAll(b, []byte(`"status":"new"`), []byte(`"status":"n\u001b[2J"`))
		}
		o.HTTP.Transport = &odd{RoundTripper: o.HTTP.Transport, answer: answer}
		report := check.Run(t.Context(), o)
		require.Len(t, report.LeftOpen, 1)
		assert.Equal(t, "#1 [2J", report.LeftOpen[0].Number)
		assert.NotContains(t, fmt.Sprint(report), "\x1b")

		s.ClearFaults() // it accepts closes, and then says an odd status
		o.HTTP.Transport.(*odd).answer = func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`"status":"resolved"`), []byte(`"status":"n\u001b[2J"`))
		}
		report = check.Run(t.Context(), o)
		assert.Contains(t, fmt.Sprint(report), "still n [2J")
		assert.NotContains(t, fmt.Sprint(report), "\x1b")
	})
}
