// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// moves are changes that are not news.
var moves = map[string]func(*Alert){
	"source":            func(a *Alert) { a.GeneratorURL = "http://prometheus-1.example.com:9090/graph?g0.expr=up" },
	"no source":         func(a *Alert) { a.GeneratorURL = "" },
	"sender's page":     func(a *Alert) { a.ExternalURL = "http://alertmanager-1.example.com:9093" },
	"no page":           func(a *Alert) { a.ExternalURL = "" },
	"silence form":      func(a *Alert) { a.SilenceURL = "https://grafana.example.com/alerting/silence/new?x=1" },
	"values":            func(a *Alert) { a.Values = "A=98" },
	"no values":         func(a *Alert) { a.Values = "" },
	"no values at all":  func(a *Alert) { a.Values, a.Annotations = "", with(a.Annotations, "__value_string__", "") },
	"values, annotated": func(a *Alert) { a.Annotations = with(a.Annotations, "__value_string__", "[ var='A' value=98 ]") },
	"dashboard's hours": func(a *Alert) {
		a.Annotations = with(a.Annotations, "dashboard_url", dashboard+"&from=1764166&to=1764167")
	},
	"panel's hours":  func(a *Alert) { a.Annotations = with(a.Annotations, "panel_url", panel+"&to=now") },
	"alerts cut off": func(a *Alert) { a.Truncated++ },
}

// says are changes that are news.
var says = map[string]func(*Alert){
	"description":   func(a *Alert) { a.Annotations = with(a.Annotations, "description", "71 % of the requests fail.") },
	"summary":       func(a *Alert) { a.Annotations = with(a.Annotations, "summary", "Other") },
	"runbook":       func(a *Alert) { a.Annotations = with(a.Annotations, "runbook_url", "https://runbooks.example.com/2") },
	"dashboard":     func(a *Alert) { a.Annotations = with(a.Annotations, "dashboard_url", dashboard+"2&from=1&to=2") },
	"panel":         func(a *Alert) { a.Annotations = with(a.Annotations, "panel_url", panel+"2&from=1&to=2") },
	"label":         func(a *Alert) { a.Labels = with(a.Labels, "team", "storage") },
	"a label more":  func(a *Alert) { a.Labels = with(a.Labels, "zone", "a") },
	"hidden label":  func(a *Alert) { a.Labels = with(a.Labels, "__x", "a") },
	"severity":      func(a *Alert) { a.Severity = Medium },
	"the cut":       func(a *Alert) { a.Truncated = 0 },
	"a title":       func(a *Alert) { a.Title = "T" },
	"a description": func(a *Alert) { a.Description = "D" },
	"tags":          func(a *Alert) { a.Tags = []string{"x"} },
	"services":      func(a *Alert) { a.AffectedServices = []string{"x"} },
}

const (
	dashboard = "https://grafana.example.com/d/abc?orgId=3"
	panel     = "https://grafana.example.com/d/abc?orgId=3&viewPanel=2"
)

func with(s labels.Set, name, value string) labels.Set {
	s = slices.DeleteFunc(slices.Clone(s), func(l labels.Label) bool { return l.Name == name })
	return labels.New(append(s, labels.Label{Name: name, Value: value})...)
}

// moving is an alert with every field that changes by itself.
func moving() Alert {
	a := highErrorRate()
	a.Truncated, a.Values = 2, "A=97"
	a.SilenceURL, a.Grafana = "https://grafana.example.com/alerting/silence/new", true
	a.Annotations = with(with(a.Annotations, "dashboard_url", dashboard+"&from=1&to=2"), "panel_url", panel+"&from=1&to=now")
	a.Annotations = with(a.Annotations, "__value_string__", "[ var='A' value=97 ]")
	return a
}

// everything shows every part of an alert.
const everything = `{{ range .Members }}{{ .Name }} {{ .Severity }} {{ .Labels }} {{ .Annotations }} {{ .Values }} {{ .StartsAt }}
{{ .RunbookURL }} {{ .DashboardURL }} {{ .PanelURL }} {{ .SourceURL }} {{ .SilenceURL }} {{ .GeneratorURL }}{{ end }}
{{ .GroupLabels }} {{ .CommonLabels }} {{ .ExternalURL }} {{ .TruncatedAlerts }}`

func newsRenderers(tb testing.TB) map[string]*Renderer {
	tb.Helper()
	return map[string]*Renderer{
		"defaults":      renderer(tb, nil),
		"markdown":      renderer(tb, func(c *Config) { c.DescriptionFormat = Markdown }),
		"labels listed": renderer(tb, func(c *Config) { c.Tags.Labels, c.SendLabels = nil, LabelsNever }),
		"labels sent":   renderer(tb, func(c *Config) { c.Tags.Labels, c.SendLabels = nil, LabelsAlways }),
		"templates": renderer(tb, func(c *Config) {
			c.Title, c.Description, c.ImpactDescription, c.Tags.Template = everything, everything, everything, everything
		}),
	}
}

func TestWhatMovesIsNoNews(t *testing.T) {
	for name, r := range newsRenderers(t) {
		second := moving()
		second.Labels = with(second.Labels, "instance", "api-02.prod")
		want := r.Render(alias, []Alert{moving(), second}, Context{})
		for what, move := range moves {
			a := moving()
			move(&a)
			assert.Equal(t, want.News, r.Render(alias, []Alert{a, second}, Context{}).News, "%s: %s", name, what)

			other := second
			move(&other)
			assert.Equal(t, want.News, r.Render(alias, []Alert{moving(), other}, Context{}).News, "%s: %s of another", name, what)
		}
		later := moving()
		later.StartsAt = later.StartsAt.Add(time.Hour)
		assert.Equal(t, want.News, r.Render(alias, []Alert{later, second}, Context{Continues: 3}).News, "%s: start", name)
	}
}

func TestWhatAlertsSayIsNews(t *testing.T) {
	for name, r := range newsRenderers(t) {
		want := r.Render(alias, []Alert{moving()}, Context{})
		for what, say := range says {
			a := moving()
			say(&a)
			assert.NotEqual(t, want.News, r.Render(alias, []Alert{a}, Context{}).News, "%s: %s", name, what)
		}
		assert.NotEqual(t, want.News, r.Render(alias, []Alert{moving(), diskFull()}, Context{}).News, "%s: a member more", name)
	}
}

// The title follows the number of alerts even if the description does not show it, or is a person's.
func TestTheCountIsNewsOfATitle(t *testing.T) {
	for name, r := range map[string]*Renderer{
		"default":     renderer(t, nil),
		"template":    renderer(t, func(c *Config) { c.Title = "{{ .Name }} ({{ .MemberCount }})" }),
		"description": renderer(t, func(c *Config) { c.Description = "{{ .Annotations.description }}" }),
	} {
		two := r.Render(alias, []Alert{moving(), diskFull()}, Context{})
		many := r.Render(alias, []Alert{moving(), diskFull()}, Context{Members: 4711})
		assert.NotEqual(t, two.Title, many.Title, name)
		assert.NotEqual(t, two.News[FieldTitle], many.News[FieldTitle], name)
	}
}

// A field and its news are zero together, so the two can be compared field by field.
func TestNewsIsThereWhereTheFieldIs(t *testing.T) {
	renderers := newsRenderers(t)
	rapid.Check(t, func(t *rapid.T) {
		alerts := rapid.SliceOfN(anyAlert(), 1, 3).Draw(t, "alerts")
		for _, name := range []string{"defaults", "markdown", "labels listed", "labels sent"} {
			c := renderers[name].Render(alias, alerts, Context{})
			for field, hash := range c.Hashes() {
				if (hash == 0) != (c.News[field] == 0) {
					t.Fatalf("%s: %s is %x, its news %x", name, Field(field), hash, c.News[field])
				}
			}
		}
	})
}

func TestNewsOfAnyAlert(t *testing.T) {
	renderers := newsRenderers(t)
	rapid.Check(t, func(t *rapid.T) {
		alerts := rapid.SliceOfN(anyAlert(), 1, 3).Draw(t, "alerts")
		moved := slices.Clone(alerts)
		for i := range moved {
			for _, what := range []string{"source", "no source", "sender's page", "no page", "silence form", "values", "no values"} {
				if rapid.Bool().Draw(t, what) {
					moves[what](&moved[i])
				}
			}
		}
		said := slices.Clone(alerts)
		text := rapid.StringMatching(`[a-z]{1,12}`).Draw(t, "text") + "!"
		said[0].Description = text
		for name, r := range renderers {
			want := r.Render(alias, alerts, Context{}).News
			if got := r.Render(alias, moved, Context{}).News; got != want {
				t.Fatalf("%s: %x became %x", name, want, got)
			}
			if got := r.Render(alias, said, Context{}).News; got == want {
				t.Fatalf("%s: what was said does not count as news", name)
			}
		}
	})
}

func TestSameNews(t *testing.T) {
	a := moving()
	p := Pack(&a)
	assert.True(t, p.SameNews(&p))
	for what, move := range moves {
		b := moving()
		move(&b)
		q := Pack(&b)
		assert.True(t, p.SameNews(&q), what)
		assert.False(t, p.Equal(&q), what)
	}
	for what, say := range says {
		b := moving()
		say(&b)
		q := Pack(&b)
		assert.False(t, p.SameNews(&q), what)
	}
	for what, say := range map[string]func(*Alert){
		"start":       func(a *Alert) { a.StartsAt = a.StartsAt.Add(time.Nanosecond) },
		"fingerprint": func(a *Alert) { a.Fingerprint += "x" },
		"group":       func(a *Alert) { a.GroupLabels = nil },
		"another":     func(a *Alert) { a.Annotations = with(a.Annotations, "value", "1") },
	} {
		b := moving()
		say(&b)
		q := Pack(&b)
		assert.False(t, p.SameNews(&q), what)
	}
	assert.Equal(t, moving(), a, "nothing changed it")
}

// SameNews of two packed alerts agrees with the still forms of the alerts, whatever they are.
func TestSameNewsOfAnyAlert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAlert().Draw(t, "alert")
		b := a
		for _, changes := range []map[string]func(*Alert){moves, says} {
			for _, what := range slices.Sorted(maps.Keys(changes)) {
				if rapid.IntRange(0, 9).Draw(t, what) == 0 {
					changes[what](&b)
				}
			}
		}
		p, q := Pack(&a), Pack(&b)
		a, b = p.Unpack(), q.Unpack() // text is mended
		a, b = a.still(), b.still()
		still, other := Pack(&a), Pack(&b)
		want := still.Equal(&other) && p.StartsAt.Equal(q.StartsAt)
		if got := p.SameNews(&q); got != want {
			t.Fatalf("%v, not %v", got, want)
		}
	})
}
