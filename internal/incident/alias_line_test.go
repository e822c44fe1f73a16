// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestAliasLine(t *testing.T) {
	for alias, want := range map[string]string{
		"HighErrorRate:api-01.prod":   "Alias: HighErrorRate:api-01.prod",
		"Disk almost full:[::1]:9100": "Alias: Disk almost full:[::1]:9100",
		"Load > 90%:a=b":              "Alias: Load %3E 90%:a=b",
		"host:9100 (a)":               "Alias: host:9100 (a)",
		"etcd: a":                     "Alias: etcd: a",
		"100%25":                      "Alias: 100%2525",
		"90% CPU":                     "Alias: 90% CPU",
		"a  b":                        "Alias: a %20b",
		"javascripT:y":                "Alias: javascripT%3Ay",
		" a  b ":                      "Alias: %20a %20b%20",
		"<script>x</script>":          "Alias: %3Cscript%3Ex%3C/script%3E",
		"onerror =x:javascript:y":     "Alias: onerror %3Dx:javascript%3Ay",
		"[click](http://x)":           "Alias: [click%5D(http://x)",
		"Alias: x":                    "Alias: Alias:%20x",
		"schön 👩‍💻\u202e":             "Alias: schön 👩%E2%80%8D💻%E2%80%AE",
		strings.Repeat("a", 300):      "Alias: " + BoundAlias(strings.Repeat("a", 300)),
	} {
		assert.Equal(t, want, AliasLine(alias))
	}
}

// The fast way and the slow way give the same line.
func TestPlainAliases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-tT0:/ .=%<]{0,12}|(java|on)script[:=]x|Alias: x`).Draw(t, "alias")
		if plain(s) && encodeAlias(s) != s {
			t.Fatalf("%q becomes %q", s, encodeAlias(s))
		}
	})
}

func TestAliasOfDescription(t *testing.T) {
	for name, tt := range map[string]struct{ description, alias string }{
		"the last line":    {"text\n\nAlias: A:b", "A:b"},
		"the only line":    {"Alias: A:b", "A:b"},
		"trimmed and more": {"text\r\nAlias: A:b \r\n\n", "A:b"},
		"lines became one": {"text Alias: not Alias: A:b c", "A:b c"},
		"not the last":     {"Alias: A:b\nmore", ""},
		"part of a word":   {"xAlias: A:b", ""},
		"nothing":          {"Alias: ", ""},
		"none":             {"text", ""},
		"empty":            {"", ""},
		"a lone percent":   {"Alias: 90%:x", "90%:x"},
		"cut hex digits":   {"Alias: x%2", "x%2"},
	} {
		t.Run(name, func(t *testing.T) {
			alias, ok := AliasOfDescription(tt.description)
			assert.Equal(t, tt.alias, alias)
			assert.Equal(t, tt.alias != "", ok)
		})
	}
}

// changes are what APIs do to stored text.
var changes = map[string]func(string) string{
	"nothing":  func(s string) string { return s },
	"trims":    strings.TrimSpace,
	"CRLF":     func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") + "\r\n" },
	"one line": func(s string) string { return strings.Join(strings.Fields(s), " ") },
	"strips":   func(s string) string { return markup.ReplaceAllString(s, "") },
	"escapes":  strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace,
	"no tags":  func(s string) string { return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(s, "") },
}

var markup = regexp.MustCompile(`(?is)<script\b.*?</script>|</?(?:script|iframe)\b[^>]*>|javascript:|\bon\w+\s*=`)

func TestTheAliasSurvivesWhatAPIsDo(t *testing.T) {
	r := renderer(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		alias := rapid.OneOf(anyText(), rapid.SampledFrom([]string{
			"a<script>b</script>", "onclick=x", "x:onload  = y", "JavaScript:x", "a & b's \"c\"", "%3C%", "Alias: Alias: x", "\u2028\u00a0",
		})).Draw(t, "alias")
		if alias == "" {
			return
		}
		description := r.Render(alias, []Alert{anyAlert().Draw(t, "alert")}, Context{}).Description
		for name, change := range changes {
			if got, ok := AliasOfDescription(change(description)); !ok || got != BoundAlias(alias) {
				t.Fatalf("%s: %q became %q", name, BoundAlias(alias), got)
			}
		}
	})
}
