// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package packages

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

// theirs is an Alertmanager with a route of its own, written as Debian's file is: lists are not indented.
const theirs = `
route:
  receiver: team
  group_by: [alertname, cluster]
  routes:
  - matchers: [service = "database"]
    receiver: dba
receivers:
- name: team
- name: dba
`

type routing struct {
	Route     map[string]any   `json:"route"`
	Receivers []map[string]any `json:"receivers"`
}

func parseRouting(t *testing.T, text string) (r routing) {
	t.Helper()
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &r))
	return r
}

// What quickstart-vm.md says to copy from the example is enough for an Alertmanager that has routes, and takes none of them away.
func TestExampleInAnAlertmanagerWithRoutes(t *testing.T) {
	amtool := os.Getenv("AMTOOL")
	if amtool == "" {
		machine.Unable(t, "AMTOOL is not set: `make test-deploy` does it")
	}
	says := strings.Join(strings.Fields(readFile(t, "docs", "quickstart-vm.md")), " ")
	require.Contains(t, says, "the receivers `alert24` and `people`, and its `routes` in front of yours. Add `continue: true` to each route except the Watchdog's, "+
		"so that alerts also reach your routes. End your `routes` with `- receiver: NAME`, where NAME is the receiver of your root route")

	example, merged := parseRouting(t, readFile(t, "examples", "alertmanager.yml")), parseRouting(t, theirs)
	routes, ok := example.Route["routes"].([]any)
	require.True(t, ok)
	for _, route := range routes {
		r := route.(map[string]any)
		if !strings.Contains(fmt.Sprint(r["matchers"]), "Watchdog") {
			r["continue"] = true
		}
	}
	routes = append(routes, merged.Route["routes"].([]any)...)
	merged.Route["routes"] = append(routes, map[string]any{"receiver": "team"})
	for _, receiver := range example.Receivers {
		if slices.Contains([]string{"alert24", "people"}, receiver["name"].(string)) {
			merged.Receivers = append(merged.Receivers, receiver)
		}
	}
	text, err := yaml.Marshal(merged)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "alertmanager.yml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	out, err := exec.CommandContext(t.Context(), amtool, "check-config", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for labels, receivers := range map[string]string{
		"alertname=Watchdog severity=none":                                        "alert24",
		"alertname=Broken severity=critical service=database":                     "alert24,dba",
		"alertname=Broken severity=warning":                                       "alert24,team",
		"alertname=Broken severity=info":                                          "team",
		"alertname=Alert24BridgeDown severity=critical component=otelcol-alert24": "people,alert24,team",
	} {
		args := append([]string{"config", "routes", "test", "--config.file=" + path, "--verify.receivers=" + receivers}, strings.Fields(labels)...)
		out, err = exec.CommandContext(t.Context(), amtool, args...).CombinedOutput()
		assert.NoError(t, err, "%s: %s", labels, out)
	}
}
