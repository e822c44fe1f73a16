// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package matcher

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAllMustMatch(t *testing.T) {
	s, err := Parse(`alertname="Watchdog",cluster=~"prod.*"`, `team!=""`)
	require.NoError(t, err)
	set := labels.FromMap(map[string]string{"alertname": "Watchdog", "cluster": "prod-eu", "team": "a"})
	assert.True(t, s.Matches(set))
	assert.False(t, s.Matches(labels.FromMap(map[string]string{"alertname": "Watchdog", "cluster": "prod-eu"})))
	assert.True(t, Set(nil).Matches(set))
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":  `"": there is no matcher`,
		"a": `"a": end of input: expected an operator such as '=', '!=', '=~' or '!~'`,
	} {
		_, err := Parse("a=b", text)
		require.EqualError(t, err, want)
	}
}

// TestListsOfNamesMatchAsPatterns: the fast path for lists of names agrees with the regular expression.
func TestListsOfNamesMatchAsPatterns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.OneOf(
			rapid.StringOfN(rapid.SampledFrom([]rune("ab|-.")), 0, 8, -1),
			rapid.SampledFrom([]string{"a.+", "a.*", "a|b.+", "ab.*|a", "a.+.*", "a.+b", ".+", "a.+|b.*"}),
		).Draw(t, "pattern")
		operator := rapid.SampledFrom([]string{"=", "!=", "=~", "!~"}).Draw(t, "operator")
		s, err := Parse("x" + operator + `"` + pattern + `"`)
		require.NoError(t, err)
		value := rapid.StringOfN(rapid.SampledFrom([]rune("ab|-.\n")), 0, 4, -1).Draw(t, "value")
		assert.Equal(t, s[0].Matches(value), s.Matches(labels.New(labels.Label{Name: "x", Value: value})))
		assert.Equal(t, s[0].Matches(""), s.Matches(nil), "absent")
	})
}
