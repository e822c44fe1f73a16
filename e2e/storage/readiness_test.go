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

// A bridge with full storage is not ready. When there is room, it becomes ready by itself: until then, an orchestrator may send it
// no webhooks.
func TestReadinessFollowsTheStorage(t *testing.T) {
	s, c := kit.StartCollector(t, append(kit.Quick(),
		fmt.Sprint(storageRoom, 2<<20),
		// An alert that is not repeated ends after a while, and its entry soon expires. This makes room.
		"exporters.alert24.lifecycle.stale_after=10s", "exporters.alert24.timeout=1s", "exporters.alert24.echo.window=1s",
		"exporters.alert24.echo.hold=1s", "exporters.alert24.lifecycle.closed_retention=2s",
	)...)
	require.NoError(t, kit.Readiness(t.Context(), t, c, http.StatusOK, "ready"))
	_, refused := fill(t, c)
	becomes := func(status int, said string) {
		t.Helper()
		kit.Eventually(t, func(ctx context.Context) error { return kit.Readiness(ctx, t, c, status, said) })
	}
	becomes(http.StatusServiceUnavailable, "not ready: the storage is full")
	kit.RequireMetric(t, c, "otelcol_exporter_alert24_storage_up", 0)
	kit.Read(t.Context(), t, c.Health) // it is alive
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
