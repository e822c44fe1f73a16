// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strconv"
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

// A change must cost little more with ten thousand members than with ten.
func BenchmarkRenderMembers(b *testing.B) {
	r := renderer(b, nil)
	for _, n := range []int{10, 20, 10_000} {
		members := make([]Packed, n)
		for i := range members {
			a := highErrorRate()
			a.Fingerprint = strconv.Itoa(i)
			a.Labels = with(a.Labels, "pod", a.Fingerprint)
			members[i] = Pack(&a)
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Render(alias, ranked(members), Context{Members: n})
			}
		})
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

func BenchmarkHashes(b *testing.B) {
	c := renderer(b, nil).Render(alias, []Alert{highErrorRate()}, Context{})
	b.ReportAllocs()
	for b.Loop() {
		c.Hashes()
	}
}

func BenchmarkSeverity(b *testing.B) {
	r, a := renderer(b, nil), highErrorRate()
	b.ReportAllocs()
	for b.Loop() {
		r.Severity(a.Labels, a.Annotations, "")
	}
}

// BenchmarkSameNews compares an alert with its previous version.
func BenchmarkSameNews(b *testing.B) {
	before, after := moving(), moving()
	moves["source"](&after)
	p, q := Pack(&before), Pack(&after)
	b.ReportAllocs()
	for b.Loop() {
		if !p.SameNews(&q) {
			b.Fatal("a moved link counts as news")
		}
	}
}

// BenchmarkNews compares an alert with a version that has news.
func BenchmarkNews(b *testing.B) {
	before, after := highErrorRate(), highErrorRate()
	after.Annotations = with(after.Annotations, "description", "It is over.")
	p, q := Pack(&before), Pack(&after)
	b.ReportAllocs()
	for b.Loop() {
		if p.SameNews(&q) {
			b.Fatal("a changed description does not count as news")
		}
	}
}

func BenchmarkPack(b *testing.B) {
	a := highErrorRate()
	b.ReportAllocs()
	for b.Loop() {
		_ = Pack(&a)
	}
}

func BenchmarkUnpack(b *testing.B) {
	a := highErrorRate()
	p := Pack(&a)
	b.ReportAllocs()
	for b.Loop() {
		_ = p.Unpack()
	}
}
