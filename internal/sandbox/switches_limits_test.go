// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

var everyone = []any{"email", "sms", "call"}

// pages checks who would be paged about an incident with this status and severity.
func pages(t *testing.T, s *sandboxtest.Sandbox, status, severity string, channels ...any) {
	t.Helper()
	r := write(t, s, `{"title":"T","status":"`+status+`","severity":"`+severity+`"}`)
	i := admin(t, s, http.MethodGet, "incidents/"+r.data(t)["id"].(string), "").data(t)
	assert.ElementsMatch(t, channels, i["would_page"], "%s %s", status, severity)
	first, _ := i["history"].([]any)[0].(map[string]any)["would_page"].([]any)
	assert.ElementsMatch(t, channels, first)
}

func risen(channels ...any) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		id := create(t, s, "a")
		for _, severity := range []string{"low", "medium", "critical", "high", "high"} {
			require.Equal(t, 200, edit(t, s, id, `{"severity":"`+severity+`"}`).status)
		}
		i := admin(t, s, http.MethodGet, "incidents/"+id, "").data(t)
		assert.ElementsMatch(t, channels, i["would_page"])
		paged := 0
		for _, event := range i["history"].([]any) {
			if event.(map[string]any)["would_page"] != nil {
				paged++
			}
		}
		assert.Equal(t, min(1, len(channels)), paged, "only the rise pages")
		assert.Equal(t, paged, s.Stats().Pages["call"])
	}
}

// asked sends requests with two keys and returns their statuses.
func asked(t *testing.T, s *sandboxtest.Sandbox, keys ...string) (statuses []int) {
	t.Helper()
	s.SetKeys(map[string][]string{"ak_1": {"write"}, "ak_2": {"read"}})
	for _, key := range keys {
		statuses = append(statuses, sendAs(t, s, "Bearer "+key, http.MethodGet, incidents, "").status)
	}
	return statuses
}

func windowed(window time.Duration, countsRefused bool, statuses ...int) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		now := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
		limited := sandboxtest.Start(t, sandbox.Options{Now: func() time.Time { return now }})
		require.NoError(t, limited.SetSwitches(func(sw *sandbox.Switches) { *sw = s.Switches(); sw.RateLimit = 2 }))
		assert.Equal(t, []any{window, countsRefused}, []any{s.Switches().RateLimitWindow, s.Switches().RateLimitCountsRefused})
		var found []int
		for range statuses {
			found = append(found, asked(t, limited, "ak_1")...)
			now = now.Add(20 * time.Second)
		}
		assert.Equal(t, statuses, found)
	}
}

func retryAfter(header string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		with(t, s, func(sw *sandbox.Switches) { sw.RateLimit, sw.RateLimitWindow = 1, time.Hour })
		asked(t, s, "ak_1")
		r := sendAs(t, s, "Bearer ak_1", http.MethodGet, incidents, "")
		class, _ := r.apiError(t)
		assert.Equal(t, []any{429, "rate_limit_error", header}, []any{r.status, class, r.header.Get("Retry-After")})
	}
}

func incidentsScope(status int) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		s.SetKeys(map[string][]string{"ak_i": {"incidents"}})
		assert.Equal(t, status, sendAs(t, s, "Bearer ak_i", http.MethodPost, incidents, `{"title":"T"}`).status)
	}
}

// slow measures a create with a switch set, in the fake time of a bubble, and counts the incidents of two simultaneous creates.
func slow(set func(*sandbox.Switches), took time.Duration, made int) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, _ *sandboxtest.Sandbox) {
		t.Helper()
		simultaneous(t, set, took, made)
	}
}

var limitSwitches = map[string]checks{
	"pages_on": {
		"new": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			pages(t, s, "new", "critical", everyone...)
			pages(t, s, "new", "high", everyone...)
			pages(t, s, "new", "medium", "email")
			pages(t, s, "open", "critical")
			pages(t, s, "resolved", "critical")
			assert.Equal(t, map[string]int{"email": 3, "sms": 2, "call": 2}, s.Stats().Pages)
		},
		"any": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			pages(t, s, "open", "critical", everyone...)
			pages(t, s, "investigating", "low", "email")
			pages(t, s, "resolved", "critical")
		},
	},
	"updates_page":    {"false": risen(), "true": risen(everyone...)},
	"incidents_scope": {"false": incidentsScope(403), "true": incidentsScope(201)},
	"non_atomic_create": {
		"0s": slow(func(sw *sandbox.Switches) { sw.NonAtomicCreate = 0 }, 0, 1), "20ms": slow(func(*sandbox.Switches) {}, 20*time.Millisecond, 2),
	},
	"rate_limit": {
		"2": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			with(t, s, func(sw *sandbox.Switches) { sw.RateLimitWindow = time.Hour })
			assert.Equal(t, []int{200, 200, 429, 200, 401, 401, 401}, asked(t, s, "ak_1", "ak_1", "ak_1", "ak_2", "ak_x", "ak_x", "ak_x"))
			with(t, s, func(sw *sandbox.Switches) { sw.RateLimit = 0 })
			assert.Equal(t, []int{200}, asked(t, s, "ak_1"))
		},
	},
	// One request every 20 seconds, two per window.
	"rate_limit_window": {
		"1m0s": windowed(time.Minute, false, 200, 200, 429, 200, 200, 429), "40s": windowed(40*time.Second, false, 200, 200, 200, 200),
	},
	"rate_limit_counts_refused": {
		"false": windowed(time.Minute, false, 200, 200, 429, 200, 200, 429), "true": windowed(time.Minute, true, 200, 200, 429, 429, 429, 429),
	},
	"rate_limit_retry_after": {"0s": retryAfter(""), "1.5s": retryAfter("2")},
	"latency":                {"3s": slow(func(sw *sandbox.Switches) { sw.NonAtomicCreate, sw.Latency = 0, 3*time.Second }, 3*time.Second, 1)},
}
