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

func TestHash(t *testing.T) {
	// A fixed value: a hash that changed with a release would update every incident.
	assert.Equal(t, "3e7077fd", Content{}.Hash()[:8])

	base := Content{Title: "t", Description: "d", Severity: High, Source: "s", Labels: set("a", "b"), LabelsInUpdates: true, Tags: []string{"x"}}
	seen := map[string]string{base.Hash(): "base"}
	for name, change := range map[string]func(*Content){
		"title":        func(c *Content) { c.Title = "" },
		"moved":        func(c *Content) { c.Title, c.Description = "td", "" },
		"description":  func(c *Content) { c.Description = "e" },
		"severity":     func(c *Content) { c.Severity = Low },
		"source":       func(c *Content) { c.Source = "" },
		"label name":   func(c *Content) { c.Labels = set("b", "b") },
		"label moved":  func(c *Content) { c.Labels = set("ab", "") },
		"label added":  func(c *Content) { c.Labels = set("a", "b", "c", "d") },
		"tags":         func(c *Content) { c.Tags = []string{"x", ""} },
		"service":      func(c *Content) { c.AffectedServices = []string{"x"} },
		"tag, service": func(c *Content) { c.Tags, c.AffectedServices = nil, []string{"x"} },
		"impact":       func(c *Content) { c.ImpactDescription = "x" },
		"assigned":     func(c *Content) { c.AssignedTo = "x" },
	} {
		c := base
		change(&c)
		h := c.Hash()
		require.Len(t, h, 32)
		require.NotContains(t, seen, h, "%s is as %s", name, seen[h])
		seen[h] = name
	}
}

func TestLabelsThatNoUpdateCarriesAreNoNews(t *testing.T) {
	base := Content{Title: "t", Labels: set("a", "b")}
	other := base
	other.Labels = set("a", "c")
	assert.Equal(t, base.Hash(), other.Hash())
}

func TestAliasTag(t *testing.T) {
	assert.Equal(t, "alert24-otel:d5a92cb83650e6d46417f120db6e4e01", AliasTag(alias), "incidents that are open were tagged so")
	long := strings.Repeat("a", 10_000)
	assert.NotEqual(t, AliasTag(long+"a"), AliasTag(long+"b"))
}

func TestBoundAlias(t *testing.T) {
	for _, a := range []string{"", alias, strings.Repeat("a", 255), "schön:/x?y", "a  b"} {
		assert.Equal(t, a, BoundAlias(a))
	}
	seen := map[string]bool{}
	for _, a := range []string{
		strings.Repeat("a", 256), strings.Repeat("a", 257), strings.Repeat("é", 128), "a\nb", "a\tb", "a\xffb", "a\xfeb", "\x00",
	} {
		got := BoundAlias(a)
		assert.LessOrEqual(t, len(got), 255)
		assert.True(t, utf8.ValidString(got))
		assert.Regexp(t, `^[\p{L}\p{N}\p{P}\p{S} …]*~[0-9a-f]{16}$`, got)
		assert.Equal(t, got, BoundAlias(got), "an alias that was bound stays as it is")
		assert.False(t, seen[got], "%q", a)
		seen[got] = true
	}
}
