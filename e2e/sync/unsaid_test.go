// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sync

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// TestEndsUnsaid: if Alertmanager never sends the end of an alert, its incident still closes, and no incident closes before its
// alert ends.
func TestEndsUnsaid(t *testing.T) { //nolint:funlen // one story: each step needs the one before
	b := startBench(t, 1)
	am := b.alertmanager(t, 0)
	open := func(t *testing.T, instance string) harness.Alert {
		t.Helper()
		alert := kit.AlertOn(instance)
		am.fires(t, alert)
		b.incident(t, instance, kit.IsOpen)
		b.syncs(t, 2) // a list has shown it
		return alert
	}
	stays := func(t *testing.T, instance string) {
		t.Helper()
		b.syncs(t, 5) // longer than absent_for
		b.incident(t, instance, kit.IsOpen)
	}
	closes := func(t *testing.T, alert harness.Alert) {
		t.Helper()
		before := b.effect(t.Context(), t, "resolved")
		am.ends(t, alert)
		b.incident(t, alert.Labels["instance"], kit.IsResolved)
		assert.Greater(t, b.effect(t.Context(), t, "resolved"), before, "a webhook came after all")
	}

	t.Run("silenced", func(t *testing.T) {
		alert := open(t, "silenced")
		am.silence(t, "silenced")
		stays(t, "silenced")
		assert.Equal(t, 1, strings.Count(b.collector.Log(), `"created_by": "jane"`), "the log tells who silences it, once")
		closes(t, alert)
	})

	t.Run("inhibited", func(t *testing.T) {
		undo := am.configure(t, "receivers:\n", `inhibit_rules:
  - source_matchers: [alertname = "Cause"]
    target_matchers: [alertname = "HighErrorRate"]
    equal: [instance]
receivers:
`)
		alert := open(t, "inhibited")
		cause := kit.AlertOn("inhibited")
		cause.Labels["alertname"], cause.Labels["severity"] = "Cause", "info" // it is routed nowhere
		am.fires(t, cause)
		stays(t, "inhibited")
		closes(t, alert)
		undo()
	})

	t.Run("muted by a time interval", func(t *testing.T) {
		alert := open(t, "muted")
		undo := am.configure(t,
			"receivers:\n", "time_intervals: [{name: always, time_intervals: [{times: [{start_time: '00:00', end_time: '24:00'}]}]}]\nreceivers:\n",
			"    - matchers: [severity = \"critical\"]\n", "    - matchers: [severity = \"critical\"]\n      mute_time_intervals: [always]\n")
		stays(t, "muted")
		closes(t, alert)
		undo()
	})

	t.Run("cut by max_alerts", func(t *testing.T) {
		undo := am.configure(t, "max_alerts: 0", "max_alerts: 1", "group_by: [alertname, instance, job]", "group_by: [alertname]")
		alert := open(t, "z-cut")
		other := kit.AlertOn("a-first") // Alertmanager sorts it to the front, so it is sent
		am.fires(t, other)
		b.incident(t, "a-first", kit.IsOpen)
		closes(t, alert)
		b.incident(t, "a-first", kit.IsOpen)
		undo()
		am.ends(t, other)
		b.incident(t, "a-first", kit.IsResolved)
	})

	t.Run("routed elsewhere by a reload", func(t *testing.T) {
		alert := open(t, "rerouted")
		undo := am.configure(t, "    - matchers: [severity = \"critical\"]\n      receiver: alert24", "    - matchers: [severity = \"critical\"]\n      receiver: nowhere")
		stays(t, "rerouted")
		closes(t, alert)
		undo()
	})

	require.Zero(t, b.effect(t.Context(), t, "resolve_withdrawn"))
}

// TestAResolveThatComesCounts: with a sync, a resolve from Alertmanager closes the incident as before, at the true end.
func TestAResolveThatComesCounts(t *testing.T) {
	b := startBench(t, 1)
	am := b.alertmanager(t, 0)
	alert := kit.AlertOn("said")
	am.fires(t, alert)
	b.incident(t, "said", kit.IsOpen)
	b.doors[0].behind.Store(nil) // no list can end the alert first
	b.whole(t, 0)
	am.ends(t, alert)
	b.incident(t, "said", kit.IsResolved)
	am.enters(t)
	b.whole(t, 1)
	assert.Zero(t, b.effect(t.Context(), t, "resolved"))
}
