// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

const alias = "HighErrorRate:api-01.prod"

func TestTitle(t *testing.T) {
	long := strings.Repeat("é", 300)
	for name, tt := range map[string]struct {
		alert Alert
		more  int
		want  string
	}{
		"attribute":             {Alert{Title: "T", Annotations: set("alert24_title", "A", "summary", "S")}, 0, "T"},
		"annotation":            {Alert{Annotations: set("alert24_title", "A", "summary", "S")}, 0, "A"},
		"summary":               {Alert{Annotations: set("message", "M", "summary", "S")}, 0, "S"},
		"message":               {Alert{Name: "N", Annotations: set("message", "M", "summary", " \n")}, 0, "M"},
		"name and instance":     {Alert{Name: "N", Labels: set("instance", "api-01", "job", "j")}, 0, "N on api-01"},
		"name and job":          {Alert{Name: "N", Labels: set("job", "j", "zone", "z")}, 0, "N on j"},
		"label alertname":       {Alert{Labels: set("alertname", "N")}, 0, "N"},
		"alias":                 {Alert{}, 0, alias},
		"blank override":        {Alert{Title: " \t", Annotations: set("summary", "S")}, 0, "S"},
		"override of controls":  {Alert{Title: "\x00\x01", Annotations: set("summary", "S")}, 0, "S"},
		"one line":              {Alert{Title: " a\r\n\tb\x00c\u2028d  e "}, 0, "a b c d e"},
		"shows nothing":         {Alert{Name: "N", Annotations: set("summary", "\u200b\u200d", "message", "M")}, 0, "M"},
		"reordering characters": {Alert{Title: "a\u202egpj.exe\u2066"}, 0, "agpj.exe"},
		"invalid UTF-8":         {Alert{Title: "a\xffb"}, 0, "a\uFFFDb"},
		"several":               {Alert{Title: "T"}, 2, "T (+2)"},
		"long":                  {Alert{Title: long}, 0, strings.Repeat("é", 254) + "…"},
		"long, several":         {Alert{Title: long}, 10, strings.Repeat("é", 248) + "… (+10)"},
		"as long as can be":     {Alert{Title: strings.Repeat("é", 255)}, 0, strings.Repeat("é", 255)},
		"cut at a space":        {Alert{Title: strings.Repeat("a", 253) + " " + "bbb"}, 0, strings.Repeat("a", 253) + "…"},
		"nothing is escaped":    {Alert{Title: `<b>"x" & *y*</b>`}, 0, `<b>"x" & *y*</b>`},
		"other scripts":         {Alert{Title: "磁盘已满 👩‍💻"}, 0, "磁盘已满 👩‍💻"},
	} {
		t.Run(name, func(t *testing.T) {
			firing := append([]Alert{tt.alert}, make([]Alert, tt.more)...)
			got := renderer(t, nil).Render(alias, firing, Context{}).Title
			assert.Equal(t, tt.want, got)
			assert.LessOrEqual(t, utf8.RuneCountInString(got), 255)
		})
	}
	assert.Equal(t, "Alert", renderer(t, nil).Render("\x00", []Alert{{}}, Context{}).Title)
}

func TestDescriptionHasThePartsThatThereAre(t *testing.T) {
	for name, tt := range map[string]struct {
		alert Alert
		want  string
	}{
		"nothing":              {Alert{}, ""},
		"description":          {Alert{Annotations: set("description", " D\r\n\tmore\x1b ")}, "D\n\tmore"},
		"description, runbook": {Alert{Annotations: set("description", "D", "runbook_url", "https://r")}, "D\n\nRunbook: https://r"},
		"runbook":              {Alert{Annotations: set("runbook_url", "https://r")}, "Runbook: https://r"},
		"links in order": {
			Alert{
				Annotations:  set("dashboard", "https://d", "panel_url", "https://p", "runbook", "http://r"),
				GeneratorURL: "http://g/x?y=1&z=%22", ExternalURL: "http://am/", Labels: set("a", "b"),
			},
			"Runbook: http://r\nDashboard: https://d\nPanel: https://p\nSource: http://g/x?y=1&z=%22\n" +
				"Silence: http://am/#/silences/new?filter=%7Ba%3D%22b%22%7D",
		},
		"the better name wins":        {Alert{Annotations: set("runbook", "https://old", "runbook_url", "https://new")}, "Runbook: https://new"},
		"a bad link gives way":        {Alert{Annotations: set("runbook", "https://old", "runbook_url", "javascript:alert(1)")}, "Runbook: https://old"},
		"no links but http(s)":        {Alert{Annotations: set("runbook_url", "javascript:alert(1)", "dashboard_url", "data:text/html,x", "panel_url", "/d/1"), GeneratorURL: "file:///etc"}, ""},
		"a runbook of several links":  {Alert{Annotations: set("runbook_url", "https://a\nhttps://b")}, "Runbook: https://a https://b"},
		"a runbook with white space":  {Alert{Annotations: set("runbook_url", "https://wiki/Disk of db-1 is full")}, "Runbook: https://wiki/Disk of db-1 is full"},
		"no link over several lines":  {Alert{Annotations: set("dashboard_url", "https://a\nhttps://b")}, ""},
		"no link that reorders":       {Alert{Annotations: set("runbook_url", "https://a/\u202egpj")}, ""},
		"truncated":                   {Alert{Truncated: 3}, "Alertmanager cut 3 more alerts off this group (max_alerts)."},
		"one truncated":               {Alert{Truncated: 1}, "Alertmanager cut 1 more alert off this group (max_alerts)."},
		"attribute replaces it all":   {Alert{Description: "X", Annotations: set("alert24_description", "A", "description", "D", "runbook_url", "https://r")}, "X"},
		"annotation replaces it all":  {Alert{Annotations: set("alert24_description", "A", "description", "D")}, "A"},
		"labels that are no tags":     {Alert{Labels: set("__a", "b\nc", "d", "e")}, "Labels:\n- __a: b c"},
		"plain text is as it is":      {Alert{Annotations: set("description", "<b> & *x* _y_ `z` [a](b) #1")}, "<b> & *x* _y_ `z` [a](b) #1"},
		"invalid UTF-8 is replaced":   {Alert{Annotations: set("description", "a\xffb\u2029c")}, "a\uFFFDb\nc"},
		"emptied by what is left out": {Alert{Annotations: set("description", "\x00\u202e\ufeff")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := renderer(t, nil).Render(alias, []Alert{tt.alert}, Context{}).Description
			text, ok := strings.CutSuffix(got, AliasLine(alias))
			require.True(t, ok, got)
			assert.Equal(t, tt.want, strings.TrimSuffix(text, "\n\n"))
		})
	}
}

func TestALongDescriptionKeepsItsLinks(t *testing.T) {
	a := highErrorRate()
	a.Annotations = set("description", strings.Repeat("é", 100_000), "runbook_url", "https://r")
	for i := range 200 {
		a.Labels = append(a.Labels, labels.Label{Name: "z" + strings.Repeat("n", i), Value: strings.Repeat("v", 16_384)})
	}
	c := renderer(t, func(c *Config) { c.Tags.Labels = nil }).Render(alias, []Alert{a, a}, Context{})
	assert.LessOrEqual(t, len(c.Description), maxDescriptionBytes)
	assert.True(t, utf8.ValidString(c.Description))
	for _, part := range []string{"…\n\nRunbook: https://r\n", "\n\nFiring since 2026-03-19 14:30 UTC\n\nLabels:\n", " more\n\nFiring", " alerts: 2\n- critical: "} {
		assert.True(t, strings.Contains(c.Description, part), part) //nolint:testifylint // would print it all
	}
	assert.False(t, strings.Contains(c.Description, "Silence"), "a form without some of its matchers would silence more") //nolint:testifylint // as above
	assert.Len(t, c.Labels, 64)
	assert.Len(t, renderer(t, nil).Render(alias, []Alert{a}, Context{}).Tags, 50)

	c = renderer(t, nil).Render(alias, []Alert{{Description: strings.Repeat("é", 100_000)}}, Context{Continues: 7})
	assert.InDelta(t, maxDescriptionBytes, len(c.Description), 1, "cut at a whole character")
	assert.True(t, strings.HasSuffix(c.Description, "é…\n\nContinues #7\n\n"+AliasLine(alias)))
}

func TestTags(t *testing.T) {
	own := AliasTag(alias)
	a := Alert{Labels: set("a", "1", "b", "", "c", "2\n3", "__meta", "x"), Annotations: set("x", "y")}
	for name, tt := range map[string]struct {
		cfg  TagsConfig
		tags []string
		want []string
	}{
		"all":        {cfg: TagsConfig{Labels: []string{"*"}}, want: []string{own, "a:1", "b:", "c:2 3"}},
		"some":       {cfg: TagsConfig{Labels: []string{"c", "a", "absent", "__meta"}}, want: []string{own, "__meta:x", "a:1", "c:2 3"}},
		"none":       {want: []string{own}},
		"template":   {cfg: TagsConfig{Template: "one\n\n two {{ .Annotations.x }} \none\n"}, want: []string{own, "one", "two y"}},
		"attributes": {cfg: TagsConfig{Labels: []string{"*"}, Template: "x"}, tags: []string{"t", " u\nv ", "", "t", own}, want: []string{own, "t", "u v"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := a
			a.Tags = tt.tags
			assert.Equal(t, tt.want, renderer(t, func(c *Config) { c.Tags = tt.cfg }).Render(alias, []Alert{a}, Context{}).Tags)
		})
	}
}

func TestServicesAndOwners(t *testing.T) {
	var unknown []string
	r := renderer(t, func(c *Config) {
		c.Services = ServicesConfig{By: ServicesByID, Label: "service", Map: map[string]string{"api": "svc-1", "db": "svc-2"}}
		c.AssignedTo = IDConfig{Label: "team", Map: map[string]string{"payments": "user-1"}}
	}, WithUnknownValue(func(key, value, _ string) { unknown = append(unknown, key+" "+value) }))

	c := r.Render(alias, []Alert{
		{Labels: set("service", "db", "team", "payments")},
		{Labels: set("service", "api", "team", "other")},
		{Labels: set("service", "api")},
		{Labels: set("service", "api"), Annotations: set("alert24_service", "db, svc-9,,")},
		{Labels: set("service", "new"), AffectedServices: []string{"svc-7"}},
	}, Context{})
	assert.Equal(t, []string{"svc-1", "svc-2", "svc-7", "svc-9"}, c.AffectedServices)
	assert.Equal(t, "user-1", c.AssignedTo)
	assert.Empty(t, unknown)

	c = r.Render(alias, []Alert{{Labels: set("service", "new", "team", "new")}, {}}, Context{})
	assert.Empty(t, c.AffectedServices)
	assert.Empty(t, c.AssignedTo)
	assert.ElementsMatch(t, []string{"incident::services new", "incident::assigned_to new"}, unknown)
}

func TestWhatIsBlankIsNotThere(t *testing.T) {
	a := highErrorRate()
	want := renderer(t, nil).Render(alias, []Alert{a}, Context{})
	r := renderer(t, func(c *Config) {
		c.Title = `{{ if .Labels.none }}x{{ end }} `
		c.Description = "\n{{ .Labels.none }}"
		c.ImpactDescription = " "
		c.Tags.Template = " \n"
		c.Severity.Annotation = "prio"
		c.Services = ServicesConfig{By: ServicesByID, Label: "job", Map: map[string]string{a.Labels.Get("job"): "svc-1"}}
	}, WithTemplateFailed(func(key, _ string, err error) { t.Errorf("%s: %v", key, err) }))
	want.AffectedServices = []string{"svc-1"}
	want.News[FieldServices] = HashList(want.AffectedServices)
	a.Title, a.Description = " ", "\t"
	a.Annotations = labels.New(append(slices.Clone(a.Annotations),
		labels.Label{Name: "alert24_title", Value: " "}, labels.Label{Name: "alert24_description", Value: "\n"},
		labels.Label{Name: "alert24_severity", Value: " "}, labels.Label{Name: "alert24_service", Value: " "}, labels.Label{Name: "prio", Value: " "})...)
	assert.Equal(t, want, r.Render(alias, []Alert{a}, Context{}))
	assert.Equal(t, Critical, r.Severity(a.Labels, a.Annotations, " "))
}

// A label whose tag does not fit is in the description.
func TestLabelsBeyondTheTagsAreDescribed(t *testing.T) {
	a := Alert{Labels: set("lines", "a\n b", "long", strings.Repeat("v", maxTagRunes))}
	for i := range maxTags {
		a.Labels = append(a.Labels, labels.Label{Name: fmt.Sprintf("z%02d", i), Value: "v"})
	}
	c := renderer(t, nil).Render(alias, []Alert{a}, Context{})
	assert.Contains(t, c.Description, "- long: "+strings.Repeat("v", maxTagRunes)+"\n")
	assert.Contains(t, c.Description, "- z49: v\n")
	assert.NotContains(t, c.Description, "z00")
	assert.NotContains(t, c.Description, "lines")
}

// A second tag of our own would identify the incident as that of another alias.
func TestOnlyTheFirstTagIsOurOwn(t *testing.T) {
	r := renderer(t, func(c *Config) { c.Tags.Template = AliasTag("of a template") })
	a := Alert{Labels: labels.New(labels.Label{Name: "alert24-otel", Value: "00112233445566778899aabbccddeeff"})}
	c := r.Render(alias, []Alert{a}, Context{})
	assert.Equal(t, []string{AliasTag(alias)}, c.Tags)
	assert.Contains(t, c.Description, "- alert24-otel: 00112233445566778899aabbccddeeff\n")
	c = r.Render(alias, []Alert{{Tags: []string{" " + AliasTag("of a record"), "team:x"}}}, Context{})
	assert.Equal(t, []string{AliasTag(alias), "team:x"}, c.Tags)
}

func TestMarkdownEscapesWhatTemplatesShow(t *testing.T) {
	r := renderer(t, func(c *Config) {
		c.DescriptionFormat = Markdown
		c.Title = "{{ .Labels.x }}"
		c.Description = "**{{ .Labels.x }}** {{ range .Members }}{{ .Annotations.y }}{{ .Fingerprint }}{{ end }}"
	})
	c := r.Render(alias, []Alert{{Labels: set("x", "*a*"), Annotations: set("y", "<b>"), Fingerprint: "[f]"}}, Context{})
	assert.Equal(t, `**\*a\*** \<b\>\[f\]`+"\n\n"+AliasLine(alias), c.Description)
	assert.Equal(t, "*a*", c.Title, "a title is plain text")
	links := renderer(t, func(c *Config) {
		c.DescriptionFormat = Markdown
		c.Description = "[Runbook]({{ .RunbookURL }}) {{ .ExternalURL }}"
	})
	c = links.Render(alias, []Alert{{ExternalURL: "http://[::1]/<b>", Annotations: set("runbook_url", "https://x/a)<img/src=x>`b[c](https://y/")}}, Context{})
	assert.Equal(t, "[Runbook](https://x/a%29%3Cimg/src=x%3E%60b[c]%28https://y/) http://[::1]/%3Cb%3E\n\n"+AliasLine(alias), c.Description)
	names := renderer(t, func(c *Config) {
		c.DescriptionFormat = Markdown
		c.Description = `{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}{{ range $name, $_ := .Labels }}{{ $name }} {{ end }}{{ index .Labels "my_own.label" }}`
	})
	c = names.Render(alias, []Alert{{Labels: set("[a](https://x)", "_", "my_own.label", "v")}}, Context{})
	assert.Equal(t, `\[a\](https://x)=\_ my_own.label=v \[a\](https://x) my_own.label v`+"\n\n"+AliasLine(alias), c.Description)
	for _, hidden := range []string{"\u2028", "\n\x00", "\n\u202e"} {
		c = r.Render(alias, []Alert{{Labels: set("x", "a"+hidden+"- b")}}, Context{})
		assert.Contains(t, c.Description, "\n\\- b", "%q begins no line of its own", hidden)
	}
}

// TestSetsPrintAsInAlertmanager: templates written for Alertmanager print whole sets, too.
func TestSetsPrintAsInAlertmanager(t *testing.T) {
	r := renderer(t, func(c *Config) {
		c.Description = `{{ .CommonLabels }}|{{ .Labels.SortedPairs }}|{{ .Labels.Remove (stringSlice "b") }}|{{ .Annotations }}|{{ printf "%s" .Labels }}`
	})
	c := r.Render(alias, []Alert{{Labels: set("b", "2", "alertname", "X", "a", "1")}}, Context{})
	all := "alertname=X, a=1, b=2"
	assert.Equal(t, all+"|"+all+"|alertname=X, a=1||"+all+"\n\n"+AliasLine(alias), c.Description)
}

func TestRenderIsDeterministicAndChangesNothing(t *testing.T) {
	alerts := []Alert{highErrorRate(), diskFull()}
	r := renderer(t, nil)
	first := r.Render(alias, alerts, Context{})
	assert.Equal(t, []Alert{highErrorRate(), diskFull()}, alerts)
	assert.Equal(t, first, r.Render(alias, alerts, Context{}))
}

func TestResolvesByItself(t *testing.T) {
	for value, want := range map[string]bool{"false": false, "False": false, "no": false, "off": false, "0": false, "true": true, "": true, "maybe": true} {
		assert.Equal(t, want, resolvesByItself(set("alert24_resolve", value)), value)
	}
	assert.True(t, resolvesByItself(nil))
}

// TestSilence: a description says who silences an alert. That is not news.
func TestSilence(t *testing.T) {
	alert := []Alert{{Name: "A", Annotations: labels.New(labels.Label{Name: "description", Value: "text"})}}
	silence := Silence{By: "jane\n*doe*", Until: time.Date(2026, 11, 26, 15, 4, 5, 0, time.FixedZone("", 3600))}
	with := renderer(t, nil).Render(alias, alert, Context{Silence: silence, Silenced: 1})
	assert.True(t, strings.HasSuffix(with.Description, "\n\nSilenced by jane *doe* until 2026-11-26 14:04 UTC\n\n"+AliasLine(alias)), with.Description)
	assert.Equal(t, renderer(t, nil).Render(alias, alert, Context{}).News, with.News)
	some := renderer(t, nil).Render(alias, append(alert, Alert{Name: "B"}), Context{Silence: silence, Silenced: 1})
	assert.Contains(t, some.Description, "\n\n1 of 2 alerts silenced, by jane *doe* until 2026-11-26 14:04 UTC\n\n", "people must not take all for silenced")
}
