// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestRules(t *testing.T) {
	o := testOptions()
	rule := func(change func(*AliasRule), matchers ...string) {
		r := o.Alias
		r.Matchers = matchers
		change(&r)
		o.Rules = append(o.Rules, r)
	}
	rule(func(r *AliasRule) { r.Labels = []string{"alertname", "namespace", "pod"} }, `alertname=~"KubePod.*"`, `namespace!=""`)
	rule(func(r *AliasRule) { r.Prefix = "kube " }, `alertname=~"KubePod.*"`)
	rule(func(r *AliasRule) { r.Exclude = []string{"state"} }, `{"my.label"="x",job!~"a|b"}`)
	rule(func(r *AliasRule) { r.Labels, r.MissingLabel = []string{"alertname", "zone", "rack"}, MissingSkip }, "ort=münchen")
	c := testConverter(o)
	for _, tt := range []struct {
		labels map[string]string
		want   Alias
	}{
		{map[string]string{"alertname": "Down", "instance": "a"}, Alias{"Down:a", 0}},
		{map[string]string{"alertname": "KubePodX", "namespace": "n", "pod": "p", "instance": "exporter"}, Alias{"KubePodX:n:p", 1}},
		{map[string]string{"alertname": "KubePodX", "pod": "p", "instance": "exporter"}, Alias{"kube KubePodX:exporter", 2}},
		{map[string]string{"alertname": "Down", "my.label": "x", "job": "a", "instance": "i"}, Alias{"Down:i", 0}},
		{map[string]string{"alertname": "Down", "my.label": "x", "job": "c", "instance": "i"}, Alias{"Down:i", 3}},
		{map[string]string{"alertname": "Down", "my.label": "x", "instance": "i"}, Alias{"Down:i", 3}},
		{map[string]string{"alertname": "Hot", "ort": "münchen", "zone": "1", "rack": "2"}, Alias{"Hot:1:2", 4}},
		{map[string]string{"alertname": "Hot", "ort": "münchen", "zone": "1"}, Alias{"Hot:1", 4}},
		{map[string]string{"alertname": "Hot", "ort": "münchen"}, Alias{"Hot", 4}},
		{map[string]string{"alertname": "Hot", "ort": "münchen", "rack": "1"}, Alias{"Hot:1~7594e389493b60ec", 4}},
	} {
		got := c.Alias(&Webhook{}, &Alert{Labels: labels.FromMap(tt.labels)})
		assert.Equal(t, tt.want, got, "%v", tt.labels)
	}
}

func TestRulesAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"":        `rules[1]: matchers: "": there is no matcher`,
		"a":       `rules[1]: matchers: "a": end of input: expected an operator such as '=', '!=', '=~' or '!~'`,
		`a=~"b("`: "rules[1]: matchers: \"a=~\\\"b(\\\"\": failed to create matcher: error parsing regexp: missing closing ): `^(?:b()$`",
	} {
		o := testOptions()
		o.Rules = []AliasRule{{Matchers: []string{"a=b"}}, {Matchers: []string{"a=b", text}}}
		_, err := NewConverter(o)
		require.EqualError(t, err, want)
	}
}

// TestSkippedLabels: skipped labels do not split one problem into two.
func TestSkippedLabels(t *testing.T) {
	of := func(names []string, pairs ...string) string {
		r := compiled(AliasRule{Labels: names, Separator: ":", MissingLabel: MissingSkip})
		set := map[string]string{}
		for pair := range slices.Chunk(pairs, 2) {
			set[pair[0]] = pair[1]
		}
		return r.alias(&Alert{Labels: labels.FromMap(set)}, false)
	}
	abc := []string{"a", "b", "c"}
	assert.Equal(t, "1:2:3", of(abc, "a", "1", "b", "2", "c", "3"))
	assert.Equal(t, "1:2", of(abc, "a", "1", "b", "2"), "a skipped end is plain")
	assert.NotEqual(t, of(abc, "a", "1", "b", "2"), of(abc, "a", "1", "c", "2"))
	assert.NotEqual(t, of(abc, "b", "1", "c", "2"), of(abc, "a", "1", "c", "2"))
	free := []string{"a", "instance", "c"}
	assert.NotEqual(t, of(free, "a", "1", "instance", "h:2"), of(free, "a", "1", "instance", "h", "c", "2"))
	assert.Equal(t, "1:h:9", of(free, "a", "1", "instance", "h", "c", "9"))
	assert.NotEmpty(t, of(abc))
}
