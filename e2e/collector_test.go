// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// Timers of the collector in these tests.
const (
	settleTime = time.Second
	late       = settleTime / 2 // after the client gave up or died
	hold       = 3 * time.Second
)

// quick makes the collector's timers short.
func quick() []string {
	return []string{
		"exporters.alert24.timeout=5s",
		"exporters.alert24.limits.requests_per_second=0",
		"exporters.alert24.lifecycle.settle_time=" + settleTime.String(),
		"exporters.alert24.retry_on_failure.initial_interval=50ms",
		"exporters.alert24.retry_on_failure.max_interval=500ms",
		"exporters.alert24.echo.hold=" + hold.String(),
		"exporters.alert24.echo.window=1m",
		"receivers.alertmanager.shutdown_timeout=1s",
	}
}

// startCollector runs a collector and a sandbox until the test ends, without an Alertmanager. A failed test shows the log.
func startCollector(t *testing.T, set ...string) (*harness.Sandbox, *harness.Collector) {
	t.Helper()
	found := binaries(t, harness.CollectorEnv)
	s, err := harness.StartSandbox(t.Context())
	require.NoError(t, err)
	t.Cleanup(s.Close)
	c, err := harness.StartCollector(t.Context(), harness.CollectorOptions{
		Binary: found.Collector, Endpoint: s.Endpoint(), APIKey: s.Key, Dir: t.TempDir(), Set: set,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, c.Stop())
		if t.Failed() {
			t.Logf("collector:\n%s", c.Tail())
		}
	})
	return s, c
}

// deliver posts a webhook that the collector must take.
func deliver(t *testing.T, c *harness.Collector, w webhook) {
	t.Helper()
	require.Equal(t, http.StatusOK, post(t, c, harness.WebhookToken, w))
}

// resolved is the end of what w says.
func resolved(w webhook) webhook {
	w.Status = "resolved"
	a := w.Alerts[0]
	a.Status, a.EndsAt = "resolved", milliseconds(time.Now())
	w.Alerts = []webhookAlert{a}
	return w
}

// again is the same alert, later.
func again(w webhook) webhook {
	a := w.Alerts[0]
	a.StartsAt = milliseconds(time.Now())
	w.Alerts = []webhookAlert{a}
	return w
}

// saying is w with another summary.
func saying(w webhook, summary string) webhook {
	a := w.Alerts[0]
	a.Annotations = map[string]string{"summary": summary}
	w.Alerts = []webhookAlert{a}
	return w
}

// atRest waits until the sandbox has been left alone for longer than any timer of the collector that could make it call,
// with nothing left that could be carried out late.
func atRest(t *testing.T, s *harness.Sandbox, longest time.Duration) {
	t.Helper()
	requests, since := -1, time.Now()
	eventually(t, func(context.Context) error {
		if n := len(s.Requests()) + s.Stats().PendingCommits; n != requests {
			requests, since = n, time.Now()
		}
		if quiet := time.Since(since); quiet < longest+time.Second {
			return fmt.Errorf("the last request was %s ago", quiet)
		}
		return nil
	})
}

// requireIncidents compares all incidents that there ever were, oldest first: their status and title.
func requireIncidents(t *testing.T, s *harness.Sandbox, want ...string) {
	t.Helper()
	var got []string // nil like want, if there are none
	for _, i := range s.Incidents() {
		got = append(got, i.Status+" "+i.Title)
	}
	require.Equal(t, want, got)
}
