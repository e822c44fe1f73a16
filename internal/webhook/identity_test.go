// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestRuleUIDOfLinks(t *testing.T) {
	for link, want := range map[string]string{
		"https://grafana.example.com/alerting/grafana/ce5abc/view?orgId=1": "ce5abc",
		"https://example.com/sub/alerting/grafana/ce5abc/view":             "ce5abc",
		"https://grafana.example.com/alerting/ce5abc/edit":                 "ce5abc",
		"https://grafana.example.com/alerting/ce5abc/edit?orgId=3":         "ce5abc",
		"https://grafana.example.com/alerting/grafana/ce5abc":              "",
		"https://grafana.example.com/d/view":                               "",
		"https://example.com/grafana/ce5abc/view":                          "",
		"grafana/ce5abc/view":                                              "",
		"?orgId=1":                                                         "",
		"":                                                                 "",
		"view":                                                             "",
		"https://a b/%zz":                                                  "",
	} {
		assert.Equal(t, want, uidOfGenerator(link), link)
	}
	for link, want := range map[string]string{
		"https://g/alerting/silence/new?alertmanager=grafana&matcher=__alert_rule_uid__%3Dce5&orgId=1": "ce5",
		"https://g/alerting/silence/new?matcher=a%3Db&matcher=__alert_rule_uid__%3Dce5":                "ce5",
		"https://g/alerting/silence/new?matcher=alertname%3Dce5":                                       "",
		"%zz": "",
		"":    "",
	} {
		assert.Equal(t, want, uidOfSilence(link), link)
	}
}

// TestRuleOfGrafana: the rule's id is the same wherever Grafana sends it, and only Grafana's links are read.
func TestRuleOfGrafana(t *testing.T) {
	const generator = "https://g/alerting/grafana/ce5/view"
	silence := &Grafana{SilenceURL: "https://g/alerting/silence/new?matcher=__alert_rule_uid__%3Dce5"}
	for name, a := range map[string]Alert{
		"member":    {Grafana: &Grafana{RuleUID: "ce5"}},
		"generator": {GeneratorURL: generator},
		"both":      {GeneratorURL: generator, Grafana: silence},
		"silence":   {Grafana: silence, GeneratorURL: "?orgId=1"},
	} {
		assert.Equal(t, "ce5", ruleUID(&a, true), name)
	}
	assert.Empty(t, ruleUID(&Alert{GeneratorURL: generator}, false))
}

// TestRuleWithoutAnId: the alias distinguishes two rules by fingerprint, but not two severities of one rule.
func TestRuleWithoutAnId(t *testing.T) {
	exclude := []string{"severity"}
	of := func(fingerprint string, pairs map[string]string) string {
		return ruleID(&Alert{Labels: labels.FromMap(pairs), Fingerprint: fingerprint}, true, exclude)
	}
	plain := map[string]string{"alertname": "A"}
	assert.Equal(t, "f1", of("f1", plain))
	assert.Empty(t, of(labels.FromMap(plain).Fingerprint(), plain), "nothing was hidden")
	warning := of("f1", map[string]string{"alertname": "A", "severity": "warning"})
	assert.Equal(t, warning, of("f2", map[string]string{"alertname": "A", "severity": "critical"}))
	assert.NotEqual(t, warning, of("f1", map[string]string{"alertname": "B", "severity": "warning"}))
}

func keyOf(t *testing.T, lr plog.LogRecord) string {
	t.Helper()
	v, ok := lr.Attributes().Get(attrs.AlertKey)
	require.True(t, ok)
	require.Equal(t, len(Key{}), v.Bytes().Len())
	return hex.EncodeToString(v.Bytes().AsRaw())
}

// TestKey: the key identifies the alert within its receiver, whatever its alias.
func TestKey(t *testing.T) {
	of := func(receiver, alert string) string {
		o := testOptions()
		o.ReceiverID = receiver
		return keyOf(t, recordsOf(convert(t, o, []byte(`{"alerts":[`+alert+`]}`)))[0])
	}
	const alert = `{"status":"firing","fingerprint":"f","labels":{"a":"b","severity":"x"}}`
	key := of("alertmanager", alert)
	assert.Equal(t, "71569418070ab6831c5ed04fde20ba86", key, "it is on disk: nothing may change it")

	for name, same := range map[string]string{
		"resolved":       `{"status":"resolved","fingerprint":"f","labels":{"a":"b","severity":"x"}}`,
		"order":          `{"status":"firing","fingerprint":"f","labels":{"severity":"x","a":"b"}}`,
		"text":           `{"status":"firing","fingerprint":"f","labels":{"a":"b","severity":"x"},"annotations":{"c":"d"}}`,
		"private labels": `{"status":"firing","fingerprint":"f","labels":{"a":"b","severity":"x","__alert_rule_uid__":"u"}}`,
	} {
		assert.Equal(t, key, of("alertmanager", same), name)
	}
	for name, other := range map[string]string{
		"fingerprint":  `{"status":"firing","fingerprint":"g","labels":{"a":"b","severity":"x"}}`,
		"label":        `{"status":"firing","fingerprint":"f","labels":{"a":"b","severity":"y"}}`,
		"more":         `{"status":"firing","fingerprint":"f","labels":{"a":"b","severity":"x","__cde":"f"}}`,
		"the end only": `{"status":"firing","fingerprint":"f","labels":{"a":"b","severity":"x","cde__":"f"}}`,
		"borders":      `{"status":"firing","fingerprint":"f","labels":{"a":"bseverityx"}}`,
	} {
		assert.NotEqual(t, key, of("alertmanager", other), name)
	}
	assert.NotEqual(t, key, of("alertmanager/b", alert), "another receiver")
}

// TestDelivery: what the receiver knows of a webhook is in each record that it concerns.
func TestDelivery(t *testing.T) {
	d := testDelivery()
	d.ResolveWait, d.ListedBy = time.Minute, "alertmanager@1"
	w := decode(t, []byte(`{"version":"1","orgId":3,"truncatedAlerts":1,"alerts":[{"status":"firing","orgId":5},{"status":"resolved","ruleUID":"u"}]}`))
	logs, _ := testConverter(testOptions()).Logs(w, d)
	assert.Equal(t, attrs.EventName, recordsOf(logs)[0].EventName())
	fires, resolves := recordsOf(logs)[0].Attributes().AsRaw(), recordsOf(logs)[1].Attributes().AsRaw()
	assert.NotContains(t, fires, attrs.ResolveWait)
	assert.EqualValues(t, 60_000, resolves[attrs.ResolveWait])
	assert.EqualValues(t, 5, fires[attrs.OrgID], "its own")
	assert.EqualValues(t, 3, resolves[attrs.OrgID])
	for _, record := range []map[string]any{fires, resolves} {
		assert.Equal(t, "alertmanager@1", record[attrs.ListedBy])
		assert.EqualValues(t, 1, record[attrs.TruncatedAlerts])
	}
}
