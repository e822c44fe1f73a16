// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSeverityWords(t *testing.T) {
	r := renderer(t, nil)
	for want, words := range map[Severity]string{
		Critical: "critical crit page fatal emergency emerg panic disaster blocker urgent p0 p1 s1 sev0 sev1 sev-1",
		High:     "high error err major warning warn p2 s2 sev2",
		Medium:   "medium moderate average minor p3 s3 sev3 unknown maintenance 7 -",
		Low:      "low info information informational notice debug trivial none ok p4 p5 s4 s5 sev4 sev5",
	} {
		for word := range strings.FieldsSeq(words) {
			for _, form := range []string{word, strings.ToUpper(word), " " + word + "\n"} {
				assert.Equal(t, want, r.Severity(set("severity", form), nil, ""), form)
				assert.Equal(t, want, r.Severity(set("severity", "critical"), nil, form), form)
			}
		}
	}
	assert.Equal(t, Medium, r.Severity(nil, nil, ""))
}

// No word of Alert24's own that some of its versions refuse is ever sent.
func TestSeverityStrings(t *testing.T) {
	for severity, want := range map[Severity]string{0: "medium", Low: "low", Medium: "medium", High: "high", Critical: "critical", 9: "medium"} {
		assert.Equal(t, want, severity.String())
	}
	assert.Greater(t, Critical, High)
	assert.Greater(t, High, Medium)
	assert.Greater(t, Medium, Low)
}

func TestVocabularyHasEachWordOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, words := range vocabulary {
		for _, word := range words {
			assert.False(t, seen[word], word)
			assert.Equal(t, normal(word), word)
			seen[word] = true
		}
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
		"by default nothing is":         {labels: []string{"severity", "none"}},
		"annotation":                    {annotate: []string{"alert24_ignore", "True"}, want: true},
		"annotation says no":            {annotate: []string{"alert24_ignore", "false"}},
		"annotation is unclear":         {annotate: []string{"alert24_ignore", "perhaps"}},
		"below the least":               {change: func(c *SeverityConfig) { c.Min = "high" }, labels: []string{"severity", "minor"}, want: true},
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
