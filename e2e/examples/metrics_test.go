// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

var (
	metricHeading = regexp.MustCompile(`(?m)^### (otelcol_\w+)$`)
	metricTable   = regexp.MustCompile(`(?m)^\| \S+ \| (Gauge|Sum|Histogram) \|`)
	metricValues  = regexp.MustCompile("``(\\w+)``")
	metricName    = regexp.MustCompile(`\botelcol_\w+`)
	metricLabel   = regexp.MustCompile(`(result|operation|outcome|change)(?:=|!=)"(\w+)"`)
)

// declared returns the metrics in the components' documentation, by their scraped names, and the values of their attributes.
func declared(t *testing.T) (names, values map[string]bool) {
	t.Helper()
	names, values = map[string]bool{}, map[string]bool{}
	for _, component := range []string{"alertmanagerreceiver", "alert24exporter"} {
		content, err := os.ReadFile(kit.Root(t, component, "documentation.md"))
		require.NoError(t, err)
		text := string(content)
		headings, tables := metricHeading.FindAllStringSubmatch(text, -1), metricTable.FindAllStringSubmatch(text, -1)
		require.Len(t, tables, len(headings), component)
		for i, heading := range headings {
			if tables[i][1] != "Histogram" {
				names[heading[1]] = true
				continue
			}
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				names[heading[1]+suffix] = true
			}
		}
		for _, value := range metricValues.FindAllStringSubmatch(text, -1) {
			values[value[1]] = true
		}
	}
	return names, values
}

// The metrics of the dashboard and of the rules exist under these names while the bridge runs.
func TestMetricsOfDashboardAndRules(t *testing.T) {
	// This appears only after a failure that this test does not cause.
	rare := map[string]bool{"otelcol_exporter_alert24_storage_failures": true}
	// Only replicas have these: package replication looks for them.
	for _, name := range []string{
		"leader", "lease_age", "takeovers", "inbox_age", "inbox_webhooks", "inbox_set_aside",
		"commit_duration_bucket", "commit_duration_sum", "commit_duration_count",
	} {
		rare["otelcol_exporter_alert24_"+name] = true
	}
	names, values := declared(t)
	scraped := traffic(t)
	for name := range scraped {
		if strings.HasPrefix(name, "otelcol_exporter_alert24_") || strings.HasPrefix(name, "otelcol_receiver_alertmanager_") {
			assert.True(t, names[name], "%s is not in documentation.md", name)
		}
	}
	// Without the id of their component, the metrics of two exporters or receivers in one collector would mix.
	for prefix, id := range map[string]string{
		"otelcol_exporter_alert24_": `exporter="alert24"`, "otelcol_receiver_alertmanager_": `receiver="alertmanager"`,
	} {
		for name, series := range scraped {
			for labels := range series {
				assert.True(t, !strings.HasPrefix(name, prefix) || strings.Contains(labels, id), "%s%s has no %s", name, labels, id)
			}
		}
	}
	// Texts of alerts must not become series, because their number is unlimited.
	for name, series := range scraped {
		for labels := range series {
			for _, said := range []string{"api-01", "api-02", "HighErrorRate", "frontend", "alertmanager.example.com"} {
				assert.NotContains(t, labels, said, name)
			}
		}
	}
	for name := range names {
		if rare[name] {
			assert.Nil(t, scraped[name], "%s was scraped: it is not rare", name)
		} else {
			assert.NotNil(t, scraped[name], "%s was not scraped: let traffic cause it, or add it to rare", name)
		}
	}

	used := map[string]bool{}
	for _, expression := range slices.Concat(dashboardExpressions(t), ruleExpressions(t)) {
		for _, name := range metricName.FindAllString(expression, -1) {
			used[name] = true
			assert.True(t, scraped[name] != nil || names[name], "%s does not exist: %s", name, expression)
		}
		for _, found := range metricLabel.FindAllStringSubmatch(expression, -1) {
			assert.True(t, values[found[2]], "%s has no value %q: %s", found[1], found[2], expression)
		}
	}
	for name := range names {
		base := strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")
		assert.True(t, used[name] || used[base+"_bucket"], "no panel shows %s", name)
	}
}

// traffic causes every event that creates a metric, and returns a scrape.
func traffic(t *testing.T) map[string]map[string]float64 {
	t.Helper()
	w := kit.Firing("api-01.prod", "critical")
	w.TruncatedAlerts = 1
	w.Alerts[0].Labels["team"] = "frontend"
	s, c := kit.Start(t, kit.World{Switches: func(sw *sandbox.Switches) { sw.RefusedFields = []string{"labels"} }, Set: append(kit.Quick(),
		"exporters.alert24.incident.severity.ignore=[none]",
		"exporters.alert24.limits.aliases=1",
		"receivers.alertmanager.sync.endpoints=["+lists(t, w)+"]",
		"receivers.alertmanager.sync.interval=1s",
		"receivers.alertmanager.sync.repair=both",
		"receivers.alertmanager.sync.receiver=alert24",
		// After two alerts, the watchdog is watched.
		`exporters.alert24.watchdog.matchers=["severity=none"]`,
		"exporters.alert24.watchdog.heartbeat_url="+lists(t, w),
		"exporters.alert24.watchdog.hold_resolves=true",
		"exporters.alert24.watchdog.missing_after=30s",
		"exporters.alert24.watchdog.group_by=[nothing]",
		"exporters.alert24.limits.requests_per_second=1", // after the first four, each request waits
		"exporters.alert24.lifecycle.audit_interval=1s",
		// A failing template, and a map without the alert's team.
		`exporters.alert24.incident.title='{{ urlUnescape "%" }}'`,
		"exporters.alert24.incident.services={label: team, map: {backend: 6c2c3e0e-5f0f-4a53-9c3d-0a3f2b1c4d5e}}",
	)})
	_, err := s.AddFault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Status: http.StatusTooManyRequests, RetryAfter: time.Second, Times: 1})
	require.NoError(t, err)
	kit.Deliver(t, c, w)
	skipped := kit.Firing("watchdog", "none")
	skipped.Alerts = append(skipped.Alerts, skipped.Alerts[0])
	skipped.Alerts[1].Status = "pending"
	kit.Deliver(t, c, skipped)
	assert.Equal(t, http.StatusServiceUnavailable, kit.Post(t, c, harness.WebhookToken, kit.Firing("api-02.prod", "critical")))
	assert.Equal(t, http.StatusUnauthorized, kit.Post(t, c, "", w))
	kit.OnlyIncident(t, s, kit.IsOpen)
	kit.RequireMetric(t, c, "otelcol_exporter_alert24_open_incidents", 1) // the bridge has learned the answer
	kit.Eventually(t, func(ctx context.Context) error {
		if len(kit.Scrape(ctx, t, c)["otelcol_exporter_alert24_synced_alerts"]) == 0 {
			return errors.New("no list has shown the alert yet")
		}
		return nil
	})
	kit.Deliver(t, c, kit.Resolved(w))
	kit.OnlyIncident(t, s, kit.IsResolved)
	kit.Eventually(t, func(ctx context.Context) error {
		switch found := kit.Scrape(ctx, t, c); {
		case len(found["otelcol_exporter_alert24_orphans"]) == 0:
			return errors.New("no audit has ended yet")
		case len(found["otelcol_exporter_alert24_request_wait"]) == 0:
			return errors.New("no request has waited yet")
		case len(found["otelcol_exporter_alert24_heartbeats"]) == 0:
			kit.Deliver(t, c, skipped) //nolint:contextcheck // it has the test's
			return errors.New("no watchdog is watched yet")
		default:
			return nil
		}
	})
	return kit.Scrape(t.Context(), t, c)
}

// lists returns the address of an Alertmanager that lists the first alert of a webhook.
func lists(t *testing.T, w kit.Webhook) string {
	t.Helper()
	labels, err := json.Marshal(w.Alerts[0].Labels)
	require.NoError(t, err)
	answers := map[string]string{
		"/api/v2/status": `{"cluster":{"status":"disabled"},"uptime":"2026-01-01T00:00:00Z"}`,
		"/api/v2/alerts": fmt.Sprintf(`[{"fingerprint":%q,"labels":%s,"status":{"state":"active"}}]`, w.Alerts[0].Fingerprint, labels),
	}
	s := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(out, answers[r.URL.Path]) }))
	t.Cleanup(s.Close)
	return s.URL
}
