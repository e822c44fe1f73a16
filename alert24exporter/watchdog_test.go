// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// watchdogKey is the key of cluster eu's watchdog, downKey the key of another alert there.
var watchdogKey, downKey = []byte("0123456789abcdef"), []byte("fedcba9876543210")

const euAlias = "Watchdog:eu"

// of is an alert of cluster eu.
func of(name, status string, key []byte) plog.Logs {
	a := alertAttributes(status)
	a[attrs.Alias], a[attrs.AlertName] = name+":eu-1", name
	a[attrs.AlertLabelPrefix+"alertname"], a[attrs.AlertLabelPrefix+"cluster"] = name, "eu"
	ld := logs(a)
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutEmptyBytes(attrs.AlertKey).FromRaw(key)
	return ld
}

func watchdogs(missingAfter time.Duration) func(*Config) {
	return func(c *Config) {
		c.Watchdog = WatchdogConfig{Matchers: []string{`alertname="Watchdog"`}, GroupBy: []string{"cluster"}, MissingAfter: missingAfter}
		c.Lifecycle.AuditInterval = 50 * time.Millisecond
	}
}

// heard sends the watchdog twice, so that its source is watched.
func heard(t *testing.T, exp exporter.Logs, missingAfter time.Duration) {
	t.Helper()
	require.NoError(t, exp.ConsumeLogs(t.Context(), of("Watchdog", "firing", watchdogKey)))
	time.Sleep(missingAfter / 20)
	require.NoError(t, exp.ConsumeLogs(t.Context(), of("Watchdog", "firing", watchdogKey)))
}

func opens(t *testing.T, box *sandboxtest.Sandbox, alias string, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return len(box.Open(alias)) == n }, soon, tick, "%s should have %d open incidents", alias, n)
}

func TestWatchdog(t *testing.T) { inBubble(t, watchdogFallsSilent) }

func watchdogFallsSilent(t *testing.T, box bubble) {
	t.Helper()
	const missingAfter = time.Second
	dir := t.TempDir()
	exp, stop := box.start(t, dir, watchdogs(missingAfter))
	heard(t, exp, missingAfter)
	require.Empty(t, box.Incidents(), "it opens no incident")
	opens(t, box.Sandbox, euAlias, 1)
	incident := box.Open(euAlias)[0]
	assert.Equal(t, "No heartbeat from eu", incident.Title)
	assert.Equal(t, "critical", incident.Severity)
	stop()

	exp, stop = box.start(t, dir, watchdogs(missingAfter))
	time.Sleep(missingAfter / 2)
	opens(t, box.Sandbox, euAlias, 1)
	require.NoError(t, exp.ConsumeLogs(t.Context(), of("Watchdog", "resolved", watchdogKey)))
	opens(t, box.Sandbox, euAlias, 1)
	require.NoError(t, exp.ConsumeLogs(t.Context(), of("Watchdog", "firing", watchdogKey)))
	opens(t, box.Sandbox, euAlias, 0)

	// The exporter restarts while the watchdog is heard, and then it falls silent.
	stop()
	exp, stop = box.start(t, dir, watchdogs(missingAfter))
	opens(t, box.Sandbox, euAlias, 1)
	require.Len(t, box.Incidents(), 2)

	// A person closes the incident: the source is forgotten.
	require.NoError(t, box.PersonResolves(box.Open(euAlias)[0].ID))
	time.Sleep(3 * missingAfter)
	opens(t, box.Sandbox, euAlias, 0)
	require.Len(t, box.Incidents(), 2)
	heard(t, exp, missingAfter)
	opens(t, box.Sandbox, euAlias, 1)

	// The watchdog is switched off.
	stop()
	_, stop = box.start(t, dir, func(*Config) {})
	defer stop()
	opens(t, box.Sandbox, euAlias, 0)
}

func TestHeartbeatIsSentWhileHeard(t *testing.T) {
	var requests, keys atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Header.Get("Authorization") != "" || r.Header.Get("X-Secret") != "" {
			keys.Add(1)
		}
	}))
	defer server.Close()
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, stop := start(t, box, "", func(c *Config) {
		watchdogs(time.Hour)(c)
		c.Watchdog.HeartbeatURL = configopaque.String(server.URL + "/hb/s3cret")
		c.ClientConfig.Headers.Set("X-Secret", "s3cret")
	})
	defer stop()
	time.Sleep(100 * time.Millisecond)
	assert.Zero(t, requests.Load())
	require.NoError(t, exp.ConsumeLogs(t.Context(), of("Watchdog", "firing", watchdogKey)))
	require.NoError(t, exp.ConsumeLogs(t.Context(), listOf(watchdogKey))) // so that its source is watched at once
	require.Eventually(t, func() bool { return requests.Load() == 1 }, soon, tick)
	assert.Zero(t, keys.Load(), "neither the key nor a header goes there")
}

// listOf is a complete list with these alerts.
func listOf(keys ...[]byte) plog.Logs {
	ld := logs(map[string]string{attrs.SyncSource: "alertmanager"})
	r := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	r.SetEventName(attrs.SyncEventName)
	r.Attributes().PutBool(attrs.SyncComplete, true)
	r.Attributes().PutInt(attrs.SyncAbsentFor, 100)
	var all []byte
	for _, k := range keys {
		all = append(all, k...)
	}
	r.Attributes().PutEmptyBytes(attrs.SyncActive).FromRaw(all)
	return ld
}

// TestHoldResolves: when a Prometheus dies, its alerts seem to resolve. They stay open until its watchdog is heard.
func TestHoldResolves(t *testing.T) {
	for name, said := range map[string]bool{"a webhook resolves": true, "lists lack it": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, box bubble) {
				t.Helper()
				holdsResolves(t, box, said)
			})
		})
	}
}

func holdsResolves(t *testing.T, box bubble, said bool) {
	t.Helper()
	const missingAfter = 2 * time.Second
	exp, stop := box.start(t, t.TempDir(), func(c *Config) {
		watchdogs(missingAfter)(c)
		c.Watchdog.HoldResolves = true
	})
	defer stop()
	send := func(ld plog.Logs) { require.NoError(t, exp.ConsumeLogs(t.Context(), ld)) }
	heard(t, exp, missingAfter)
	send(of("Down", "firing", downKey))
	opens(t, box.Sandbox, "Down:eu-1", 1)
	send(listOf(watchdogKey, downKey))

	end := time.Now()
	if said {
		send(of("Down", "resolved", downKey))
	}
	for time.Since(end) < missingAfter {
		send(listOf()) // neither the alert nor the watchdog
		time.Sleep(50 * time.Millisecond)
	}
	require.Len(t, box.Open("Down:eu-1"), 1)
	opens(t, box.Sandbox, euAlias, 1)
	send(listOf(watchdogKey))
	opens(t, box.Sandbox, "Down:eu-1", 0)
	opens(t, box.Sandbox, euAlias, 0)
	for _, i := range box.Incidents() {
		if i.Alias == "Down:eu-1" {
			assert.WithinDuration(t, end, i.ResolvedAt, missingAfter/2, "the true end")
		}
	}
}

// Only the leader watches. Its successor takes over what it knows.
func watchdogThroughAFollower(f *fleet) {
	var beats [2]atomic.Int64 // of each replica
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { beats[r.URL.Path[1]-'0'].Add(1) }))
	f.t.Cleanup(server.Close)
	join := func(i int, missingAfter time.Duration) *alert24Exporter {
		return f.join("", func(c *Config) {
			stays(c)
			watchdogs(missingAfter)(c)
			c.Watchdog.HeartbeatURL = configopaque.String(fmt.Sprintf("%s/%d", server.URL, i))
		})
	}
	leader := f.leader(join(0, time.Hour)) // for it, the watchdog does not fall silent, however slow the machine is
	follower := join(1, 3*time.Second)
	f.sends(follower, of("Watchdog", "firing", watchdogKey))
	f.sends(follower, listOf(watchdogKey)) // so that its source is watched at once
	require.Eventually(f.t, func() bool { return len(leader.ledger().Notes()) == 1 && beats[0].Load() > 0 }, patience, tick)
	require.Equal(f.t, 1, leader.term.Load().watch.counts().Heard)
	require.Nil(f.t, follower.term.Load())
	require.Zero(f.t, beats[1].Load(), "only the leader sends the heartbeat")
	require.NoError(f.t, leader.shutdown(f.t.Context()))
	f.leader(follower)
	now := follower.term.Load().watch.counts()
	require.Equal(f.t, 1, now.Heard+now.Missing)
	require.Eventually(f.t, func() bool { return len(f.box.Open(euAlias)) == 1 }, patience, tick)
	assert.Equal(f.t, 1, f.created())
}

// TestWatchdogIsTheReason: the log tells that an alert has no incident because it is a watchdog.
func TestWatchdogIsTheReason(t *testing.T) {
	exp, logged := startObserved(t, sandboxtest.Start(t, sandbox.Options{}), watchdogs(time.Minute))
	defer func() { require.NoError(t, exp.Shutdown(t.Context())) }()
	require.NoError(t, exp.ConsumeLogs(t.Context(), of("Watchdog", "firing", watchdogKey)))
	said := logged.FilterMessageSnippet("An alert opens no incident").All()
	require.Len(t, said, 1)
	assert.Equal(t, "watchdog::matchers: it is a watchdog, whose silence opens an incident", said[0].ContextMap()["reason"])
}
