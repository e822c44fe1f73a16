// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"testing"
)

func BenchmarkRender(b *testing.B) {
	r := renderer(b, nil)
	alerts := []Alert{highErrorRate()}
	b.ReportAllocs()
	for b.Loop() {
		r.Render(alias, alerts, Context{})
	}
}

func BenchmarkRenderTenMembers(b *testing.B) {
	r := renderer(b, nil)
	alerts := make([]Alert, 10)
	for i := range alerts {
		alerts[i] = highErrorRate()
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Render(alias, alerts, Context{})
	}
}

func BenchmarkRenderTemplates(b *testing.B) {
	r := renderer(b, func(c *Config) {
		c.Title = "{{ .Labels.alertname }} on {{ .Labels.instance }}"
		c.Description = "{{ .Annotations.description }}\n{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }}\n{{ end }}"
	})
	alerts := []Alert{highErrorRate()}
	b.ReportAllocs()
	for b.Loop() {
		r.Render(alias, alerts, Context{})
	}
}

func BenchmarkHash(b *testing.B) {
	c := renderer(b, nil).Render(alias, []Alert{highErrorRate()}, Context{})
	b.ReportAllocs()
	for b.Loop() {
		c.Hash()
	}
}

func BenchmarkSeverity(b *testing.B) {
	r, a := renderer(b, nil), highErrorRate()
	b.ReportAllocs()
	for b.Loop() {
		r.Severity(a.Labels, a.Annotations, "")
	}
}
