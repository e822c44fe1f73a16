// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package chart

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	routing "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v4/pkg/strvals"
	"sigs.k8s.io/yaml"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

// theirs are the values of a kube-prometheus-stack with routes of its own, and the last one that the page asks for.
const theirs = `
alertmanager:
  alertmanagerSpec: {replicas: 1}
  config:
    route:
      receiver: team
      routes:
        - {matchers: ['service = "database"'], receiver: dba}
        - receiver: team
    receivers: [{name: team}, {name: dba}]
`

// people is the file that the page asks to save.
func people(t *testing.T) string {
	t.Helper()
	_, after, found := strings.Cut(page(t), "<!-- values: otelcol-alert24 -->\n```\n")
	require.True(t, found)
	text, _, _ := strings.Cut(after, "```")
	return text
}

// changed are theirs after the page's `helm upgrade`.
func changed(t *testing.T) (values struct {
	Alertmanager struct {
		AlertmanagerSpec struct {
			Replicas                          int
			AlertmanagerConfigMatcherStrategy struct{ Type string }
		}
		Config struct {
			Route     map[string]any
			Receivers []map[string]any
		}
	}
},
) {
	t.Helper()
	var all map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(theirs), &all))
	for _, words := range commands(page(t)) {
		if words[0] == "helm" && words[1] == "upgrade" {
			assert.Contains(t, words, "--reuse-values")
			assert.NotContains(t, words, "--values", "a list in a file would replace theirs")
			require.NoError(t, strvals.ParseInto(flagOf(t, words, "--set"), all))
		}
	}
	text, err := yaml.Marshal(all)
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(text, &values))
	return values
}

// plainRoute is a route of an AlertmanagerConfig as the operator writes it for Alertmanager.
func plainRoute(t *testing.T, r *routing.Route) map[string]any {
	t.Helper()
	written := map[string]any{"receiver": r.Receiver, "continue": r.Continue}
	matchers, routes := []string{}, []any{}
	for _, m := range r.Matchers {
		matchers = append(matchers, m.Name+" "+string(m.MatchType)+` "`+m.Value+`"`)
	}
	for _, child := range r.Routes {
		var route routing.Route
		require.NoError(t, json.Unmarshal(child.Raw, &route))
		routes = append(routes, plainRoute(t, &route))
	}
	written["matchers"], written["routes"] = matchers, routes
	return written
}

// After the page's steps alerts reach the bridge, people hear of a broken bridge without it, and nobody's own route is gone.
func TestRoutesNextToTheirs(t *testing.T) {
	amtool := os.Getenv("AMTOOL")
	if amtool == "" {
		machine.Unable(t, "AMTOOL is not set: `make test-deploy` does it")
	}
	values, o := changed(t), renderSet(t, "kube-prometheus-stack", "alertmanagerConfig: {enabled: true, severities: [critical, warning], "+
		"people: {emailConfigs: [{to: oncall@example.com}]}}")
	spec := values.Alertmanager.AlertmanagerSpec
	assert.Equal(t, "None", spec.AlertmanagerConfigMatcherStrategy.Type)
	assert.Equal(t, 1, spec.Replicas)
	require.Len(t, renderSet(t, "kube-prometheus-stack", people(t)+"\n  enabled: true\n").routing.Spec.Receivers, 3)

	ours := plainRoute(t, o.routing.Spec.Route)
	ours["continue"] = true // the operator's
	config := values.Alertmanager.Config
	config.Route["routes"] = append([]any{ours}, config.Route["routes"].([]any)...)
	for _, receiver := range o.routing.Spec.Receivers {
		config.Receivers = append(config.Receivers, map[string]any{"name": receiver.Name})
	}
	text, err := yaml.Marshal(map[string]any{"route": config.Route, "receivers": config.Receivers})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "alertmanager.yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	for labels, receivers := range map[string]string{
		"alertname=Broken severity=critical service=database":                     "alert24,dba",
		"alertname=Broken severity=warning":                                       "alert24,team",
		"alertname=Broken severity=info":                                          "nowhere,team",
		"alertname=Watchdog severity=none":                                        "alert24,team",
		"alertname=Alert24BridgeDown severity=critical component=otelcol-alert24": "people,alert24,team",
	} {
		args := append([]string{"config", "routes", "test", "--config.file=" + path, "--verify.receivers=" + receivers}, strings.Fields(labels)...)
		out, err := exec.CommandContext(t.Context(), amtool, args...).CombinedOutput()
		assert.NoError(t, err, "%s: %s", labels, out)
	}
}
