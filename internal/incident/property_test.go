// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// anyText is text that people never write but some exporter will send.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"", " ", "\x00", "\xff\xfe", "\u202e\u2066", "\r\n\r\n", "`*_[]()<>#|~&\\", "https://h/<\">?a=b#c", "javascript:alert(1)",
			"{{ .Labels }}", "1. x\n- y\n+ z", strings.Repeat("é", 300), strings.Repeat("x ", 20_000), strings.Repeat("\n", 300), "\ufeff", "…", "true",
		}),
	)
}

func anySet() *rapid.Generator[labels.Set] {
	names := rapid.OneOf(rapid.SampledFrom([]string{
		"alertname", "instance", "severity", "team", "summary", "message", "description", "runbook_url", "runbook", "dashboard_url",
		"panel_url", "alert24_title", "alert24_description", "alert24_severity", "alert24_service", "grafana_folder", "__x",
	}), anyText())
	return rapid.Map(rapid.MapOfN(names, anyText(), 0, 80), labels.FromMap)
}

func anyAlert() *rapid.Generator[Alert] {
	return rapid.Custom(func(t *rapid.T) Alert {
		return Alert{
			Name: anyText().Draw(t, "name"), Severity: Severity(rapid.IntRange(1, 4).Draw(t, "severity")),
			Labels: anySet().Draw(t, "labels"), Annotations: anySet().Draw(t, "annotations"), GroupLabels: anySet().Draw(t, "group"),
			GeneratorURL: anyText().Draw(t, "generator"), ExternalURL: anyText().Draw(t, "external"),
			Truncated: rapid.Int64().Draw(t, "truncated"), Title: anyText().Draw(t, "title"),
			Description: anyText().Draw(t, "text"), Tags: rapid.SliceOfN(anyText(), 0, 60).Draw(t, "tags"),
			AffectedServices: rapid.SliceOfN(anyText(), 0, 60).Draw(t, "services"),
		}
	})
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func reorders(r rune) bool {
	return strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff", r)
}

// line fails unless s is one printable line of at most n characters.
func line(t fataler, what, s string, n int) {
	t.Helper()
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > n || strings.TrimSpace(s) != s ||
		strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || reorders(r) || r == '\u2028' }) {
		t.Fatalf("%s: %q", what, s)
	}
}

// requireFits fails unless c keeps every bound, whatever the alerts say.
func requireFits(t fataler, alias string, c Content) {
	t.Helper()
	line(t, "title", c.Title, maxTitleRunes)
	if c.Title == "" {
		t.Fatalf("no title")
	}
	if !utf8.ValidString(c.Description) || len(c.Description) > maxDescriptionBytes ||
		strings.ContainsFunc(c.Description, func(r rune) bool { return r != '\n' && r != '\t' && (unicode.IsControl(r) || reorders(r)) }) {
		t.Fatalf("description: %q", c.Description)
	}
	if len(c.Tags) == 0 || len(c.Tags) > maxTags || c.Tags[0] != AliasTag(alias) {
		t.Fatalf("tags: %q", c.Tags)
	}
	for _, tag := range c.Tags {
		line(t, "tag", tag, maxTagRunes)
	}
	if len(c.AffectedServices) > maxServices {
		t.Fatalf("services: %q", c.AffectedServices)
	}
	for _, id := range c.AffectedServices {
		line(t, "service", id, maxLineRunes)
	}
	if len(c.Labels) > maxLabels {
		t.Fatalf("labels: %q", c.Labels)
	}
	for _, l := range c.Labels {
		if utf8.RuneCountInString(l.Name) > maxLabelRunes || utf8.RuneCountInString(l.Value) > maxLabelRunes {
			t.Fatalf("label: %q", l)
		}
	}
	if c.Severity < Low || c.Severity > Critical {
		t.Fatalf("severity: %d", c.Severity)
	}
}

func TestNoAlertBreaksTheBounds(t *testing.T) {
	fail := WithTemplateFailed(func(key, _ string, err error) { t.Errorf("%s: %v", key, err) })
	renderers := []*Renderer{
		renderer(t, nil),
		renderer(t, func(c *Config) { c.DescriptionFormat = Markdown }),
		renderer(t, func(c *Config) {
			c.Title = "{{ .Labels.alertname }}{{ range .Members }}{{ .Annotations.summary }}{{ end }}"
			c.Description = "{{ range .Labels.SortedPairs }}{{ .Name }}: {{ .Value }}\n{{ end }}{{ .SilenceURL }}"
			c.Tags = TagsConfig{Labels: []string{"*"}, Template: "{{ .Annotations.summary }}"}
			c.Severity.Template = "{{ .Annotations.message }}"
		}, fail),
	}
	rapid.Check(t, func(t *rapid.T) {
		alerts := rapid.SliceOfN(anyAlert(), 1, 3).Draw(t, "alerts")
		if rapid.Bool().Draw(t, "without overrides") {
			for i := range alerts {
				alerts[i].Title, alerts[i].Description, alerts[i].Tags = "", "", nil
			}
		}
		alias := anyText().Draw(t, "alias")
		for _, r := range renderers {
			c := r.Render(alias, alerts, Context{})
			requireFits(t, alias, c)
			if !reflect.DeepEqual(c, r.Render(alias, alerts, Context{})) {
				t.Fatalf("the same alerts make another content")
			}
			severity := r.Severity(alerts[0].Labels, alerts[0].Annotations, "")
			if severity < Low || severity > Critical {
				t.Fatalf("severity %d", severity)
			}
		}
		if bound := BoundAlias(alias); len(bound) > maxAliasBytes || !utf8.ValidString(bound) || BoundAlias(bound) != bound {
			t.Fatalf("alias %q", bound)
		}
	})
}

func FuzzEscapeMarkdown(f *testing.F) {
	f.Add("1. - + = # \xff …")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Count(escapeMarkdown(s), "\n") != strings.Count(s, "\n") {
			t.Fatalf("escapeMarkdown %q", s)
		}
	})
}

func TestEscapeMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, 7 % - of 3.5 (x)": "plain text, 7 % - of 3.5 (x)",
		"*a* _b_ `c` [d](e) <f> #g|h":  "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\<f\\> \\#g\\|h",
		`C:\x &amp; ~~y~~`:             `C:\\x \&amp; \~\~y\~\~`,
		"- a\n+ b\n  1. c\n2) d":       "\\- a\\\n\\+ b\\\n1\\. c\\\n2\\) d",
		"a\n===\n---":                  "a\\\n\\===\\\n\\---",
		"a\n\n    b\nc\n":              "a\n\nb\\\nc\n",
		"1.5 and 7":                    `1\.5 and 7`,
		".x )y -1":                     ".x )y -1",
		"":                             "",
	} {
		if got := escapeMarkdown(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}
