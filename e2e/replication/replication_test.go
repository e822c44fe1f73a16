// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replication

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// longHold: one Alertmanager may send its firing after the other's resolve, and then no resolve. After a short hold, that opens another
// incident.
const longHold = "exporters.alert24.echo.hold=6m"

// The leader is killed while an alert fires: the incident closes once, with the true end.
func TestLeaderIsKilledWhileAnAlertFires(t *testing.T) {
	f := startSome(t, replicas, longHold)
	pair := f.pair(t)
	alert := kit.HighErrorRate()
	require.NoError(t, pair.Post(t.Context(), alert))
	kit.OnlyIncident(t, f.sandbox, kit.IsOpen)

	killed := f.leader(t)
	killed.Kill()
	took := f.takeover(t, killed)
	t.Logf("another replica led %s after the kill, with a lease of %s", took, lease)
	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, pair.Post(t.Context(), alert))
	closed := kit.OnlyIncident(t, f.sandbox, kit.IsResolved)
	assert.WithinDuration(t, alert.EndsAt, closed.ResolvedAt, time.Millisecond)

	require.NoError(t, killed.Start(t.Context()))
	stopped := f.leader(t)
	require.NoError(t, stopped.Stop())
	t.Logf("another replica led %s after a clean stop", f.takeover(t, stopped))

	next := kit.AlertOn("api-02.prod")
	require.NoError(t, pair.Post(t.Context(), next))
	kit.Eventually(t, func(context.Context) error {
		if open := f.sandbox.Open("HighErrorRate:api-02.prod"); len(open) != 1 {
			return fmt.Errorf("%d are open", len(open))
		}
		return nil
	})
	kit.AtRest(t, f.sandbox, 2*time.Second)
	assert.Len(t, f.sandbox.Incidents(), 2)
}

// takeover returns how long another replica takes to become leader.
func (f *fleet) takeover(t *testing.T, from *harness.Collector) time.Duration {
	t.Helper()
	began := time.Now()
	f.leaderBut(t, from)
	return time.Since(began).Round(time.Millisecond)
}

// The leader is paused for longer than its lease, and then continues as if nothing had happened. The changes of its successor stay.
func TestLeaderSleepsThroughItsLease(t *testing.T) {
	f := startSome(t, replicas, longHold)
	pair := f.pair(t)
	alert := kit.HighErrorRate()
	require.NoError(t, pair.Post(t.Context(), alert))
	kit.OnlyIncident(t, f.sandbox, kit.IsOpen)

	asleep := f.leader(t)
	require.NoError(t, asleep.Pause())
	next := f.leaderBut(t, asleep)
	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, pair.Post(t.Context(), alert))
	closed := kit.OnlyIncident(t, f.sandbox, kit.IsResolved)
	assert.WithinDuration(t, alert.EndsAt, closed.ResolvedAt, time.Millisecond)

	require.NoError(t, asleep.Resume())
	kit.Eventually(t, func(ctx context.Context) error { return kit.Readiness(ctx, t, asleep, http.StatusOK, "ready") })
	kit.Eventually(t, func(ctx context.Context) error { // it may believe for a moment that it still leads
		leads, err := asleep.Leads(ctx)
		if err == nil && leads {
			err = errors.New("the former leader leads")
		}
		return err
	})
	assert.Equal(t, next, f.leader(t))
	kit.AtRest(t, f.sandbox, 2*time.Second)
	kit.OnlyIncident(t, f.sandbox, kit.IsResolved)
}

// Three replicas are upgraded one after another under load. With a proxy that tries a second one, no webhook fails.
func TestRollingRestartLosesNoWebhook(t *testing.T) {
	f := start(t)
	metrics := map[string]bool{}
	for _, name := range []string{
		"leader", "lease_age", "takeovers", "inbox_age", "inbox_webhooks", "inbox_set_aside", "commit_duration_bucket",
	} {
		metrics["otelcol_exporter_alert24_"+name] = true
	}
	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	const aliases = 4
	for i := range aliases {
		w := kit.Firing(fmt.Sprintf("host-%d", i), "critical")
		senders.Go(func() { f.repeat(ctx, t, w) })
	}
	for range 2 {
		for _, c := range f.collectors {
			require.NoError(t, c.Stop())
			require.NoError(t, c.Start(t.Context()))
			kit.Eventually(t, func(ctx context.Context) error { return kit.Readiness(ctx, t, c, http.StatusOK, "ready") })
		}
	}
	cancel()
	senders.Wait()
	for name, series := range kit.Scrape(t.Context(), t, f.leader(t)) {
		for labels := range series {
			if strings.Contains(labels, `exporter="alert24"`) {
				delete(metrics, name)
			}
		}
	}
	assert.Empty(t, metrics, "these are not there")
	passed := f.witness.passed.Load()
	assert.Zero(t, f.witness.failed.Load())
	assert.Greater(t, passed, int64(aliases*replicas))
	kit.AtRest(t, f.sandbox, 2*time.Second)
	assert.Len(t, f.sandbox.Incidents(), aliases)
	t.Logf("%d webhooks", passed)
}

// repeat sends a webhook again and again. It waits only for the sender's own interval.
func (f *fleet) repeat(ctx context.Context, t *testing.T, w kit.Webhook) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	client, body := kit.Client(), kit.Body(t, w)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// The last one is not cut off.
			_, _, err := kit.Send(context.WithoutCancel(ctx), t, client, f.proxy.URL, harness.WebhookToken, nil, body)
			assert.NoError(t, err)
		}
	}
}
