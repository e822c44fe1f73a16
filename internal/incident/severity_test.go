// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSeverityOfAnAlert(t *testing.T) {
	var unknown []string
	r := renderer(t, nil, WithUnknownValue(func(key, value, used string) { unknown = append(unknown, key+": "+value+" is "+used) }))
	for word, want := range map[string]Severity{
		"CRITICAL": Critical, "Critical ": Critical, "SEV-1": Critical, "sev 1": Critical, "P1 - Critical": Critical, "Disaster": Critical,
		"Sev0": Critical, "Emergency": Critical, "page": Critical, "Error": High, "high (page)": High, "average": Medium, "none": Low, "": Medium,
	} {
		assert.Equal(t, want, r.Severity(set("severity", word), nil, ""), word)
		if word != "" {
			assert.Equal(t, want, r.Severity(set("severity", "trivial"), nil, word), word)
		}
	}
	assert.Equal(t, Medium, r.Severity(nil, nil, ""))
	assert.Empty(t, unknown, "no word is no unknown word")

	for word, want := range map[string]Severity{"1": Critical, "notify": Medium, "ticket": Medium, "Not classified": Medium, "a\nb": Medium} {
		unknown = nil
		assert.Equal(t, want, r.Severity(set("severity", word), nil, ""), word)
		assert.Equal(t, []string{"incident::severity::map: " + strings.ReplaceAll(word, "\n", " ") + " is " + want.String()}, unknown)
	}
}

func TestSeverityOptions(t *testing.T) {
	for name, tt := range map[string]struct {
		change   func(*SeverityConfig)
		override string
		labels   []string
		annotate []string
		want     Severity
	}{
		"map adds a word":                 {change: func(c *SeverityConfig) { c.Map = map[string]string{"Nuclear": "critical"} }, labels: []string{"severity", "nuclear"}, want: Critical},
		"map changes a word":              {change: func(c *SeverityConfig) { c.Map = map[string]string{"page": "high"} }, labels: []string{"severity", "PAGE"}, want: High},
		"map leaves the rest":             {change: func(c *SeverityConfig) { c.Map = map[string]string{"page": "high"} }, labels: []string{"severity", "fatal"}, want: Critical},
		"default":                         {change: func(c *SeverityConfig) { c.Default = "low" }, labels: []string{"severity", "?"}, want: Low},
		"another label":                   {change: func(c *SeverityConfig) { c.Label = "priority" }, labels: []string{"priority", "p1", "severity", "info"}, want: Critical},
		"an annotation":                   {change: func(c *SeverityConfig) { c.Annotation = "prio" }, labels: []string{"severity", "info"}, annotate: []string{"prio", "p1"}, want: Critical},
		"the annotation is not there":     {change: func(c *SeverityConfig) { c.Annotation = "prio" }, labels: []string{"severity", "info"}, want: Low},
		"a template":                      {change: func(c *SeverityConfig) { c.Template = `{{ if eq .Labels.env "prod" }}critical{{ end }}` }, labels: []string{"env", "prod", "severity", "info"}, want: Critical},
		"a blank template":                {change: func(c *SeverityConfig) { c.Template = `{{ if eq .Labels.env "prod" }}critical{{ end }}` }, labels: []string{"env", "dev", "severity", "info"}, want: Low},
		"a template of an annotation":     {change: func(c *SeverityConfig) { c.Template = "{{ .Annotations.prio }}" }, labels: []string{"severity", "info"}, annotate: []string{"prio", "p1"}, want: Critical},
		"the alert's annotation":          {labels: []string{"severity", "info"}, annotate: []string{"alert24_severity", "p2"}, want: High},
		"the attribute":                   {override: "critical", labels: []string{"severity", "info"}, annotate: []string{"alert24_severity", "p2"}, want: Critical},
		"the annotation beats a template": {change: func(c *SeverityConfig) { c.Template = "low" }, annotate: []string{"alert24_severity", "p2"}, want: High},
	} {
		t.Run(name, func(t *testing.T) {
			r := renderer(t, func(c *Config) {
				if tt.change != nil {
					tt.change(&c.Severity)
				}
			})
			assert.Equal(t, tt.want, r.Severity(set(tt.labels...), set(tt.annotate...), tt.override))
		})
	}
}

func TestIgnored(t *testing.T) {
	for name, tt := range map[string]struct {
		change   func(*SeverityConfig)
		override string
		labels   []string
		annotate []string
		want     bool
	}{
		"none, by default":              {labels: []string{"severity", "None"}, want: true},
		"info, by default":              {labels: []string{"severity", "info"}},
		"none, if wanted":               {change: func(c *SeverityConfig) { c.Ignore = nil }, labels: []string{"severity", "none"}},
		"a word in another dress":       {change: func(c *SeverityConfig) { c.Ignore = []string{"sev5"} }, labels: []string{"severity", "SEV-5"}, want: true},
		"annotation":                    {annotate: []string{"alert24_ignore", "True"}, want: true},
		"annotation says no":            {annotate: []string{"alert24_ignore", "false"}},
		"annotation is unclear":         {annotate: []string{"alert24_ignore", "perhaps"}},
		"below the least":               {change: func(c *SeverityConfig) { c.Min = "high" }, labels: []string{"severity", "minor"}, want: true},
		"below the least, no word":      {change: func(c *SeverityConfig) { c.Min, c.Ignore = "high", nil }, labels: []string{"severity", "minor"}, want: true},
		"the least":                     {change: func(c *SeverityConfig) { c.Min = "high" }, labels: []string{"severity", "warning"}},
		"an unknown word, by default":   {change: func(c *SeverityConfig) { c.Min = "high" }, want: true},
		"the attribute is what counts":  {change: func(c *SeverityConfig) { c.Min = "high" }, labels: []string{"severity", "info"}, override: "critical"},
		"a word":                        {change: func(c *SeverityConfig) { c.Ignore = []string{"None"} }, labels: []string{"severity", "NONE"}, want: true},
		"another word of that severity": {change: func(c *SeverityConfig) { c.Ignore = []string{"none"} }, labels: []string{"severity", "info"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := renderer(t, func(c *Config) {
				if tt.change != nil {
					tt.change(&c.Severity)
				}
			})
			assert.Equal(t, tt.want, r.Ignored(set(tt.labels...), set(tt.annotate...), tt.override))
		})
	}
}
