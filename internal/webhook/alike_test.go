// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// A set finds its labels in a set that has one label less or one more, and never finds a wrong one.
func TestAlike(t *testing.T) {
	set := func(names ...string) (s labels.Set) {
		for _, name := range names {
			s = append(s, labels.Label{Name: name, Value: "of " + name})
		}
		return s
	}
	for _, tt := range []struct {
		before, now labels.Set
		found       int
	}{
		{nil, set("a", "b"), 0},
		{set("a", "b", "c"), set("a", "b", "c"), 3},
		{set("a", "b", "c"), set("a", "c"), 2},
		{set("a", "c"), set("a", "b", "c"), 2},
		{set("a", "b", "c", "d"), set("d"), 0},
	} {
		before, found := alike{set: tt.before}, 0
		for _, l := range tt.now {
			if got := before.find([]byte(l.Name)); got.Name != "" {
				assert.Equal(t, l, got)
				found++
			}
		}
		assert.Equal(t, tt.found, found, "%v in %v", tt.now, tt.before)
	}
}

func TestAttributeNames(t *testing.T) {
	var names attributeNames
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"job", "instance", "pod"})).Draw(t, "name")
		assert.Equal(t, "label."+name, names.join("label.", name))
	})
	first := names.join("label.", "job")
	names.join("label.", "instance")
	assert.Same(t, unsafe.StringData(first), unsafe.StringData(names.join("label.", "job")))
}

// Old names from a sender do not keep out later names.
func TestAttributeNamesAreForgotten(t *testing.T) {
	var names attributeNames
	shares := func(name string) bool {
		first, second := names.join("label.", name), names.join("label.", name)
		return unsafe.StringData(first) == unsafe.StringData(second)
	}
	for i := range 3*maxNames + 1 {
		assert.True(t, shares(strconv.Itoa(i)))
		assert.LessOrEqual(t, len(names.known), maxNames)
	}
	assert.True(t, shares(strings.Repeat("x", maxNameBytes)))
	assert.False(t, shares(strings.Repeat("x", maxNameBytes+1)), "a long name takes memory only while it is needed")
	assert.Equal(t, "label.0", names.join("label.", "0"))
}

// Alerts of one webhook, and of consecutive webhooks, share equal texts in memory.
func TestAlertsShareTheirTexts(t *testing.T) {
	alert := func(pod int) string {
		return fmt.Sprintf(`{"status":"firing","generatorURL":"http://p/graph","labels":{"alertname":"Down","job":"api","pod":"%d"}}`, pod)
	}
	r := NewReader()
	var jobs, names, links []string
	for _, body := range []string{`{"alerts":[` + alert(1) + `,` + alert(2) + `]}`, `{"alerts":[` + alert(3) + `]}`} {
		w, err := r.Open([]byte(body))
		require.NoError(t, err)
		_, err = r.Next()
		require.NoError(t, err)
		for i := range w.Alerts {
			a := &w.Alerts[i]
			jobs, names, links = append(jobs, a.Labels.Get("job")), append(names, a.Labels[1].Name), append(links, a.GeneratorURL)
		}
	}
	for _, texts := range [][]string{jobs, names, links} {
		require.Len(t, texts, 3)
		for _, text := range texts {
			assert.Same(t, unsafe.StringData(texts[0]), unsafe.StringData(text), text)
		}
	}
}
