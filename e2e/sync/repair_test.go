// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sync

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// both lets lists open incidents as well.
var both = []string{"receivers.alertmanager.sync.repair=both", "receivers.alertmanager.sync.receiver=alert24"}

// burning is an alert that began long ago.
func burning(instance string) harness.Alert {
	a := kit.AlertOn(instance)
	a.StartsAt = a.StartsAt.Add(-10 * time.Minute)
	return a
}

// TestNoWebhookComes: Alertmanager's webhooks get lost. An alert that it lists for the receiver, and would have sent, opens an
// incident and closes it. No other alert does.
func TestNoWebhookComes(t *testing.T) {
	b := startBench(t, 1, both...)
	am := b.behindNoDoor(t, 0, b.collector.Webhook+"-that-is-wrong")
	unsaid, silenced, elsewhere, young := burning("unsaid"), burning("silenced"), burning("elsewhere"), kit.AlertOn("young")
	elsewhere.Labels["severity"] = "info"
	am.silence(t, "silenced")
	am.fires(t, unsaid, silenced, elsewhere, young)
	am.enters(t)
	b.incident(t, "unsaid", kit.IsOpen)
	b.syncs(t, 3)
	require.Len(t, b.sandbox.Incidents(), 1, "of what is silenced, routed elsewhere or young there is none")
	b.repaired(t, 1)

	am.ends(t, unsaid)
	b.incident(t, "unsaid", kit.IsResolved)
	assert.Positive(t, b.effect(t.Context(), t, "resolved"))
}

// TestNothingOpensInDoubt: a list that may be incomplete opens nothing.
func TestNothingOpensInDoubt(t *testing.T) {
	t.Run("one of two says nothing", func(t *testing.T) {
		b := startBench(t, 2, both...)
		am := b.behindNoDoor(t, 0, b.collector.Webhook+"-that-is-wrong")
		am.fires(t, burning("doubted"))
		am.enters(t)
		b.whole(t, 0)
		b.syncs(t, 5)
		require.Empty(t, b.sandbox.Incidents())
		b.doors[1].leads(t, am.Alertmanager)
		b.incident(t, "doubted", kit.IsOpen)
	})
	t.Run("it was just started", func(t *testing.T) {
		b := startBench(t, 1, append(both, "receivers.alertmanager.sync.startup_grace=1h")...)
		am := b.behindNoDoor(t, 0, b.collector.Webhook+"-that-is-wrong")
		am.fires(t, burning("doubted"))
		am.enters(t)
		b.whole(t, 0)
		b.syncs(t, 5)
		require.Empty(t, b.sandbox.Incidents())
	})
}

// TestBridgeWithoutItsStorage: the first lists restore alerts that Alertmanager would repeat only after repeat_interval, without a
// second incident.
func TestBridgeWithoutItsStorage(t *testing.T) {
	b := startBench(t, 1, both...)
	am := b.alertmanager(t, 0)
	am.configure(t, "repeat_interval: 2s", "repeat_interval: 4h")
	resolves, unsaid := burning("resolves"), burning("unsaid")
	am.fires(t, resolves, unsaid)
	b.incident(t, "resolves", kit.IsOpen)
	b.incident(t, "unsaid", kit.IsOpen)
	kit.RequireMetric(t, b.collector, "otelcol_exporter_alert24_open_incidents", 2)
	kit.Notified(t, am.Alertmanager, 2)
	b.collector.Kill()
	require.NoError(t, os.RemoveAll(filepath.Join(b.dir, "storage")))
	require.NoError(t, b.collector.Start(t.Context()))
	kit.RequireMetric(t, b.collector, "otelcol_exporter_alert24_open_incidents", 2)
	b.repaired(t, 2)

	am.silence(t, "unsaid")
	am.ends(t, unsaid)
	b.incident(t, "unsaid", kit.IsResolved)
	am.ends(t, resolves)
	b.incident(t, "resolves", kit.IsResolved)
	require.Len(t, b.sandbox.Incidents(), 2)
}

// TestRestartRepairsNothing: a bridge with its storage sees firing alerts again in lists, and treats them as repeats.
func TestRestartRepairsNothing(t *testing.T) {
	b := startBench(t, 1, both...)
	am := b.alertmanager(t, 0)
	am.configure(t, "repeat_interval: 2s", "repeat_interval: 4h")
	am.fires(t, burning("known"))
	b.incident(t, "known", kit.IsOpen)
	kit.RequireMetric(t, b.collector, "otelcol_exporter_alert24_open_incidents", 1)
	kit.Notified(t, am.Alertmanager, 1)
	b.collector.Kill()
	require.NoError(t, b.collector.Start(t.Context()))
	kit.RequireMetric(t, b.collector, "otelcol_receiver_alertmanager_sync_passed_on_alerts", 1)
	b.repaired(t, 0)
	assert.EqualValues(t, 1, b.sum(t.Context(), t, "otelcol_exporter_alert24_events", `outcome="repeated"`))
}

// TestAnotherAlertmanager: after the endpoints change to another, empty Alertmanager, the alerts listed by the former one stay
// open.
func TestAnotherAlertmanager(t *testing.T) {
	b := startBench(t, 1)
	am := b.alertmanager(t, 0)
	am.fires(t, kit.AlertOn("kept"))
	b.incident(t, "kept", kit.IsOpen)
	b.syncs(t, 2)
	require.NoError(t, b.collector.Stop())
	other := newDoor(t)
	empty := &alertmanager{bench: b, webhook: b.collector.Webhook, dir: filepath.Join(b.dir, "empty")}
	empty.run(t)
	t.Cleanup(func() { assert.NoError(t, empty.Stop()) })
	other.leads(t, empty.Alertmanager)
	require.NoError(t, am.Stop())
	b.collector = kit.StartOn(t, b.sandbox, kit.Binaries(t, harness.CollectorEnv), kit.World{Dir: b.dir, Set: settings([]string{other.URL})})
	b.whole(t, 1)
	b.syncs(t, 5)
	b.incident(t, "kept", kit.IsOpen)
	assert.Zero(t, b.effect(t.Context(), t, "resolved"))
}

// repaired requires that this many alerts fired because of lists.
func (b *bench) repaired(t *testing.T, want float64) {
	t.Helper()
	assert.InDelta(t, want, b.sum(t.Context(), t, "otelcol_exporter_alert24_events", `outcome="repaired"`), 0)
}
