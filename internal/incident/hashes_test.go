// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// The ledger keeps hashes on disk: these values must never change.
func TestHashesAreStable(t *testing.T) {
	assert.Equal(t, uint64(0x44bc2cf5ad770999), HashText("abc"))
	assert.Equal(t, uint64(0xe1d7c42746d86b11), HashList([]string{"b", "a"}))
	assert.Equal(t, uint64(0xea327d82e9d0c5bb), HashLabels(set("a", "1", "b", "2")))
	assert.Equal(t, Hashes{}, Hashes{
		HashText(""), HashText(""), 0, HashList(nil), HashList([]string{}), HashText(""), HashLabels(nil),
	})
}

func TestNothingThereIsNothingElse(t *testing.T) {
	for name, hash := range map[string]uint64{
		"a blank text": HashText(" "), "a list of an empty text": HashList([]string{""}), "an empty label": HashLabels(labels.Set{{}}),
	} {
		assert.NotZero(t, hash, name)
	}
	assert.NotEqual(t, HashList([]string{"ab", "c"}), HashList([]string{"a", "bc"}))
	assert.NotEqual(t, HashLabels(set("a", "bc")), HashLabels(set("ab", "c")))
}

func TestHashListIsThatOfTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.StringN(0, 3, 6), 1, 8).Draw(t, "items")
		before := slices.Clone(items)
		other := rapid.Permutation(append(slices.Clone(items), items[0])).Draw(t, "other order")
		if HashList(items) != HashList(other) || !slices.Equal(items, before) {
			t.Fatalf("%q and %q", items, other)
		}
		if more := append(slices.Clone(items), "four"); HashList(items) == HashList(more) {
			t.Fatalf("%q and %q", items, more)
		}
	})
}

func TestEachFieldHasAHashOfItsOwn(t *testing.T) {
	names := map[Field]string{
		FieldTitle: "title", FieldDescription: "description", FieldSeverity: "severity", FieldTags: "tags",
		FieldServices: "affected_services", FieldImpact: "impact_description", FieldLabels: "labels",
	}
	assert.Len(t, names, int(NumFields))
	base := Content{Severity: Low, LabelsInUpdates: true}
	for field, name := range names {
		assert.Equal(t, name, field.String())
		c := base
		switch field {
		case FieldTitle:
			c.Title = "x"
		case FieldDescription:
			c.Description = "x"
		case FieldSeverity:
			c.Severity = High
		case FieldTags:
			c.Tags = []string{"x"}
		case FieldServices:
			c.AffectedServices = []string{"x"}
		case FieldImpact:
			c.ImpactDescription = "x"
		case FieldLabels:
			c.Labels = set("x", "y")
		}
		for other := range NumFields {
			assert.Equal(t, other != field, c.Hashes()[other] == base.Hashes()[other], "%s, changed %s", other, field)
		}
	}
	assert.Zero(t, Content{Labels: set("x", "y")}.Hashes()[FieldLabels], "no update carries them")
}
