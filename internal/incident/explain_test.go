// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestExplain(t *testing.T) {
	const none = "incident::severity::default, because the alert names none"
	for name, tt := range map[string]struct {
		change   func(*SeverityConfig)
		override string
		labels   []string
		annotate []string
		want     Explanation
	}{
		"label":         {labels: []string{"severity", "warning"}, want: Explanation{High, `label severity: "warning", a known word`, "", ""}},
		"another label": {change: func(c *SeverityConfig) { c.Label = "prio" }, labels: []string{"prio", "p3"}, want: Explanation{Medium, `label prio: "p3", a known word`, "", ""}},
		"the record":    {override: "p1", labels: []string{"severity", "low"}, want: Explanation{Critical, `the record: "p1", a known word`, "", ""}},
		"own annotation": {
			annotate: []string{"alert24_severity", "low", "prio", "p1"}, change: func(c *SeverityConfig) { c.Annotation = "prio" },
			want: Explanation{Low, `annotation alert24_severity: "low", a known word`, "", ""},
		},
		"annotation": {annotate: []string{"prio", "p1"}, change: func(c *SeverityConfig) { c.Annotation = "prio" }, want: Explanation{Critical, `annotation prio: "p1", a known word`, "", ""}},
		"template": {
			labels: []string{"severity", "low"}, change: func(c *SeverityConfig) { c.Template = "page" },
			want: Explanation{Critical, `incident::severity::template: "page", a known word`, "", ""},
		},
		"a template that fails": {
			labels: []string{"severity", "low"}, change: func(c *SeverityConfig) { c.Template = "{{ index .Members 7 }}" },
			want: Explanation{Low, `label severity: "low", a known word`, "", ""},
		},
		"map": {
			labels: []string{"severity", "Critical"}, change: func(c *SeverityConfig) { c.Map = map[string]string{"critical": "low"} },
			want: Explanation{Low, `label severity: "Critical", by incident::severity::map`, "", ""},
		},
		"a new word in the map": {
			labels: []string{"severity", "ticket"}, change: func(c *SeverityConfig) { c.Map = map[string]string{"ticket": "low"} },
			want: Explanation{Low, `label severity: "ticket", by incident::severity::map`, "", ""},
		},
		"a number": {labels: []string{"severity", "1"}, want: Explanation{Critical, `label severity: "1", a guess`, "", ""}},
		"an unknown word": {
			labels: []string{"severity", "ticket"},
			want:   Explanation{Medium, `incident::severity::default, because this word is not known: label severity: "ticket"`, "", ""},
		},
		"no word":       {want: Explanation{Medium, none, "", ""}},
		"annotated":     {annotate: []string{"alert24_ignore", "yes"}, want: Explanation{Medium, none, "its annotation alert24_ignore says so", "annotation alert24_ignore"}},
		"ignored, none": {labels: []string{"severity", "none"}, want: Explanation{Low, `label severity: "none", a known word`, `incident::severity::ignore has the word "none"`, "incident::severity::ignore"}},
		"ignored, though not below the least": {
			labels: []string{"severity", "none"}, change: func(c *SeverityConfig) { c.Min = "low" },
			want: Explanation{Low, `label severity: "none", a known word`, `incident::severity::ignore has the word "none"`, "incident::severity::ignore"},
		},
		"below the least": {
			labels: []string{"severity", "minor"}, change: func(c *SeverityConfig) { c.Min = "high" },
			want: Explanation{Medium, `label severity: "minor", a known word`, "medium is below incident::severity::min, which is high", "incident::severity::min"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := renderer(t, func(c *Config) {
				if tt.change != nil {
					tt.change(&c.Severity)
				}
			}, WithTemplateFailed(func(string, string, error) { t.Error("an explanation is no use of the template") }),
				WithUnknownValue(func(string, string, string) { t.Error("an explanation is no use of the map") }))
			assert.Equal(t, tt.want, r.Explain(set(tt.labels...), set(tt.annotate...), tt.override))
		})
	}
}

func TestExplainAgrees(t *testing.T) {
	r := renderer(t, func(c *Config) { c.Severity.Min, c.Severity.Annotation = "medium", "team" })
	rapid.Check(t, func(t *rapid.T) {
		ls, annotations, override := anySet().Draw(t, "labels"), anySet().Draw(t, "annotations"), anyText().Draw(t, "override")
		e := r.Explain(ls, annotations, override)
		if e.Severity != r.Severity(ls, annotations, override) || (e.Ignored != "") != r.Ignored(ls, annotations, override) {
			t.Fatalf("%+v", e)
		}
	})
}
