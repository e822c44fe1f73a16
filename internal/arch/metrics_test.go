// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// optionalDoc is the text in the metadata of an optional metric. mdatagen has no switch for a component's own metrics: its key
// enabled only leaves a metric out of documentation.md.
const optionalDoc = "Optional: only with `telemetry::optional_metrics`."

// telemetryOf reads the metrics in a component's metadata.yaml, and whether they are on by default.
func telemetryOf(t *testing.T, component string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, component, "metadata.yaml"))
	require.NoError(t, err)
	var metadata struct {
		Telemetry struct {
			Metrics map[string]struct {
				Enabled  bool   `yaml:"enabled"`
				Optional bool   `yaml:"optional"`
				Extended string `yaml:"extended_documentation"`
				Unit     string `yaml:"unit"`
			} `yaml:"metrics"`
		} `yaml:"telemetry"`
	}
	require.NoError(t, yaml.Unmarshal(text, &metadata))
	byDefault := map[string]bool{}
	for name, m := range metadata.Telemetry.Metrics {
		assert.True(t, m.Enabled, "%s is not documented", name)
		assert.Regexp(t, `^(1|s|By|\{[a-z]+\})$`, m.Unit, "the unit of %s is not one of the semantic conventions", name)
		byDefault["otelcol_"+name] = m.Extended != optionalDoc
		assert.True(t, m.Optional || m.Extended == "", "%s: say optional: true", name)
	}
	require.NotEmpty(t, byDefault)
	return byDefault
}

// instruments maps the fields of the generated TelemetryBuilder to metrics.
func instruments(t *testing.T, component string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for n := range nodes(t, component+"/internal/metadata") {
		assign, ok := n.(*ast.AssignStmt)
		if !ok {
			continue
		}
		field, isField := assign.Lhs[0].(*ast.SelectorExpr)
		call, isCall := assign.Rhs[0].(*ast.CallExpr)
		if !isField || !isCall || len(call.Args) == 0 {
			continue
		}
		if name, ok := call.Args[0].(*ast.BasicLit); ok {
			text, err := strconv.Unquote(name.Value)
			require.NoError(t, err)
			found[field.Sel.Name] = text
		}
	}
	return found
}

// Metrics that metadata.yaml calls optional use a builder named optional, and no others do.
func TestOptionalMetricsAreThoseOfTheMetadata(t *testing.T) {
	for _, component := range []string{"alert24exporter", "alertmanagerreceiver"} {
		byDefault, byField := telemetryOf(t, component), instruments(t, component)
		used := map[string]bool{}
		for n := range nodes(t, component) {
			use, ok := n.(*ast.SelectorExpr)
			if !ok {
				continue
			}
			name, ok := byField[strings.TrimSuffix(strings.TrimPrefix(use.Sel.Name, "Register"), "Callback")]
			if !ok {
				continue
			}
			used[name] = true
			through := ""
			switch x := use.X.(type) {
			case *ast.SelectorExpr:
				through = x.Sel.Name
			case *ast.Ident:
				through = x.Name
			}
			assert.Equal(t, byDefault[name], through != "optional", "%s is measured through %s", name, through)
		}
		assert.ElementsMatch(t, slices.Collect(maps.Keys(byDefault)), slices.Collect(maps.Keys(used)))
	}
}

var ownMetric = regexp.MustCompile(`\botelcol_(?:exporter_alert24|receiver_alertmanager)_\w+`)

// The alerts about the bridge and the dashboard's variables need no optional metrics.
func TestAlertsAndChoicesNeedNoOptionalMetric(t *testing.T) {
	rules, err := os.ReadFile(filepath.Join(root, "examples", "bridge-alerts.yml"))
	require.NoError(t, err)
	dashboard, err := os.ReadFile(filepath.Join(root, "examples", "grafana-dashboard.json"))
	require.NoError(t, err)
	choices := regexp.MustCompile(`label_values\([^,]*`).FindAllString(string(dashboard), -1)
	require.NotEmpty(t, choices)
	byDefault := telemetryOf(t, "alert24exporter")
	maps.Copy(byDefault, telemetryOf(t, "alertmanagerreceiver"))
	names := ownMetric.FindAllString(string(rules), -1)
	require.NotEmpty(t, names)
	for _, name := range append(names, ownMetric.FindAllString(strings.Join(choices, " "), -1)...) {
		assert.True(t, byDefault[name], "%s is not on by default", name)
	}
}
