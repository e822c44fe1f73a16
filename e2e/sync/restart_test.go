// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// TestRestartOfAlertmanager: it has forgotten all alerts. Incidents of firing alerts stay open, and those of alerts that ended
// meanwhile close.
func TestRestartOfAlertmanager(t *testing.T) {
	for name, forget := range map[string]bool{"with its data": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBench(t, 1, "receivers.alertmanager.sync.startup_grace=2s")
			am := b.alertmanager(t, 0)
			fires, ended := kit.AlertOn("fires"), kit.AlertOn("ended")
			am.fires(t, fires, ended)
			b.incident(t, "fires", kit.IsOpen)
			b.incident(t, "ended", kit.IsOpen)
			b.whole(t, 1)
			b.syncs(t, 1)

			am.Kill()
			b.whole(t, 0)
			if forget {
				require.NoError(t, os.RemoveAll(filepath.Join(am.dir, "alertmanager")))
			}
			b.doors[0].young.Store(true) // startup_grace lasts until Prometheus has sent what fires
			am.start(t)
			b.syncs(t, 4) // it lists nothing for longer than absent_for
			b.incident(t, "ended", kit.IsOpen)
			am.fires(t, fires)
			b.doors[0].young.Store(false)
			b.whole(t, 1)
			b.incident(t, "ended", kit.IsResolved)
			b.incident(t, "fires", kit.IsOpen)
			am.ends(t, fires)
			b.incident(t, "fires", kit.IsResolved)
		})
	}
}

// TestRestartOfTheCollector: the listed alerts are on disk. Incidents of alerts that ended while the collector was down close.
func TestRestartOfTheCollector(t *testing.T) {
	b := startBench(t, 1)
	am := b.alertmanager(t, 0)
	alert := kit.AlertOn("away")
	am.fires(t, alert)
	b.incident(t, "away", kit.IsOpen)
	b.syncs(t, 2)
	b.collector.Kill()
	am.silence(t, "away")
	am.ends(t, alert)
	require.NoError(t, b.collector.Start(t.Context()))
	b.incident(t, "away", kit.IsResolved)
	assert.Positive(t, b.effect(t.Context(), t, "resolved"))
}

// TestNoAnswer: if an Alertmanager does not answer, everything stays open, and the metrics show the failure.
func TestNoAnswer(t *testing.T) {
	hangs := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	page := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Sign in</title>")
	}
	token := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who is it", http.StatusUnauthorized) }
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		result string
	}{
		"hangs":               {hangs, "unanswered"},
		"answers HTML":        {page, "unreadable"},
		"wants another token": {token, "denied"},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBench(t, 2)
			b.doors[1].set(test.answer)
			am := b.alertmanager(t, 0)
			alert := kit.AlertOn("kept")
			am.fires(t, alert)
			b.incident(t, "kept", kit.IsOpen)
			b.syncs(t, 2)
			am.silence(t, "kept")
			am.ends(t, alert)
			b.syncs(t, 5)
			b.incident(t, "kept", kit.IsOpen)
			b.whole(t, 0)
			assert.Positive(t, b.sum(t.Context(), t, "otelcol_receiver_alertmanager_sync_polls", `result="`+test.result+`"`))
			b.doors[1].leads(t, am.Alertmanager)
			b.incident(t, "kept", kit.IsResolved)
		})
	}
}

// whole waits until the last sync was complete, or incomplete.
func (b *bench) whole(t *testing.T, want float64) {
	t.Helper()
	kit.Eventually(t, func(ctx context.Context) error {
		if got := b.sum(ctx, t, "otelcol_receiver_alertmanager_sync_complete", ""); got != want {
			return fmt.Errorf("sync_complete is %v", got)
		}
		return nil
	})
}

// TestOneOfTwoIsDown: while a member of a cluster is down, an alert that is not listed stays open.
func TestOneOfTwoIsDown(t *testing.T) {
	b := startBench(t, 2)
	found := kit.Binaries(t, harness.AlertmanagerEnv)
	pair, err := harness.StartPair(t.Context(), found.Alertmanager, b.dir, [2]string{b.collector.Webhook, b.collector.Webhook})
	t.Cleanup(func() { assert.NoError(t, pair.Close()) })
	require.NoError(t, err)
	for i, d := range b.doors {
		d.leads(t, pair.Members[i])
	}
	alert := kit.AlertOn("pair")
	require.NoError(t, pair.Post(t.Context(), alert))
	b.incident(t, "pair", kit.IsOpen)
	b.whole(t, 1)
	b.syncs(t, 2)

	pair.Members[1].Kill()
	b.whole(t, 0)
	first := &alertmanager{Alertmanager: pair.Members[0], bench: b}
	first.silence(t, "pair")
	first.ends(t, alert)
	b.syncs(t, 5)
	b.incident(t, "pair", kit.IsOpen)
	require.NoError(t, pair.Restart(t.Context(), 1))
	b.doors[1].leads(t, pair.Members[1])
	b.incident(t, "pair", kit.IsResolved)
}

// TestPairThatDisagrees: two Alertmanagers that are not a cluster disagree about an alert. It fires until both report its end, in
// one incident.
func TestPairThatDisagrees(t *testing.T) {
	// A resolve waits for two intervals. Even on a busy machine, a list must come within them.
	b := startBench(t, 2, "receivers.alertmanager.sync.interval=3s", "receivers.alertmanager.sync.absent_for=3s")
	first, second := b.alertmanager(t, 0), b.alertmanager(t, 1)
	alert := kit.AlertOn("disputed")
	first.fires(t, alert)
	second.fires(t, alert)
	b.incident(t, "disputed", kit.IsOpen)
	b.whole(t, 1)
	b.syncs(t, 2)

	first.ends(t, alert)
	kit.Eventually(t, func(ctx context.Context) error {
		waited := b.sum(ctx, t, "otelcol_exporter_alert24_events", `outcome="resolve_waits"`)
		withdrawn := b.effect(ctx, t, "resolve_withdrawn") + b.sum(ctx, t, "otelcol_exporter_alert24_events", `outcome="resolve_withdrawn"`)
		if waited == 0 || withdrawn == 0 {
			return errors.New("the resolve has not been withdrawn")
		}
		return nil
	})
	b.syncs(t, 3)
	b.incident(t, "disputed", kit.IsOpen)
	second.ends(t, alert)
	b.incident(t, "disputed", kit.IsResolved)
}
