// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

func TestAlias(t *testing.T) {
	highErrorRate := map[string]string{
		"alertname": "HighErrorRate", "instance": "api-01.prod", "job": "api-service", "severity": "critical",
	}
	for _, tt := range []struct {
		name   string
		config func(*AliasRule)
		labels map[string]string
		want   string
	}{
		{"all labels", nil, highErrorRate, "HighErrorRate:api-01.prod"},
		{
			"with job",
			func(c *AliasRule) { c.Labels = []string{"alertname", "instance", "job"} },
			highErrorRate,
			"HighErrorRate:api-01.prod:api-service",
		},
		{
			"host and port in the middle",
			func(c *AliasRule) { c.Labels = []string{"alertname", "instance", "job"} },
			map[string]string{"alertname": "DiskFull", "instance": "db-01:9100", "job": "node"},
			"DiskFull:db-01:9100:node",
		},
		{
			"separator and prefix",
			func(c *AliasRule) { c.Separator, c.Prefix = " / ", "prod " },
			highErrorRate,
			"prod HighErrorRate / api-01.prod",
		},
		{"hash", nil, map[string]string{"alertname": "Down", "pod": "a"}, "Down:26aedf17b28b5a61"},
		{
			"fingerprint",
			func(c *AliasRule) { c.MissingLabel = MissingFingerprint },
			map[string]string{"alertname": "Down", "pod": "a"},
			"Down:a4b3d2c1",
		},
		{
			"empty",
			func(c *AliasRule) { c.MissingLabel = MissingEmpty },
			map[string]string{"alertname": "Down", "pod": "a"},
			"Down:",
		},
		{
			"nothing but an empty place",
			func(c *AliasRule) { c.MissingLabel, c.Labels = MissingEmpty, []string{"alertname"} },
			map[string]string{"pod": "a"},
			"~6e340b9cffb37a98",
		},
		{"separator in the name", nil, map[string]string{"alertname": "A:b", "instance": "c"}, "A:b:c~a7fba53e39448a93"},
		{"control characters", nil, map[string]string{"alertname": "a\nb", "instance": "c\x00\u0085"}, "a b:c~144ce31ae7bc05f8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testOptions().Alias
			if tt.config != nil {
				tt.config(&cfg)
			}
			rules := compiled(cfg)
			assert.Equal(t, tt.want, rules.alias(&Alert{Labels: labels.FromMap(tt.labels), Fingerprint: "a4b3d2c1"}, false))
		})
	}
}

// TestAliasWithoutAHash: the instance, or else the last value, may contain the separator, but no alias may look as if it ends with a hash.
func TestAliasWithoutAHash(t *testing.T) {
	of := func(names []string, set map[string]string) string {
		cfg := testOptions().Alias
		cfg.Labels = names
		rules := compiled(cfg)
		return rules.alias(&Alert{Labels: labels.FromMap(set)}, false)
	}
	assert.Equal(t, "Down:a:b", of([]string{"alertname", "pod"}, map[string]string{"alertname": "Down", "pod": "a:b"}))
	assert.Equal(t, "db-01:9100:DiskFull", of([]string{"instance", "alertname"}, map[string]string{"alertname": "DiskFull", "instance": "db-01:9100"}))
	for _, last := range []string{"~0123456789abcde.", "0123456789abcdef0"} {
		assert.Equal(t, "Down:"+last, of([]string{"alertname", "pod"}, map[string]string{"alertname": "Down", "pod": last}))
	}
	const hash = "~6e340b9cffb37a98"
	assert.Equal(t, hash+"~a9b4678fca6ff757", of([]string{"alertname"}, map[string]string{"alertname": hash}))
}

func TestAliasLength(t *testing.T) {
	rules := compiled(testOptions().Alias)
	of := func(instance string) string {
		return rules.alias(&Alert{Labels: labels.FromMap(map[string]string{"alertname": "Down", "instance": instance})}, false)
	}
	longest := strings.Repeat("x", maxAliasBytes-len("Down:"))
	assert.Equal(t, "Down:"+longest, of(longest))

	cut := of(longest + "x")
	assert.Len(t, cut, maxAliasBytes)
	assert.NotEqual(t, cut, of(longest+"y"))

	withRule := rules.alias(&Alert{
		Labels: labels.FromMap(map[string]string{"alertname": "Down", "instance": longest[len(":uid1")-1:]}), Grafana: &Grafana{RuleUID: "uid1"},
	}, true)
	assert.Len(t, withRule, maxAliasBytes, "it would have one byte too many")
	assert.Contains(t, withRule, hashMark)

	runes := of(strings.Repeat("ü", maxAliasBytes))
	assert.LessOrEqual(t, len(runes), maxAliasBytes)
	assert.True(t, utf8.ValidString(runes))
}

func TestAliasOfGrafana(t *testing.T) {
	rules := compiled(testOptions().Alias)
	visible := labels.FromMap(map[string]string{"alertname": "Latency", "instance": "api-01"})
	of := func(fingerprint string, facts *Grafana) string {
		return rules.alias(&Alert{Labels: visible, Fingerprint: fingerprint, Grafana: facts}, true)
	}
	assert.Equal(t, "Latency:api-01:uid1", of("f1", &Grafana{RuleUID: "uid1"}), "the rule is known")
	assert.Equal(t, "Latency:api-01:f1", of("f1", &Grafana{}), "labels were removed")
	assert.Equal(t, "Latency:api-01", of(visible.Fingerprint(), nil), "nothing was removed")
	with := func(missing MissingLabel, name, instance, uid string) string {
		cfg := testOptions().Alias
		cfg.MissingLabel = missing
		set := labels.FromMap(map[string]string{"alertname": name, "instance": instance})
		r := compiled(cfg)
		return r.alias(&Alert{Labels: set, Fingerprint: set.Fingerprint(), Grafana: &Grafana{RuleUID: uid}}, true)
	}
	assert.NotEqual(t, with(MissingHash, "L", "a", "b:c"), with(MissingHash, "L", "a:b", "c"), "the separator in the id")
	assert.NotEqual(t, with(MissingHash, "a:b", "c", "d"), with(MissingHash, "a", "b:c", "d"), "the separator in the name")
	assert.NotEqual(t, with(MissingSkip, "L", "", "a"), with(MissingSkip, "L", "a", ""), "an id instead of an instance")
}

// TestAliasesNearlyTheSame has pairs of different problems that would share an alias if their values were only joined.
func TestAliasesNearlyTheSame(t *testing.T) {
	of := func(separator, name, instance, job string) string {
		cfg := testOptions().Alias
		cfg.Labels, cfg.Separator = []string{"alertname", "instance", "job"}, separator
		cfg.MissingLabel = MissingSkip
		rules := compiled(cfg)
		return rules.alias(&Alert{Labels: labels.FromMap(map[string]string{"alertname": name, "instance": instance, "job": job})}, false)
	}
	assert.NotEqual(t, of(":", "a:b", "c", "d"), of(":", "a", "b:c", "d"), "the separator in a value")
	assert.NotEqual(t, of("::", "a:", "b", "c"), of("::", "a", ":b", "c"), "half of the separator at the end of a value")
	assert.NotEqual(t, of("::", "a", "b:", "c"), of("::", "a", "b", ":c"), "half of the separator at the start of a value")
	assert.Equal(t, "a:b", of(":", "a", "b", ""), "a label that is skipped")
	assert.NotEqual(t, of(":", "a:b", "c", ""), of(":", "a", "b", "c"), "the separator in a value, and a label that is skipped")
	hashed := of(":", "a:b", "c", "d")
	assert.Equal(t, "a:b:c:d~", hashed[:len(hashed)-2*hashBytes])
	assert.NotEqual(t, hashed, of(":", "a", "b:c", "d"+hashed[len(hashed)-hashSuffixBytes:]), "a hash forged in a label")
}

// drawLabels prefers few names and awkward values, so that aliases nearly collide.
func drawLabels(t *rapid.T, label string) map[string]string {
	return rapid.MapOfN(
		rapid.SampledFrom([]string{"alertname", "instance", "job", "pod", "severity", "my.label/with space", "日本"}),
		rapid.OneOf(
			rapid.StringOfN(rapid.SampledFrom([]rune("ab:~\n")), 0, 5, -1),
			rapid.SampledFrom([]string{"critical", "warning", strings.Repeat("x", 300), strings.Repeat("ü", 300), "A:b", "b:c"}),
			rapid.String(),
		), 0, 7).Draw(t, label)
}

func drawAliasConfig(t *rapid.T) AliasRule {
	return AliasRule{
		Labels: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"alertname", "instance", "job", "pod"}), 1, 4, rapid.ID[string]).
			Draw(t, "alias labels"),
		Separator:    rapid.SampledFrom([]string{":", "/", "::", "a"}).Draw(t, "separator"),
		MissingLabel: rapid.SampledFrom([]MissingLabel{MissingHash, MissingEmpty, MissingSkip}).Draw(t, "missing"),
		Exclude:      []string{"severity"},
		Prefix:       rapid.SampledFrom([]string{"", "prod-"}).Draw(t, "prefix"),
	}
}

// identity defines what makes a problem for the given settings, independently of the alias code: the values of the alias's labels and,
// if one is absent and hashed, all labels except excluded ones. Empty labels do not exist.
func identity(cfg *AliasRule, set map[string]string) map[string]string {
	all := maps.Clone(set)
	maps.DeleteFunc(all, func(name, value string) bool { return value == "" || name == "severity" })
	chosen := map[string]string{}
	for _, name := range cfg.Labels {
		if value := set[name]; value != "" {
			chosen[name] = value
		} else if cfg.MissingLabel == MissingHash {
			return all
		}
	}
	return chosen
}

// TestAliasIsIdentity checks, for any settings, that alerts share an alias exactly if they are one problem.
func TestAliasIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawAliasConfig(t)
		rules := compiled(cfg)
		a, b := drawLabels(t, "a"), drawLabels(t, "b")
		if rapid.Bool().Draw(t, "nearly the same") {
			b = maps.Clone(a)
			maps.Copy(b, drawLabels(t, "difference"))
		}
		aliasA := rules.alias(&Alert{Labels: labels.FromMap(a)}, false)
		aliasB := rules.alias(&Alert{Labels: labels.FromMap(b)}, false)

		same := maps.Equal(identity(&cfg, a), identity(&cfg, b))
		assert.Equal(t, same, aliasA == aliasB, "%q and %q", aliasA, aliasB)
		for _, alias := range []string{aliasA, aliasB} {
			assert.NotEmpty(t, alias)
			assert.LessOrEqual(t, len(alias), maxAliasBytes)
			assert.True(t, utf8.ValidString(alias))
			assert.False(t, text.HasControl(alias))
		}
	})
}

// TestAliasIgnoresDelivery: the same alert has the same alias in any order of labels, in any group and with any other alerts.
func TestAliasIgnoresDelivery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := labels.FromMap(drawLabels(t, "labels"))
		company := labels.FromMap(drawLabels(t, "another alert"))
		shuffled := labels.Set(rapid.Permutation([]labels.Label(set)).Draw(t, "order"))

		alone := webhookJSON(set, nil, "receiver a", "{}:{}")
		crowded := webhookJSON(shuffled, company, "receiver b", `{}:{a="b"}`)
		assert.Equal(t, aliases(t, alone)[0], aliases(t, crowded)[0])
	})
}
