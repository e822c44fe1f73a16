// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestLongNamesThatBecomeEqual(t *testing.T) {
	long := strings.Repeat("x", maxLabelRunes)
	cut := long[:maxLabelRunes-1] + "…"
	for name, tt := range map[string]struct{ given, want labels.Set }{
		"two are cut":          {set(long+"a", "1", long+"b", "2"), set(cut, "1")},
		"one is cut to a name": {set(long+"a", "1", cut, "2"), set(cut, "1")},
		"neither is cut":       {set(long, "1", long[1:], "2"), set(long, "1", long[1:], "2")},
	} {
		assert.Equal(t, tt.want, boundLabels(tt.given), name)
	}
}

// A duplicate name in a JSON object makes the request invalid.
func TestLabelsAreBoundAndEachNameIsThereOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := strings.Repeat(rapid.SampledFrom([]string{"x", "é", "x ", "\U0001f1e9\U0001f1ea", "…"}).Draw(t, "start"), maxLabelRunes)
		names := rapid.Map(rapid.StringN(0, 4, -1), func(end string) string { return start[:len(start)/maxLabelRunes*(maxLabelRunes-2)] + end })
		given := labels.FromMap(rapid.MapOfN(rapid.OneOf(names, rapid.String()), rapid.SampledFrom([]string{"", "v", start + start}), 0, 2*maxLabels).Draw(t, "labels"))
		got := boundLabels(given)
		seen := map[string]bool{}
		for _, l := range got {
			if seen[l.Name] || utf8.RuneCountInString(l.Name) > maxLabelRunes || utf8.RuneCountInString(l.Value) > maxLabelRunes {
				t.Fatalf("%q", l)
			}
			seen[l.Name] = true
			if l.Name == strings.TrimSuffix(l.Name, "…") && !slices.ContainsFunc(given, func(from labels.Label) bool { return from.Name == l.Name }) {
				t.Fatalf("%q is not a name of the alert", l.Name)
			}
		}
		if len(got) > maxLabels || len(got) == 0 && len(given) > 0 {
			t.Fatalf("%d of %d labels", len(got), len(given))
		}
	})
}
