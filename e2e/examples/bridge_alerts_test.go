// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

func ruleExpressions(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, rule := range bridgeRules(t) {
		all = append(all, rule.Expr)
	}
	return all
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func bridgeRules(t *testing.T) []rule {
	t.Helper()
	content, err := os.ReadFile(kit.Root(t, "examples", "bridge-alerts.yml"))
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file))
	var rules []rule
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	require.NotEmpty(t, rules)
	return rules
}

// A person on call finds out what the alert means and what to do.
func TestBridgeAlertsHaveRunbooks(t *testing.T) {
	const page = "https://github.com/alert24/otelcol-alert24/blob/main/docs/runbook.md#"
	content, err := os.ReadFile(kit.Root(t, "docs", "runbook.md"))
	require.NoError(t, err)
	headings := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(string(content), -1) {
		headings[found[1]] = true
	}
	alerts := map[string]bool{}
	for _, rule := range bridgeRules(t) {
		alerts[rule.Alert] = true
		assert.True(t, headings[rule.Alert], "docs/runbook.md has no heading ### %s", rule.Alert)
		assert.Equal(t, page+strings.ToLower(rule.Alert), rule.Annotations["runbook_url"], rule.Alert)
		assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
		assert.NotEmpty(t, rule.Annotations["description"], rule.Alert)
		if rule.Alert == "Watchdog" {
			continue
		}
		assert.NotEmpty(t, rule.For, rule.Alert)
		assert.Contains(t, []string{"critical", "warning"}, rule.Labels["severity"], rule.Alert)
		assert.Equal(t, "otelcol-alert24", rule.Labels["component"], rule.Alert)
	}
	for heading := range headings {
		if strings.HasPrefix(heading, "Alert24Bridge") {
			assert.True(t, alerts[heading], "there is no alert %s", heading)
		}
	}
}

func TestBridgeAlerts(t *testing.T) {
	promtool := kit.Binaries(t, harness.PromtoolEnv).Promtool
	ok, printed := kit.Tool(t.Context(), t, promtool, "check", "rules", "--lint=all", "--lint-fatal", kit.Root(t, "examples", "bridge-alerts.yml"))
	require.True(t, ok, printed)
	ok, printed = kit.Tool(t.Context(), t, promtool, "test", "rules", kit.Root(t, "examples", "bridge-alerts_test.yml"))
	require.True(t, ok, printed)
}

// comparison matches the condition of an expression.
var comparison = regexp.MustCompile(`(==|>) \d+`)

// mutants are copies of rule with one change each.
func mutants(r rule) map[string]rule {
	changed := map[string]rule{}
	mutate := func(name string, change func(*rule)) {
		mutant := r
		mutant.Labels = maps.Clone(r.Labels)
		change(&mutant)
		changed[name] = mutant
	}
	mutate("severity", func(m *rule) { m.Labels["severity"] = "page" })
	if r.For != "" {
		mutate("for", func(m *rule) { m.For = "3h" })
		mutate("no for", func(m *rule) { m.For = "" })
	}
	for i, at := range comparison.FindAllStringIndex(r.Expr, -1) {
		mutate(fmt.Sprintf("comparison %d", i), func(m *rule) {
			never := strings.Fields(r.Expr[at[0]:at[1]])[0] + " 1e9"
			m.Expr = r.Expr[:at[0]] + never + r.Expr[at[1]:]
		})
	}
	return changed
}

// The test of the alerts must fail when a comparison, a duration or a label changes.
func TestBridgeAlertsTestNoticesChanges(t *testing.T) {
	promtool := kit.Binaries(t, harness.PromtoolEnv).Promtool
	content, err := os.ReadFile(kit.Root(t, "examples", "bridge-alerts_test.yml"))
	require.NoError(t, err)
	for _, r := range bridgeRules(t) {
		for name, mutant := range mutants(r) {
			t.Run(r.Alert+" "+name, func(t *testing.T) {
				file := kit.WriteFile(t, testsOf(t, content, r.Alert))
				writeRules(t, filepath.Join(filepath.Dir(file), "bridge-alerts.yml"), mutant)
				ok, printed := kit.Tool(t.Context(), t, promtool, "test", "rules", file)
				assert.False(t, ok, printed)
				assert.Contains(t, printed, "alertname: "+r.Alert)
			})
		}
	}
}

// testsOf returns the part of a promtool file for one alert, so that a run is short.
func testsOf(t *testing.T, content []byte, alert string) string {
	t.Helper()
	var file map[string]any
	require.NoError(t, yaml.Unmarshal(content, &file))
	var about []any
	for _, test := range file["tests"].([]any) {
		for _, check := range test.(map[string]any)["alert_rule_test"].([]any) {
			if check.(map[string]any)["alertname"] == alert {
				about = append(about, test)
				break
			}
		}
	}
	require.NotEmpty(t, about, "there is no test of %s", alert)
	file["tests"] = about
	part, err := yaml.Marshal(file)
	require.NoError(t, err)
	return string(part)
}

func writeRules(t *testing.T, path string, rules ...rule) {
	t.Helper()
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "changed", "rules": rules}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
}
