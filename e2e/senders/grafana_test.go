// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package senders

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// grafanaAlert has placeholders for the parts that differ between Grafana versions.
const grafanaAlert = `{"version":"1","orgId":3,"externalURL":"https://grafana.example.com/","groupKey":"{}:{alertname=\"Queue too long\"}","alerts":[{
	"status":%q,"labels":{"alertname":"Queue too long","instance":"mq-1:15692","severity":"critical"},"fingerprint":"00000000000000aa",
	"annotations":{"summary":"The queue of mq-1 is too long"},"startsAt":"2026-11-23T20:37:10Z","endsAt":%q,
	"generatorURL":%q,"silenceURL":%q,"values":{"A":12.5,"C":1},"orgId":3%s}]}`

const noEnd, anEnd = "0001-01-01T00:00:00Z", "2026-11-23T22:37:10Z"

// Grafana is upgraded while an alert fires. The old version does not name the rule, so even the computed alias changes.
func TestGrafanaIsUpgradedWhileAnAlertFires(t *testing.T) {
	t.Parallel()
	s, c := kit.StartCollector(t)
	const silence = "https://grafana.example.com/alerting/silence/new?alertmanager=grafana&orgId=3"
	send(t, c, fmt.Sprintf(grafanaAlert, "firing", noEnd, "?orgId=3", silence, ""))
	const alias = "Queue too long:mq-1:15692:cc75339b50419b89"
	states(t, s, alias+" | new critical | The queue of mq-1 is too long")
	opened := kit.OnlyIncident(t, s, kit.IsOpen)
	for _, line := range []string{"Silence: " + silence, "Values: A=12.5, C=1", "Firing since 2026-11-23 20:37 UTC", "Alias: " + alias} {
		assert.Contains(t, opened.Description, line)
	}

	const link, uid = "https://grafana.example.com/alerting/grafana/bexyz/view?orgId=3", `,"ruleUID":"bexyz"`
	send(t, c, fmt.Sprintf(grafanaAlert, "firing", noEnd, link, silence+"&matcher=__alert_rule_uid__%3Dbexyz", uid))
	assert.NoError(t, c.Stop())
	assert.NoError(t, c.Start(t.Context()))
	send(t, c, fmt.Sprintf(grafanaAlert, "firing", noEnd, link, silence, uid))
	send(t, c, fmt.Sprintf(grafanaAlert, "resolved", anEnd, link, silence, uid))
	states(t, s, alias+" | resolved critical | The queue of mq-1 is too long")

	send(t, c, strings.Replace(fmt.Sprintf(grafanaAlert, "firing", noEnd, link, silence, uid), "2026-11-23T20", "2026-11-23T23", 1))
	states(t, s, alias+" | resolved critical | The queue of mq-1 is too long",
		"Queue too long:mq-1:15692:bexyz | new critical | The queue of mq-1 is too long")
}

// The incident of a rule that cannot be evaluated says so, and names the rule.
func TestGrafanaHasNoData(t *testing.T) {
	t.Parallel()
	s, c := kit.StartCollector(t)
	body := recorded(t, "grafana-12.3/003-no-data-and-error.json")
	send(t, c, body)
	noData := "%s critical | No data: Disk almost full"
	failed := `%s medium | Query failed: Too few pods: failed to query data: Post "http://prometheus:9090/api/v1/query_range": dial tcp: connection refused`
	expect := func(status string) {
		states(t, s, "DatasourceNoData:c4f71e4228ba1ad9:cdeqmlhvflz40f | "+fmt.Sprintf(noData, status), "DatasourceError:2fcb4ac00714a20e:bdeqnf0qk2lfka | "+fmt.Sprintf(failed, status))
	}
	expect("new")
	send(t, c, strings.ReplaceAll(strings.ReplaceAll(body, `"status": "firing"`, `"status": "resolved"`), noEnd, anEnd))
	expect("resolved")
}

// No resolve follows the alert of the test button. Here the alert ends a second after a repeat that comes when its incident is open; the
// receiver's own test covers the minute that it sets.
func TestGrafanaTestButton(t *testing.T) {
	t.Parallel()
	s, c := kit.StartCollector(t,
		"processors.attributes.actions=[{key: alert24.stale_after, from_attribute: alertmanager.notification.reason, action: update}]",
		"service.pipelines.logs.processors=[attributes]")
	body := recorded(t, "grafana-12.3/004-test-button.json")
	const opened, closed = "TestAlert:Grafana | new low | Notification test", "TestAlert:Grafana | resolved low | Notification test"
	send(t, c, body)
	states(t, s, opened)
	send(t, c, soonStale(body))
	states(t, s, closed)

	again := strings.ReplaceAll(strings.ReplaceAll(body, "1795466230", "1795466290"), "20:37:10", "20:38:10")
	send(t, c, again)
	states(t, s, closed, opened)
	send(t, c, soonStale(again))
	states(t, s, closed, closed)
}
