// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// page shows a Content as a person would read it.
func page(c Content) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nseverity: %s\nsource: %s\n", c.Title, c.Severity, c.Source)
	fmt.Fprintf(&b, "services: %q\nassigned to: %q\nimpact: %q\n", c.AffectedServices, c.AssignedTo, c.ImpactDescription)
	for _, tag := range c.Tags {
		fmt.Fprintf(&b, "tag: %s\n", tag)
	}
	for _, l := range c.Labels {
		fmt.Fprintf(&b, "label: %s=%s\n", l.Name, l.Value)
	}
	fmt.Fprintf(&b, "description:\n%s\n", c.Description)
	return b.String()
}

func TestGolden(t *testing.T) {
	bare := Alert{Severity: Medium}
	second := highErrorRate()
	second.Fingerprint, second.Severity = "second", High
	second.Annotations = nil
	grafana := Alert{
		Name: "TestAlert", Severity: Medium, Labels: set("alertname", "TestAlert", "grafana_folder", "My folder", "__alert_rule_uid__", "x"),
		ExternalURL: "https://grafana.example.com/", Grafana: true, Values: "A=97.25, C=1",
		SilenceURL: "https://grafana.example.com/sub/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DTestAlert&orgId=3",
	}
	dated := grafana
	dated.StartsAt = highErrorRate().StartsAt
	overridden := highErrorRate()
	overridden.Title, overridden.Description = "From the pipeline", "Only this."
	overridden.Tags, overridden.AffectedServices = []string{"a", "b", "a"}, []string{"svc-9", "api"}

	for name, tt := range map[string]struct {
		alerts []Alert
		change func(*Config)
	}{
		"well-kept":        {alerts: []Alert{highErrorRate()}},
		"bare":             {alerts: []Alert{bare}},
		"several":          {alerts: []Alert{highErrorRate(), second, diskFull()}},
		"truncated":        {alerts: []Alert{diskFull()}},
		"grafana":          {alerts: []Alert{grafana}},
		"overridden":       {alerts: []Alert{overridden}},
		"markdown":         {[]Alert{diskFull(), highErrorRate()}, func(c *Config) { c.DescriptionFormat = Markdown }},
		"markdown-well":    {[]Alert{highErrorRate()}, func(c *Config) { c.DescriptionFormat = Markdown }},
		"markdown-grafana": {[]Alert{dated}, func(c *Config) { c.DescriptionFormat = Markdown; c.Tags.Labels = nil }},
		"without-labels":   {[]Alert{highErrorRate()}, func(c *Config) { c.SendLabels = LabelsNever; c.Tags.Labels = nil }},
		"owners": {[]Alert{highErrorRate(), diskFull()}, func(c *Config) {
			c.Tags = TagsConfig{Labels: []string{"team", "job"}, Template: "{{ .Labels.team | toUpper }}\n{{ len .Members }} alerts\n"}
			c.Services = ServicesConfig{By: ServicesByID, Label: "team", Map: map[string]string{"payments": "svc-123", "storage": "svc-007"}}
			c.AssignedTo = IDConfig{Label: "team", Map: map[string]string{"payments": "user-456"}}
			c.ImpactDescription = "{{ .Labels.team }} is affected"
		}},
		"templates": {[]Alert{highErrorRate(), diskFull()}, func(c *Config) {
			c.Title = `[{{ .Severity | toUpper }}] {{ .Labels.alertname }} {{ .Labels.nothing }}at {{ .Labels.instance | reReplaceAll "\\..*" "" }}`
			c.Description = `{{ .Annotations.description }}
{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}
{{ range .Members }}* {{ .Name }} {{ .StartsAt | tz "UTC" | date "15:04" }}{{ if .RunbookURL }} see {{ .RunbookURL }}{{ end }}
{{ end }}{{ if match "^High" .Name }}matched{{ end }} {{ stringSlice "a" "b" | join "," }} {{ .GroupLabels | toJson }}
{{ .Labels.Names | join "," }} {{ .Labels.Values | join "," }} {{ title "from safe" }} {{ safeHtml "<b>" }} {{ safeUrl "a b" }}
{{ .Alias }} {{ .Status }} {{ .ExternalURL }} {{ .CommonLabels }}`
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := page(renderer(t, tt.change).Render("HighErrorRate:api-01.prod", tt.alerts, Context{}))
			file := filepath.Join("testdata", name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err, "run the test with -update")
			assert.Equal(t, string(want), got)
		})
	}
}
