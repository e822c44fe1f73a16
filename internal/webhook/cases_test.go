// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// These cases come from public bug reports, with our own texts. Each test tells which alerts share an incident.

func recordsOfBody(t *testing.T, o Options, body string) []plog.LogRecord {
	t.Helper()
	return recordsOf(convert(t, o, []byte(body)))
}

func aliasesOfRecords(t *testing.T, records ...plog.LogRecord) (all []string) {
	t.Helper()
	for _, lr := range records {
		all = append(all, stringOf(t, lr.Attributes(), attrs.Alias))
	}
	return all
}

// Two pods of two teams share the exporter's address as their instance. A rule makes two incidents of them.
func TestCaseSharedExporter(t *testing.T) {
	alert := func(status, namespace, pod string) string {
		return fmt.Sprintf(`{"status":%q,"labels":{"alertname":"KubePodCrashLooping","instance":"10.1.2.3:8080","namespace":%q,"pod":%q,"reason":"CrashLoopBackOff"}}`,
			status, namespace, pod)
	}
	body := `{"version":"4","alerts":[` + alert("firing", "shop", "cart-0") + "," + alert("firing", "search", "index-0") + "," + alert("resolved", "shop", "cart-0") + `]}`
	assert.Equal(t, []string{"KubePodCrashLooping:10.1.2.3:8080", "KubePodCrashLooping:10.1.2.3:8080", "KubePodCrashLooping:10.1.2.3:8080"},
		aliasesOfRecords(t, recordsOfBody(t, testOptions(), body)...), "the default merges them")

	o := testOptions()
	o.Rules = []AliasRule{{
		Matchers: []string{`alertname=~"KubePod.*"`, `pod!=""`}, Labels: []string{"alertname", "namespace", "pod"}, Separator: ":", MissingLabel: MissingSkip,
	}}
	assert.Equal(t, []string{"KubePodCrashLooping:shop:cart-0", "KubePodCrashLooping:search:index-0", "KubePodCrashLooping:shop:cart-0"},
		aliasesOfRecords(t, recordsOfBody(t, o, body)...))
}

// The state is a label, so each change of state resolves one alert and fires another. A rule that excludes the label makes one
// incident, and the alerts stay two members.
func TestCaseStateLabel(t *testing.T) {
	alert := func(status, state string) string {
		return fmt.Sprintf(`{"status":%q,"labels":{"alertname":"AppNotSynced","app":"web","sync_status":%q,"severity":"warning"}}`, status, state)
	}
	body := `{"version":"4","alerts":[` + alert("resolved", "OutOfSync") + "," + alert("firing", "Unknown") + `]}`
	separate := aliasesOfRecords(t, recordsOfBody(t, testOptions(), body)...)
	assert.NotEqual(t, separate[0], separate[1], "without a rule")

	o := testOptions()
	r := o.Alias
	r.Matchers, r.Exclude = []string{`sync_status!=""`}, []string{"severity", "sync_status"}
	o.Rules = []AliasRule{r}
	records := recordsOfBody(t, o, body)
	one := aliasesOfRecords(t, records...)
	assert.Equal(t, one[0], one[1])
	assert.NotEqual(t, keyOf(t, records[0]), keyOf(t, records[1]), "two members")
}

// One rule with two thresholds: the label that names the threshold is a severity.
func TestCaseThresholds(t *testing.T) {
	alert := func(status, threshold string) string {
		return fmt.Sprintf(`{"status":%q,"labels":{"alertname":"Latency of search","ruleId":"r1","service.name":"search","severity":%[2]q,"threshold.name":%[2]q}}`,
			status, threshold)
	}
	body := `{"version":"4","alerts":[` + alert("resolved", "warning") + "," + alert("firing", "critical") + `]}`
	records := recordsOfBody(t, testOptions(), body)
	one := aliasesOfRecords(t, records...)
	assert.Equal(t, one[0], one[1])
	assert.NotEqual(t, keyOf(t, records[0]), keyOf(t, records[1]), "two members")
}

const grafanaAlert = `{"version":"1","orgId":3,"externalURL":"https://grafana.example.com/","alerts":[{"status":"firing",
	"labels":{"alertname":"Queue too long","instance":"mq-1:15692"},"fingerprint":"00000000000000aa",
	"generatorURL":"https://grafana.example.com/alerting/grafana/bexyz/view?orgId=3",
	"silenceURL":"https://grafana.example.com/alerting/silence/new?alertmanager=grafana&matcher=__alert_rule_uid__%3Dbexyz&orgId=3",
	"dashboardURL":"https://grafana.example.com/d/mq?orgId=3&from=1","panelURL":"https://grafana.example.com/d/mq?viewPanel=2",
	"values":{"A":12.5,"C":"NaN"},"valueString":"[ var='A' value=12.5 ]" EXTRA}]}`

// Grafana sends the rule's id only since an upgrade. The alert is the same before and after.
func TestCaseGrafanaUpgrade(t *testing.T) {
	before := recordsOfBody(t, testOptions(), strings.Replace(grafanaAlert, " EXTRA", "", 1))[0]
	after := recordsOfBody(t, testOptions(), strings.Replace(grafanaAlert, " EXTRA", `,"ruleUID":"bexyz"`, 1))[0]
	assert.Equal(t, []string{"Queue too long:mq-1:15692:bexyz", "Queue too long:mq-1:15692:bexyz"}, aliasesOfRecords(t, before, after))
	assert.Equal(t, keyOf(t, before), keyOf(t, after))
	assert.Equal(t, before.Attributes().AsRaw(), after.Attributes().AsRaw(), "nothing else changes either")
}

// Organisation, links and values are Grafana's. No folder label is needed.
func TestCaseGrafanaLinks(t *testing.T) {
	a := recordsOfBody(t, testOptions(), strings.Replace(grafanaAlert, " EXTRA", `,"imageURL":"https://grafana.example.com/1.png"`, 1))[0].Attributes().AsRaw()
	for name, want := range map[string]any{
		attrs.OrgID:                  int64(3),
		attrs.AlertRuleUID:           "bexyz",
		attrs.AlertSilenceURL:        "https://grafana.example.com/alerting/silence/new?alertmanager=grafana&matcher=__alert_rule_uid__%3Dbexyz&orgId=3",
		attrs.AlertDashboardURL:      "https://grafana.example.com/d/mq?orgId=3&from=1",
		attrs.AlertPanelURL:          "https://grafana.example.com/d/mq?viewPanel=2",
		attrs.AlertImageURL:          "https://grafana.example.com/1.png",
		attrs.AlertValuePrefix + "A": 12.5,
		attrs.AlertValuePrefix + "C": "NaN",
		attrs.AlertValueString:       "[ var='A' value=12.5 ]",
	} {
		assert.Equal(t, want, a[name], name)
	}
}

// Grafana's test button sends an alert without a rule, and never its resolve.
func TestCaseTestButton(t *testing.T) {
	const alert = `{"version":%q,"orgId":1,"externalURL":"https://grafana.example.com/","groupKey":"test-57c6d9296de2ad39-1795466230","alerts":[
		{"status":"firing","labels":{"alertname":%q,"instance":"Grafana","team":"shop"},"generatorURL":%q,"fingerprint":"57c6d9296de2ad39"}]}`
	for name, c := range map[string]struct {
		body string
		test bool
	}{
		"the button":              {fmt.Sprintf(alert, "1", "TestAlert", "?orgId=1"), true},
		"a rule of the same name": {fmt.Sprintf(alert, "1", "TestAlert", "https://grafana.example.com/alerting/grafana/bexyz/view"), false},
		"another name":            {fmt.Sprintf(alert, "1", "QueueTooLong", "?orgId=1"), false},
		"another sender":          {fmt.Sprintf(alert, "4", "TestAlert", "?orgId=1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			a := recordsOfBody(t, testOptions(), c.body)[0].Attributes().AsRaw()
			if !c.test {
				assert.NotContains(t, a, attrs.OverrideSeverity)
				assert.NotContains(t, a, attrs.OverrideStaleAfter)
				return
			}
			assert.Equal(t, "low", a[attrs.OverrideSeverity])
			assert.Equal(t, "1m0s", a[attrs.OverrideStaleAfter])
		})
	}
}

// Structured annotations make neither their alert nor the others of its group unusable.
func TestCaseNestedAnnotations(t *testing.T) {
	records := recordsOfBody(t, testOptions(), `{"version":"4","groupKey":null,"alerts":[
		{"status":"firing","labels":{"alertname":"DatabaseDown","instance":"pg-1:5432"},"fingerprint":"aa"},
		{"status":"firing","labels":{"alertname":"BatchFailed","instance":"job-1"},"endsAt":null,
		 "annotations":{"summary":"Batch failed","details":{"tries": 3,"steps":["load", "merge"]},"owner":null,"exit_code":137}}]}`)
	require.Len(t, records, 2)
	assert.Equal(t, []string{"DatabaseDown:pg-1:5432", "BatchFailed:job-1"}, aliasesOfRecords(t, records...))
	a := records[1].Attributes().AsRaw()
	assert.Equal(t, `{"tries":3,"steps":["load","merge"]}`, a[attrs.AlertAnnotationPrefix+"details"]) //nolint:testifylint // it is compact
	assert.Equal(t, "137", a[attrs.AlertAnnotationPrefix+"exit_code"])
	assert.NotContains(t, a, attrs.AlertAnnotationPrefix+"owner")
}

// A hand-made webhook has empty times and a fingerprint that is not a hash.
func TestCaseEmptyTimes(t *testing.T) {
	records := recordsOfBody(t, testOptions(), `{"alerts":[
		{"status":"firing","labels":{"alertname":"OrdersStuck","instance":"shop-1"},"startsAt":"2026-11-21T09:14:00Z","endsAt":"","fingerprint":"orders-1"},
		{"status":"firing","labels":{"alertname":"CronLate","instance":"cron-2"},"startsAt":"1970-01-01T00:00:00Z","endsAt":"","fingerprint":""},
		{"status":"firing","labels":{"alertname":"CronLate","instance":"cron-3"},"startsAt":null,"endsAt":null}]}`)
	assert.Equal(t, []string{"OrdersStuck:shop-1", "CronLate:cron-2", "CronLate:cron-3"}, aliasesOfRecords(t, records...))
	for _, lr := range records {
		assert.NotContains(t, lr.Attributes().AsRaw(), attrs.AlertEndsAt)
	}
	assert.Equal(t, "orders-1", stringOf(t, records[0].Attributes(), attrs.AlertFingerprint))
}

// The alert has no instance, and its text changes with each evaluation. Its alias stays the same.
func TestCaseChangingText(t *testing.T) {
	of := func(status, percent string) string {
		return aliasesOfRecords(t, recordsOfBody(t, testOptions(), fmt.Sprintf(`{"version":"4","alerts":[{"status":%q,
			"labels":{"alertname":"TargetDown","job":"dns","namespace":"system","prometheus":"monitoring/k8s","severity":"warning"},
			"annotations":{"description":"%s%% of the targets are down"}}]}`, status, percent))...)[0]
	}
	assert.Equal(t, of("firing", "50"), of("firing", "100"))
	assert.Equal(t, of("firing", "50"), of("resolved", "0"))
}
