// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// A bridge whose storage is full is not ready. Once there is room it is ready again by itself: while it is not, an orchestrator
// may keep all webhooks from it.
func TestReadinessFollowsTheStorage(t *testing.T) {
	s, c := kit.StartCollector(t, append(kit.Quick(),
		fmt.Sprint(kit.StorageRoom, 2<<20),
		// What is not heard of ends after a while, and soon leaves the ledger: that makes room.
		"exporters.alert24.lifecycle.stale_after=10s", "exporters.alert24.timeout=1s", "exporters.alert24.echo.window=1s",
		"exporters.alert24.echo.hold=1s", "exporters.alert24.lifecycle.closed_retention=2s",
	)...)
	require.NoError(t, kit.Readiness(t.Context(), t, c, http.StatusOK, "ready"))
	_, refused := kit.Fill(t, c)
	becomes := func(status int, said string) {
		t.Helper()
		kit.Eventually(t, func(ctx context.Context) error { return kit.Readiness(ctx, t, c, status, said) })
	}
	becomes(http.StatusServiceUnavailable, "not ready: the storage is full")
	kit.RequireMetric(t, c, "otelcol_exporter_alert24_storage_up", 0)
	kit.Read(t.Context(), t, c.Health) // it lives
	answered := kit.Scrape(t.Context(), t, c)["otelcol_receiver_alertmanager_webhooks"]

	becomes(http.StatusOK, "ready")
	assert.Equal(t, answered, kit.Scrape(t.Context(), t, c)["otelcol_receiver_alertmanager_webhooks"], "no webhook was needed")
	kit.RequireMetric(t, c, "otelcol_exporter_alert24_storage_up", 1)
	kit.Deliver(t, c, refused)
	kit.Eventually(t, func(context.Context) error {
		for _, i := range s.Incidents() {
			if i.Open() && i.Alias == "HighErrorRate:"+refused.Alerts[0].Labels["instance"] {
				return nil
			}
		}
		return errors.New("the refused alert has no incident")
	})
}
