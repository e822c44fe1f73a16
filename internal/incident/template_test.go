// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestATemplateThatFailsFallsBack(t *testing.T) {
	var failed []string
	aliases := map[string]int{}
	r := renderer(t, func(c *Config) {
		c.Title = `{{ index (stringSlice "a") 1 }}`
		c.Description = `before {{ urlUnescape "%" }}`
		c.ImpactDescription = `{{ (index .Members 5).Name }}`
		c.Tags.Template = `{{ slice .Name 100 }}`
		c.Severity.Template = `{{ index .Members 5 }}`
	}, WithTemplateFailed(func(key, of string, err error) {
		failed = append(failed, key)
		aliases[of]++
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "\n")
	}))
	a := highErrorRate()
	assert.Equal(t, renderer(t, nil).Render(alias, []Alert{a}, Context{}), r.Render(alias, []Alert{a}, Context{}))
	assert.ElementsMatch(t, []string{"incident::title", "incident::description", "incident::impact_description", "incident::tags::template"}, failed)
	assert.Equal(t, map[string]int{alias: 4}, aliases)
	failed = nil
	assert.Equal(t, Critical, r.Severity(a.Labels, a.Annotations, ""))
	assert.Equal(t, []string{"incident::severity::template"}, failed)
}

func TestATemplatesOutputIsBounded(t *testing.T) {
	r := renderer(t, func(c *Config) {
		c.Title = `{{ range 10000000 }}é{{ end }}`
		c.Description = `{{ range 10000000 }}xyz{{ end }}`
		c.ImpactDescription = `{{ range 10000000 }}x{{ end }}`
		c.Tags = TagsConfig{Template: "{{ range $i, $_ := .Members }}{{ $i }}\n{{ end }}"}
	}, WithTemplateFailed(func(key, _ string, err error) { t.Errorf("%s: %v", key, err) }))
	c := r.Render(alias, make([]Alert, 1000), Context{})
	assert.Equal(t, strings.Repeat("é", 247)+"… (+999)", c.Title)
	assert.Len(t, c.Description, maxDescriptionBytes)
	assert.True(t, strings.HasSuffix(c.Description, "…\n\n"+AliasLine(alias)))
	assert.Equal(t, maxImpactRunes, utf8.RuneCountInString(c.ImpactDescription))
	assert.Len(t, c.Tags, maxTags)
}

// White space that a template leaves between its actions takes no room from the text, and a long text ends with an ellipsis.
func TestATemplatesOutputIsCutAsTextIs(t *testing.T) {
	r := renderer(t, func(c *Config) {
		c.Title = strings.Repeat(" ", 5*maxTitleRunes) + "title"
		c.Description = strings.Repeat("\n", maxDescriptionBytes) + "description"
		c.ImpactDescription = "{{ .Labels.x }}"
		c.Tags = TagsConfig{Template: strings.Repeat("\n", maxTags*maxTagRunes) + "tag"}
		c.Severity.Template = strings.Repeat("\n", maxLineRunes) + "low"
	})
	for long, want := range map[string]string{
		strings.Repeat("x", maxImpactRunes+1): strings.Repeat("x", maxImpactRunes-1) + "…",
		strings.Repeat("é", maxImpactRunes):   strings.Repeat("é", maxImpactRunes),
	} {
		c := r.Render(alias, []Alert{{Labels: set("x", long)}}, Context{})
		assert.Equal(t, want, c.ImpactDescription)
		assert.Equal(t, "title", c.Title)
		assert.Equal(t, "description\n\n"+AliasLine(alias), c.Description)
		assert.Equal(t, []string{AliasTag(alias), "tag"}, c.Tags)
	}
	assert.Equal(t, Low, r.Severity(set("severity", "critical"), nil, ""))
}

func TestABlankTitleOfATemplateFallsBack(t *testing.T) {
	r := renderer(t, func(c *Config) { c.Title = "{{ if false }}x{{ end }} \n" })
	assert.Equal(t, "High error rate on api-01.prod", r.Render(alias, []Alert{highErrorRate()}, Context{}).Title)
}

// A template that fails without the moving texts would otherwise write each of them.
func TestMovingTextsAreNoNewsOfATemplateThatNeedsThem(t *testing.T) {
	r := renderer(t, func(c *Config) {
		c.Title = "{{ slice .Values 0 3 }}"
		c.Description = "{{ slice .SilenceURL 0 9 }}"
		c.ImpactDescription = "{{ .Values }} {{ .Labels.team }}"
		c.Tags = TagsConfig{Template: "{{ .Values }} {{ .Labels.team }}"}
	}, WithTemplateFailed(func(key, _ string, err error) { t.Errorf("%s: %v", key, err) }))
	news := func(values, team string) Hashes {
		a := Alert{Labels: set("team", team), Values: values, Grafana: true, SilenceURL: "https://grafana/" + values}
		c := r.Render(alias, []Alert{a}, Context{})
		assert.Equal(t, []string{values + " " + team, AliasTag(alias), values + " " + team}, append([]string{c.ImpactDescription}, c.Tags...))
		return c.News
	}
	assert.Equal(t, news("A=1", "x"), news("A=2", "x"))
	for _, field := range []Field{FieldTitle, FieldDescription, FieldImpact, FieldTags} {
		assert.NotEqual(t, news("A=1", "x")[field], news("A=1", "y")[field], field)
	}
}

func TestATemplateKnowsTheContext(t *testing.T) {
	r := renderer(t, func(c *Config) { c.ImpactDescription = "{{ .MemberCount }} alerts, after #{{ .Continues }}" })
	c := r.Render(alias, []Alert{{}}, Context{Members: 5, Continues: 7})
	assert.Equal(t, "5 alerts, after #7", c.ImpactDescription)
	assert.NotEqual(t, c.News[FieldImpact], r.Render(alias, []Alert{{}}, Context{Members: 6, Continues: 7}).News[FieldImpact])
}
