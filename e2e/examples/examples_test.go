// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

func TestExampleRules(t *testing.T) {
	promtool := kit.Binaries(t, harness.PromtoolEnv).Promtool
	ok, printed := kit.Tool(t.Context(), t, promtool, "check", "rules", kit.Root(t, "examples", "prometheus-rules.yml"))
	require.True(t, ok, printed)
	assert.Contains(t, printed, "1 rules found")
	ok, printed = kit.Tool(t.Context(), t, promtool, "test", "rules", kit.Root(t, "examples", "prometheus-rules_test.yml"))
	require.True(t, ok, printed)
}

// The test of the rules must fail when a rule changes.
func TestExampleRulesTestNoticesChanges(t *testing.T) {
	promtool := kit.Binaries(t, harness.PromtoolEnv).Promtool
	rules, err := os.ReadFile(kit.Root(t, "examples", "prometheus-rules.yml"))
	require.NoError(t, err)
	tests, err := os.ReadFile(kit.Root(t, "examples", "prometheus-rules_test.yml"))
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"threshold": {"> 0.05", "> 0.09"},
		"inclusive": {"> 0.05", ">= 0.05"},
		"for":       {"for: 2m", "for: 4m"},
		"no for":    {"for: 2m", "for: 0s"},
		"severity":  {"severity: critical", "severity: warning"},
		"summary":   {"summary: High", "summary: Higher"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, string(rules), change[0])
			dir := t.TempDir()
			changed := strings.Replace(string(rules), change[0], change[1], 1)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus-rules.yml"), []byte(changed), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "test.yml"), tests, 0o600))
			ok, printed := kit.Tool(t.Context(), t, promtool, "test", "rules", filepath.Join(dir, "test.yml"))
			assert.False(t, ok, printed)
		})
	}
}

func TestExampleAlertmanager(t *testing.T) {
	amtool := kit.Binaries(t, harness.AmtoolEnv).Amtool
	config := kit.Root(t, "examples", "alertmanager.yml")
	ok, printed := kit.Tool(t.Context(), t, amtool, "check-config", config)
	require.True(t, ok, printed)
	for labels, receivers := range map[string]string{
		"alertname=HighErrorRate severity=critical":                               "alert24",
		"alertname=HighErrorRate severity=warning":                                "alert24",
		"alertname=HighErrorRate severity=info":                                   "nowhere",
		"alertname=Watchdog severity=none":                                        "alert24",
		"alertname=Alert24BridgeDown severity=critical component=otelcol-alert24": "people,alert24", // people hear of a broken bridge without the bridge
	} {
		args := append([]string{"config", "routes", "test", "--config.file=" + config, "--verify.receivers=" + receivers}, strings.Fields(labels)...)
		ok, printed = kit.Tool(t.Context(), t, amtool, append(args, "instance=api-01.prod", "job=api-service")...)
		assert.True(t, ok, "%s: %s", labels, printed)
	}
}
