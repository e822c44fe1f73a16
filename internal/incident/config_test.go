// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func check(cfg Config) error {
	_, err := NewRenderer(cfg)
	return err
}

func TestTheDefaultConfigIsSound(t *testing.T) {
	cfg := DefaultConfig()
	require.NoError(t, check(cfg))
}

func TestCheckNamesTheKey(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no source":                {func(c *Config) { c.Source = "" }, "incident::source: must be 1 to 50 printable characters"},
		"long source":              {func(c *Config) { c.Source = string(make([]byte, 51)) }, "incident::source: "},
		"control in source":        {func(c *Config) { c.Source = "a\nb" }, "incident::source: "},
		"space around source":      {func(c *Config) { c.Source = " a" }, "incident::source: "},
		"format":                   {func(c *Config) { c.DescriptionFormat = "html" }, `incident::description_format: must be text or markdown, not "html"`},
		"severity in the map":      {func(c *Config) { c.Severity.Map = map[string]string{"page": "info"} }, `incident::severity::map::page: unknown severity "info", Alert24 has critical, high, medium and low`},
		"two severities of a word": {func(c *Config) { c.Severity.Map = map[string]string{"P1": "critical", "p1": "low"} }, `incident::severity::map: "P1" and "p1" are one word with two severities; remove one of them`},
		"default severity":         {func(c *Config) { c.Severity.Default = "" }, "incident::severity::default: "},
		"least severity":           {func(c *Config) { c.Severity.Min = "warning" }, "incident::severity::min: "},
		"nothing to read it off":   {func(c *Config) { c.Severity.Label = "" }, "incident::severity::label: "},
		"services without label":   {func(c *Config) { c.Services.Map = map[string]string{"a": "b"} }, "incident::services: label and map go together"},
		"owners without map":       {func(c *Config) { c.AssignedTo.Label = "team" }, "incident::assigned_to: label and map go together"},
		"empty id":                 {func(c *Config) { c.AssignedTo = IDConfig{"team", map[string]string{"a": ""}} }, "incident::assigned_to::map::a: must not be empty"},
		"blank id of a service":    {func(c *Config) { c.Services = ServicesConfig{Map: map[string]string{"a": " "}, By: ServicesByName} }, "incident::services::map::a: must not be empty"},
		"empty tag label":          {func(c *Config) { c.Tags.Labels = []string{""} }, "incident::tags::labels: "},
		"labels sent now and then": {func(c *Config) { c.SendLabels = "sometimes" }, `incident::send_labels: must be create, always or never, not "sometimes"`},
		"title does not parse":     {func(c *Config) { c.Title = "{{ .Labels" }, "incident::title:1: "},
		"no such function":         {func(c *Config) { c.Description = "\n{{ since .StartsAt }}" }, `incident::description:2: function "since" not defined`},
		"no such field":            {func(c *Config) { c.ImpactDescription = "{{ .Label.team }}" }, "incident::impact_description:1:"},
		"no such member field":     {func(c *Config) { c.Tags.Template = "{{ range .Members }}{{ .Summary }}{{ end }}" }, "incident::tags::template:1:"},
		"no such template":         {func(c *Config) { c.Title = `{{ template "slack.title" . }}` }, `incident::title:1:12: executing "incident::title" at <{{template "slack.title" .}}>: template "slack.title" not defined; see docs/incidents.md#templates`},
		"a template in itself":     {func(c *Config) { c.Title = `{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}` }, "incident::title:1:"},
		"too many arguments":       {func(c *Config) { c.Title = "{{ toUpper .Name .Alias }}" }, "incident::title:1:3: "},
		"a time as text":           {func(c *Config) { c.Title = "{{ toUpper .StartsAt }}" }, "incident::title:1:11: "},
		"a number as text":         {func(c *Config) { c.Title = "{{ toUpper 5 }}" }, "incident::title:1:11: "},
		"a broken pattern":         {func(c *Config) { c.Tags.Template = `{{ reReplaceAll "(" "" .Name }}` }, "incident::tags::template:1:3: "},
		"an unknown time zone":     {func(c *Config) { c.Title = `{{ tz "Mars/Olympus" .StartsAt }}` }, "incident::title:1:3: "},
		"severity template":        {func(c *Config) { c.Severity.Template = "{{ end }}" }, "incident::severity::template:1: "},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			tt.change(&cfg)
			err := check(cfg)
			require.Error(t, err)
			assert.Equal(t, tt.want, err.Error()[:min(len(tt.want), len(err.Error()))])
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	cfg := DefaultConfig()
	cfg.Source, cfg.DescriptionFormat = "", ""
	require.ErrorContains(t, check(cfg), "incident::source: ")
	require.ErrorContains(t, check(cfg), "incident::description_format: ", "all is said at once")
}

// A template that fails on an alert without some value is still valid.
func TestCheckLetsTemplatesBeParticular(t *testing.T) {
	for _, text := range []string{
		`{{ .Labels.absent }}`, `{{ slice .Labels.absent 0 3 }}`, `{{ (index .Members 1).Name }}`, `{{ index .Labels "a" }}`,
		`{{ with .Annotations.x }}{{ . | title | safeHtml | safeUrl }}{{ end }}`, `{{ .Labels.Remove (stringSlice "a") }}`,
		`{{ .Labels.Names | join "," }} {{ .Labels.Values | join "," }} {{ .CommonLabels.a }} {{ .TruncatedAlerts }}`,
		`{{ trimSpace " a " | toLower | urlUnescape }} {{ .RunbookURL }} {{ .DashboardURL }} {{ .PanelURL }} {{ .SourceURL }} {{ .SilenceURL }} {{ .GeneratorURL }} {{ .Fingerprint }}`,
	} {
		cfg := DefaultConfig()
		cfg.Title = text
		require.NoError(t, check(cfg), text)
	}
}
