// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
)

func TestTheDefaultConfigIsSound(t *testing.T) {
	cfg := DefaultConfig()
	require.NoError(t, cfg.Check())
	require.NoError(t, componenttest.CheckConfigStruct(&cfg))
}

func TestConfigFromYAML(t *testing.T) {
	cfg := DefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"source": "grafana",
		"severity": map[string]any{
			"map": map[string]any{"P1": "critical"}, "default": "low", "label": "prio", "annotation": "prio",
			"template": "{{ .Labels.x }}", "min": "medium", "ignore": []any{"none"},
		},
		"title": "{{ .Alias }}", "description": "{{ .Alias }}", "description_format": "markdown",
		"tags":               map[string]any{"labels": []any{}, "template": "a"},
		"send_labels":        false,
		"affected_services":  map[string]any{"label": "service", "map": map[string]any{"api": "svc-1"}},
		"assigned_to":        map[string]any{"label": "team", "map": map[string]any{"x": "user-1"}},
		"impact_description": "text",
	}).Unmarshal(&cfg))
	require.NoError(t, cfg.Check())
	assert.Equal(t, Config{
		Source: "grafana",
		Severity: SeverityConfig{
			Map: map[string]string{"P1": "critical"}, Default: "low", Label: "prio", Annotation: "prio",
			Template: "{{ .Labels.x }}", Min: "medium", Ignore: []string{"none"},
		},
		Title: "{{ .Alias }}", Description: "{{ .Alias }}", DescriptionFormat: Markdown,
		Tags:              TagsConfig{Labels: []string{}, Template: "a"},
		AffectedServices:  LookupConfig{Label: "service", Map: map[string]string{"api": "svc-1"}},
		AssignedTo:        LookupConfig{Label: "team", Map: map[string]string{"x": "user-1"}},
		ImpactDescription: "text",
	}, cfg)
}

func TestCheckNamesTheKey(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no source":              {func(c *Config) { c.Source = "" }, "source: must be 1 to 50 printable characters"},
		"long source":            {func(c *Config) { c.Source = string(make([]byte, 51)) }, "source: "},
		"control in source":      {func(c *Config) { c.Source = "a\nb" }, "source: "},
		"space around source":    {func(c *Config) { c.Source = " a" }, "source: "},
		"format":                 {func(c *Config) { c.DescriptionFormat = "html" }, `description_format: must be text or markdown, not "html"`},
		"severity in the map":    {func(c *Config) { c.Severity.Map = map[string]string{"page": "info"} }, `severity::map::page: unknown severity "info", Alert24 has critical, high, medium and low`},
		"default severity":       {func(c *Config) { c.Severity.Default = "" }, "severity::default: "},
		"least severity":         {func(c *Config) { c.Severity.Min = "warning" }, "severity::min: "},
		"nothing to read it off": {func(c *Config) { c.Severity.Label = "" }, "severity::label: "},
		"services without label": {func(c *Config) { c.AffectedServices.Map = map[string]string{"a": "b"} }, "affected_services: label and map go together"},
		"owners without map":     {func(c *Config) { c.AssignedTo.Label = "team" }, "assigned_to: label and map go together"},
		"empty id":               {func(c *Config) { c.AssignedTo = LookupConfig{"team", map[string]string{"a": ""}} }, "assigned_to::map::a: must not be empty"},
		"empty tag label":        {func(c *Config) { c.Tags.Labels = []string{""} }, "tags::labels: "},
		"title does not parse":   {func(c *Config) { c.Title = "{{ .Labels" }, "title:1: "},
		"no such function":       {func(c *Config) { c.Description = "\n{{ since .StartsAt }}" }, `description:2: function "since" not defined`},
		"no such field":          {func(c *Config) { c.ImpactDescription = "{{ .Label.team }}" }, "impact_description:1:"},
		"no such member field":   {func(c *Config) { c.Tags.Template = "{{ range .Members }}{{ .Summary }}{{ end }}" }, "tags::template:1:"},
		"severity template":      {func(c *Config) { c.Severity.Template = "{{ end }}" }, "severity::template:1: "},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			tt.change(&cfg)
			err := cfg.Check()
			require.Error(t, err)
			assert.Equal(t, tt.want, err.Error()[:min(len(tt.want), len(err.Error()))])
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	cfg := DefaultConfig()
	cfg.Source, cfg.DescriptionFormat = "", ""
	require.ErrorContains(t, cfg.Check(), "source: ")
	require.ErrorContains(t, cfg.Check(), "description_format: ", "all is said at once")
}

// What a template does with an alert that lacks something is no reason to refuse the template.
func TestCheckLetsTemplatesBeParticular(t *testing.T) {
	for _, text := range []string{
		`{{ .Labels.absent }}`, `{{ slice .Labels.absent 0 3 }}`, `{{ (index .Members 1).Name }}`, `{{ index .Labels "a" }}`,
		`{{ with .Annotations.x }}{{ . | title | safeHtml | safeUrl }}{{ end }}`, `{{ .Labels.Remove (stringSlice "a") }}`,
		`{{ .Labels.Names | join "," }} {{ .Labels.Values | join "," }} {{ .CommonLabels.a }} {{ .TruncatedAlerts }}`,
		`{{ trimSpace " a " | toLower | urlUnescape }} {{ .RunbookURL }} {{ .DashboardURL }} {{ .PanelURL }} {{ .SourceURL }} {{ .SilenceURL }} {{ .GeneratorURL }} {{ .Fingerprint }}`,
	} {
		cfg := DefaultConfig()
		cfg.Title = text
		require.NoError(t, cfg.Check(), text)
	}
}
