// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// In the calm test an hour passes in a minute.
const (
	faster   = 60
	scraping = 30 * time.Second // the scrape interval of the bridge's metrics
	calm     = 18 * time.Minute // a quarter of an hour, and the `for` of the rules
)

// The examples work together unchanged: Alertmanager and the bridge run with them, only the Watchdog fires, and the rules see the
// bridge's metrics.
func TestCalmQuarterOfAnHour(t *testing.T) {
	found := kit.Binaries(t, harness.AlertmanagerEnv, harness.PromtoolEnv)
	s, c := kit.StartCollector(t)
	a, err := harness.StartAlertmanager(t.Context(), harness.AlertmanagerOptions{
		Binary: found.Alertmanager, Webhook: c.Webhook, Dir: t.TempDir(), Timers: []string{
			"group_wait: 10s", "group_wait: 170ms", "group_interval: 1m", "group_interval: 1s", "repeat_interval: 1h", "repeat_interval: 1m",
			"group_interval: 5m", "group_interval: 5s", "repeat_interval: 4m", "repeat_interval: 4s",
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, a.Stop()) })

	series := recorded{}
	tick := time.NewTicker(scraping / faster)
	defer tick.Stop()
	for at := range int(calm / scraping) {
		// Like Prometheus, the test sends firing alerts again and again.
		require.NoError(t, a.Post(t.Context(), harness.Alert{Labels: map[string]string{"alertname": "Watchdog", "severity": "none"}}))
		series.add(at, kit.Scrape(t.Context(), t, c))
		<-tick.C
	}
	incidents, err := s.List(t.Context())
	require.NoError(t, err)
	assert.Empty(t, incidents, "the Watchdog opens no incident")

	ok, printed := evaluate(t, found.Promtool, series)
	assert.True(t, ok, printed)
	// The test must notice an Alertmanager that does not send the Watchdog.
	silent := maps.Clone(series)
	maps.DeleteFunc(silent, func(name string, _ []string) bool {
		return strings.HasPrefix(name, "otelcol_receiver_alertmanager_webhooks{")
	})
	ok, printed = evaluate(t, found.Promtool, silent)
	assert.False(t, ok)
	assert.Contains(t, printed, "Alert24BridgeReceivesNothing")
}

// recorded has the values of series, one per scrape; _ if there was none.
type recorded map[string][]string

func (r recorded) add(at int, scraped map[string]map[string]float64) {
	for name, values := range scraped {
		for labels, value := range values {
			if math.IsInf(value, 0) || math.IsNaN(value) {
				continue
			}
			if strings.HasSuffix(name, "_uptime") || strings.HasSuffix(name, "_age") {
				value *= faster
			}
			inside := strings.TrimSuffix(strings.TrimPrefix(labels, "{"), "}")
			key := name + "{" + strings.TrimPrefix(inside+`,job="otelcol-alert24",instance="localhost:8888"}`, ",")
			for len(r[key]) < at {
				r[key] = append(r[key], "_")
			}
			r[key] = append(r[key], strconv.FormatFloat(value, 'f', -1, 64))
		}
	}
}

// evaluate asks promtool whether, in every minute of the recording, only the Watchdog fires.
func evaluate(t *testing.T, promtool string, series recorded) (ok bool, printed string) {
	t.Helper()
	dir := t.TempDir()
	var input []map[string]string
	add := func(name, values string) { input = append(input, map[string]string{"series": name, "values": values}) }
	scrapes := int(calm / scraping)
	add(`up{job="otelcol-alert24",instance="localhost:8888"}`, fmt.Sprintf("1x%d", scrapes))
	add(`http_requests_total{job="api-service",instance="api-01.prod",code="200"}`, fmt.Sprintf("0+1000x%d", scrapes))
	add(`http_requests_total{job="api-service",instance="api-01.prod",code="500"}`, fmt.Sprintf("0+1x%d", scrapes))
	for _, name := range slices.Sorted(maps.Keys(series)) {
		add(name, strings.Join(series[name], " "))
	}
	var checks []map[string]any
	for _, file := range []string{"bridge-alerts.yml", "prometheus-rules.yml"} {
		content, err := os.ReadFile(kit.Root(t, "examples", file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), content, 0o600))
	}
	quiet := []string{"HighErrorRate"}
	for _, rule := range bridgeRules(t) {
		if rule.Alert != "Watchdog" {
			quiet = append(quiet, rule.Alert)
		}
	}
	for minute := range int(calm / time.Minute) {
		for _, alert := range quiet {
			checks = append(checks, map[string]any{"eval_time": fmt.Sprintf("%dm", minute), "alertname": alert, "exp_alerts": []any{}})
		}
	}
	text, err := yaml.Marshal(map[string]any{
		"rule_files": []string{"bridge-alerts.yml", "prometheus-rules.yml"}, "evaluation_interval": "30s",
		"tests": []any{map[string]any{"interval": scraping.String(), "input_series": input, "alert_rule_test": checks}},
	})
	require.NoError(t, err)
	path := filepath.Join(dir, "calm.yml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return kit.Tool(t.Context(), t, promtool, "test", "rules", path)
}
