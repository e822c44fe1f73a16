// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sight

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// statusGate makes health_check report the status of components.
const statusGate = "--feature-gates=extension.healthcheck.useComponentStatus"

// While Alert24 refuses the key, webhooks are accepted and every probe passes. Metrics, status and log report the problem, and
// everything recovers by itself.
func TestRefusedKeyStopsNoWebhook(t *testing.T) {
	for name, args := range map[string][]string{"health_check as deployed": nil, "health_check with component status": {statusGate}} {
		t.Run(name, func(t *testing.T) {
			s := harness.StartSandbox()
			t.Cleanup(s.Close)
			s.SetKeys(map[string][]string{"ak_live_another": {"write"}})
			c, err := harness.StartCollector(t.Context(), harness.CollectorOptions{
				Binary: kit.Binaries(t, harness.CollectorEnv).Collector, Endpoint: s.Endpoint, APIKey: s.Key,
				Dir: t.TempDir(), Set: kit.Quick(), Args: args,
			})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, c.Stop()) })
			kit.Deliver(t, c, kit.Firing("api-01.prod", "critical"))
			kit.RequireMetric(t, c, "otelcol_exporter_alert24_api_up", 0)

			kit.Deliver(t, c, kit.Firing("api-02.prod", "critical"))
			kit.RequireMetric(t, c, "otelcol_exporter_alert24_pending_aliases", 2)
			kit.RequireMetric(t, c, "otelcol_exporter_alert24_storage_up", 1)
			kit.Eventually(t, func(ctx context.Context) error {
				requests := kit.Scrape(ctx, t, c)["otelcol_exporter_alert24_requests"]
				if requests[`{exporter="alert24",operation="create",result="denied"}`] == 0 {
					return fmt.Errorf("no create was refused: %v", requests)
				}
				return nil
			})
			assert.Contains(t, c.Log(), "check the API key")
			assert.NotContains(t, c.Log(), s.Key)
			assert.Empty(t, s.Incidents())
			requireStatus(t, c, args, "StatusRecoverableError")
			require.NoError(t, kit.Readiness(t.Context(), t, c, http.StatusOK, "ready"))

			s.SetKeys(map[string][]string{s.Key: {"write"}})
			kit.RequireMetric(t, c, "otelcol_exporter_alert24_open_incidents", 2)
			kit.RequireMetric(t, c, "otelcol_exporter_alert24_api_up", 1)
			kit.RequireMetric(t, c, "otelcol_exporter_alert24_pending_aliases", 0)
			requireStatus(t, c, args, "StatusOK")
			assert.Equal(t, 2, s.Stats().Open)
		})
	}
}

// Even in a storm of alerts, the log has one line about the outcome of each incident.
func TestOneLogLineForEachIncident(t *testing.T) {
	const alerts = 40
	s, c := kit.StartCollector(t, kit.Quick()...)
	storm := kit.Firing("host-0", "critical")
	for i := 1; i < alerts; i++ {
		storm.Alerts = append(storm.Alerts, kit.Firing(fmt.Sprintf("host-%d", i), "critical").Alerts...)
	}
	kit.Deliver(t, c, storm)
	line := regexp.MustCompile(`\tIncident opened\t.*"alias": "HighErrorRate:(host-\d+)", "incident_id": "(\S+)", "incident_number": (\d+), "reason": "an alert fires and no open incident is known"`)
	kit.Eventually(t, func(context.Context) error {
		if n := len(line.FindAllString(c.Log(), -1)); n != alerts {
			return fmt.Errorf("%d lines", n)
		}
		return nil
	})
	said := map[string]string{}
	for _, found := range line.FindAllStringSubmatch(c.Log(), -1) {
		said["HighErrorRate:"+found[1]] = found[2] + " " + found[3]
	}
	for _, i := range s.Incidents() {
		assert.Equal(t, fmt.Sprint(i.ID, " ", i.Number), said[i.Alias])
	}
}

// requireStatus expects the health check to answer 200 and, if it reports components, waits until it gives this status of the exporter.
func requireStatus(t *testing.T, c *harness.Collector, args []string, want string) {
	t.Helper()
	if len(args) == 0 {
		assert.Contains(t, kit.Read(t.Context(), t, c.Health+"?verbose"), "Server available") // fails unless the status is 200
		return
	}
	type status struct {
		Healthy    bool              `json:"healthy"`
		Status     string            `json:"status"`
		Components map[string]status `json:"components"`
	}
	kit.Eventually(t, func(ctx context.Context) error {
		said := kit.Read(ctx, t, c.Health+"?verbose")
		var all status
		require.NoError(t, json.Unmarshal([]byte(said), &all), said)
		assert.True(t, all.Healthy, said)
		if all.Components["pipeline:logs"].Components["exporter:alert24"].Status != want {
			return fmt.Errorf("the exporter is not %s: %s", want, said)
		}
		return nil
	})
}
