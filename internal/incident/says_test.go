// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Texts that Prometheus writes instead of annotations whose template fails are not titles.
func TestATemplateThatFailedInPrometheus(t *testing.T) {
	const failure = `<error expanding template: error executing template __alert_LatencyHigh: template: ` +
		`__alert_LatencyHigh:1:94: executing "__alert_LatencyHigh" at <.Labels.devic>: nil data; no entry for key "devic">`
	for name, tt := range map[string]struct {
		annotations []string
		title       string
		description string
	}{
		"all": {
			[]string{"summary", failure, "description", failure},
			"LatencyHigh on db-07.example.com:9100",
			"The template of annotation summary failed: " + failure + "\n\nThe template of annotation description failed: " + failure,
		},
		"the summary": {
			[]string{"summary", " " + failure, "message", "Slow disk", "description", "D"},
			"Slow disk",
			"D\n\nThe template of annotation summary failed: " + failure,
		},
		"our own": {
			[]string{"alert24_title", failure, "alert24_description", failure, "summary", "S", "description", "D"},
			"S",
			"D\n\nThe template of annotation alert24_title failed: " + failure + "\n\nThe template of annotation alert24_description failed: " + failure,
		},
		"the message": {
			[]string{"message", failure},
			"LatencyHigh on db-07.example.com:9100",
			"The template of annotation message failed: " + failure,
		},
		"long": {
			[]string{"summary", failure + strings.Repeat("x", 20_000)},
			"LatencyHigh on db-07.example.com:9100",
			"The template of annotation summary failed: " + failure + strings.Repeat("x", maxFailureRunes-len(failure)-1) + "…",
		},
		"not at the start": {[]string{"summary", "see " + failure}, "see " + failure, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := renderer(t, nil).Render(alias, []Alert{{
				Name: "LatencyHigh", Labels: set("alertname", "LatencyHigh", "instance", "db-07.example.com:9100"), Annotations: set(tt.annotations...),
			}}, Context{})
			assert.Equal(t, tt.title, c.Title)
			assert.Equal(t, strings.TrimPrefix(tt.description+"\n\n"+AliasLine(alias), "\n\n"), c.Description)
		})
	}
}

// A link that leads nowhere is not a link. The text of a runbook annotation may still help.
func TestLinksThatNobodyCanFollow(t *testing.T) {
	a := Alert{
		Name: "ExporterGone", Severity: High, Labels: set("alertname", "ExporterGone", "instance", "exp-2.example.com:9100"),
		Annotations:  set("runbook_url", "wiki: exporters\ngone", "dashboard", "/d/xyz/exporters", "panel_url", "http://:3000/d/xyz"),
		GeneratorURL: "http://:9090/graph?g0.expr=up", ExternalURL: "http://:9093",
	}
	r := renderer(t, nil)
	assert.Equal(t, "Runbook: wiki: exporters gone\n\n"+AliasLine(alias), r.Render(alias, []Alert{a}, Context{}).Description)

	for text, want := range map[string]string{
		"javascript:alert(1)": "", "DATA:text/html,x": "", "http://:80/x": "", "https://a b": "Runbook: https://a b\n\n", "": "", "runbooks/gone.md": "Runbook: runbooks/gone.md\n\n",
	} {
		a.Annotations = set("runbook", text)
		assert.Equal(t, want+AliasLine(alias), r.Render(alias, []Alert{a}, Context{}).Description, text)
	}
	a.Annotations = set("runbook", "*wiki*")
	markdown := renderer(t, func(c *Config) { c.DescriptionFormat = Markdown })
	assert.Equal(t, `- Runbook: \*wiki\*`+"\n\n"+AliasLine(alias), markdown.Render(alias, []Alert{a}, Context{}).Description)
}

// Grafana has no page like Alertmanager's: only the link that it sent leads to its silence form.
func TestGrafanasOwnSilenceForm(t *testing.T) {
	const form = "https://grafana.example.com/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DCertificate&orgId=4"
	for name, tt := range map[string]struct {
		alert Alert
		want  string
	}{
		"sent":         {Alert{Grafana: true, SilenceURL: form, ExternalURL: "https://grafana.example.com/"}, form},
		"not sent":     {Alert{Grafana: true, ExternalURL: "https://grafana.example.com/"}, ""},
		"unsafe":       {Alert{Grafana: true, SilenceURL: "javascript:x", ExternalURL: "https://grafana.example.com/"}, ""},
		"Alertmanager": {Alert{ExternalURL: "http://am:9093"}, "http://am:9093/#/silences/new?filter=%7Balertname%3D%22Certificate%22%7D"},
		"forwarded to an Alertmanager": {
			Alert{ExternalURL: "http://am:9093", Labels: set("grafana_folder", "F")}, "http://am:9093/#/silences/new?filter=%7Bgrafana_folder%3D%22F%22%7D",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.alert.Labels == nil {
				tt.alert.Labels = set("alertname", "Certificate")
			}
			assert.Equal(t, tt.want, silenceLink(&tt.alert))
		})
	}
}

func TestRulesThatGrafanaCannotEvaluate(t *testing.T) {
	for name, tt := range map[string]struct {
		alert       Alert
		title, text string
	}{
		"no data": {
			Alert{Name: "DatasourceNoData", Labels: set("rulename", "Disk almost full"), Annotations: set("summary", "Disk of db-01 is full", "description", "D")},
			"No data: Disk almost full", "Disk of db-01 is full\n\nD\n\n",
		},
		"an error": {
			Alert{
				Labels:      set("alertname", "DatasourceError", "rulename", "Too few pods"),
				Annotations: set("Error", "failed to execute\nquery A", "description", "Fewer than 3."),
			},
			"Query failed: Too few pods: failed to execute query A", "Fewer than 3.\n\n",
		},
		"an error without text":  {Alert{Name: "DatasourceError", Labels: set("rulename", "R")}, "Query failed: R", ""},
		"a rule without a name":  {Alert{Name: "DatasourceNoData", Labels: set("instance", "i"), Annotations: set("summary", "S")}, "S", ""},
		"what the alert decides": {Alert{Name: "DatasourceNoData", Labels: set("rulename", "R"), Annotations: set("alert24_title", "T")}, "T", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := renderer(t, nil).Render(alias, []Alert{tt.alert}, Context{})
			assert.Equal(t, tt.title, c.Title)
			assert.Equal(t, tt.text+AliasLine(alias), c.Description)
		})
	}
}

func TestFiringSinceTheOldestStart(t *testing.T) {
	start := time.Date(2026, 11, 26, 15, 22, 59, 0, time.FixedZone("", 3600))
	r := renderer(t, nil)
	firing := []Alert{{StartsAt: start.Add(time.Hour)}, {}, {StartsAt: start}, {}}
	assert.Contains(t, r.Render(alias, firing, Context{}).Description, "Firing since 2026-11-26 14:22 UTC\n")
	more := Context{Members: 7, Since: start.Add(-time.Hour)}
	assert.Contains(t, r.Render(alias, firing, more).Description, "Firing since 2026-11-26 13:22 UTC\n")
	assert.NotContains(t, r.Render(alias, []Alert{{}}, Context{}).Description, "since")
}

// A sender's clock may be ahead.
func TestNothingFiresSinceATimeToCome(t *testing.T) {
	start := time.Date(2026, 11, 26, 14, 22, 59, 0, time.UTC)
	early, late := Alert{StartsAt: start, Labels: set("instance", "a")}, Alert{StartsAt: start.Add(time.Hour), Labels: set("instance", "b")}
	r := renderer(t, nil)
	both := func(now time.Time) Content {
		return r.Render(alias, []Alert{late, early}, Context{Members: 2, Since: start, Now: now})
	}
	assert.Contains(t, both(start).Description, "Firing since 2026-11-26 14:22 UTC\n")
	assert.Equal(t, 1, strings.Count(both(start).Description, ", since "))
	assert.Equal(t, both(time.Time{}).Description, both(late.StartsAt).Description)
	assert.NotContains(t, both(start.Add(-time.Second)).Description, "since")
	assert.Equal(t, both(time.Time{}).News, both(start.Add(-time.Second)).News, "no news when the time comes")
}

func TestValuesOfQueries(t *testing.T) {
	for want, a := range map[string]Alert{
		"Values: A=97.25, C=1\n\n":            {Values: "A=97.25, C=1", Annotations: set("__value_string__", "x")},
		"Values: [ var='A' value=97.25 ]\n\n": {Annotations: set("__value_string__", "[ var='A' value=97.25 ]")},
		"":                                    {},
		"Values: " + strings.Repeat("x", maxLineRunes-1) + "…\n\n": {Values: strings.Repeat("x", 1000)},
	} {
		assert.Equal(t, want+AliasLine(alias), renderer(t, nil).Render(alias, []Alert{a}, Context{}).Description)
	}
}

// These are the first alerts of kube-prometheus-stack: none of them may call people.
func TestTheFirstMinuteOfKubePrometheus(t *testing.T) {
	r := renderer(t, nil)
	for _, tt := range []struct {
		severity string
		ignored  bool
		want     Severity
	}{{"none", true, Low}, {"info", false, Low}, {"warning", false, High}} {
		ls := set("alertname", "X", "severity", tt.severity)
		assert.Equal(t, tt.ignored, r.Ignored(ls, nil, ""), tt.severity)
		assert.Equal(t, tt.want, r.Severity(ls, nil, ""), tt.severity)
	}
	half := Alert{Name: "TargetDown", Labels: set("alertname", "TargetDown", "job", "dns"), Annotations: set("summary", "Targets are down", "description", "50 % are down.")}
	third := half
	third.Annotations = with(half.Annotations, "description", "33.33 % are down.")
	a, b := r.Render(alias, []Alert{half}, Context{}).News, r.Render(alias, []Alert{third}, Context{}).News
	for field := range NumFields {
		assert.Equal(t, field != FieldDescription, a[field] == b[field], field)
	}
}
