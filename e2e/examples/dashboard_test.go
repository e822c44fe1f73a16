// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package examples

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// dashboard is the part of a Grafana dashboard that these tests read.
type dashboard struct {
	SchemaVersion int `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name  string          `json:"name"`
			Type  string          `json:"type"`
			Query json.RawMessage `json:"query"`
		} `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct {
		X, Y, W, H int
	} `json:"gridPos"`
	FieldConfig struct {
		Defaults struct {
			Unit       string `json:"unit"`
			Thresholds struct {
				Mode  string `json:"mode"`
				Steps []struct {
					Color string   `json:"color"`
					Value *float64 `json:"value"`
				} `json:"steps"`
			} `json:"thresholds"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []struct {
		RefID        string     `json:"refId"`
		Expr         string     `json:"expr"`
		Format       string     `json:"format"`
		LegendFormat string     `json:"legendFormat"`
		Datasource   datasource `json:"datasource"`
	} `json:"targets"`
	Datasource datasource `json:"datasource"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	content, err := os.ReadFile(kit.Root(t, "examples", "grafana-dashboard.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &d))
	require.NotEmpty(t, d.Panels)
	return d
}

// dashboardExpressions are the queries of all panels and variables.
func dashboardExpressions(t *testing.T) []string {
	t.Helper()
	d := readDashboard(t)
	var all []string
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		all = append(all, string(v.Query))
	}
	return all
}

func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	assert.GreaterOrEqual(t, d.SchemaVersion, 38, "the schema of Grafana 10")
	var kinds []string
	for _, v := range d.Templating.List {
		kinds = append(kinds, v.Type+" "+v.Name)
	}
	assert.Equal(t, []string{"datasource datasource", "query job", "query instance"}, kinds)

	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		name := fmt.Sprintf("panel %d %q", p.ID, p.Title)
		assert.False(t, ids[p.ID], "%s: the id is there twice", name)
		ids[p.ID] = true
		assert.NotEmpty(t, p.Title, name)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			assert.Less(t, x, 24, "%s is too wide", name)
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				assert.Empty(t, taken[[2]int{x, y}], "%s covers another", name)
				taken[[2]int{x, y}] = name
			}
		}
		if p.Type == "row" {
			continue
		}
		assert.Greater(t, len(p.Description), 20, "%s has no description", name)
		assert.NotEmpty(t, p.FieldConfig.Defaults.Unit, "%s has no unit", name)
		assert.NotEmpty(t, p.Targets, name)
		assert.Contains(t, []string{"stat", "timeseries", "heatmap"}, p.Type, name)
		prometheus := datasource{"prometheus", "${datasource}"}
		assert.Equal(t, prometheus, p.Datasource, name)
		if p.Type == "stat" {
			checkThresholds(t, name, p)
		}
		for i, target := range p.Targets {
			assert.Equal(t, string(rune('A'+i)), target.RefID, name)
			assert.NotEmpty(t, target.LegendFormat, name)
			// Without this format, Grafana draws cumulative buckets.
			assert.Equal(t, p.Type == "heatmap", target.Format == "heatmap", name)
			assert.Equal(t, prometheus, target.Datasource, name)
			assert.Contains(t, target.Expr, `{job=~"$job", instance=~"$instance"`, name)
			// The lines of two exporters or receivers of one bridge have different names.
			if strings.Contains(target.LegendFormat, "{{instance}}") {
				for prefix, id := range map[string]string{"otelcol_exporter_alert24_": "{{exporter}}", "otelcol_receiver_alertmanager_": "{{receiver}}"} {
					assert.Equal(t, strings.Contains(target.Expr, prefix), strings.Contains(target.LegendFormat, id), "%s: %s", name, target.LegendFormat)
				}
			}
		}
	}
}

// checkThresholds expects a colour for every value, and the steps in order.
func checkThresholds(t *testing.T, name string, p panel) {
	t.Helper()
	thresholds := p.FieldConfig.Defaults.Thresholds
	assert.Equal(t, "absolute", thresholds.Mode, name)
	last := math.Inf(-1)
	for i, step := range thresholds.Steps {
		assert.NotEmpty(t, step.Color, name)
		if i == 0 {
			assert.Nil(t, step.Value, "%s: the first step is for all values", name)
			continue
		}
		require.NotNil(t, step.Value, name)
		assert.Greater(t, *step.Value, last, name)
		last = *step.Value
	}
	assert.NotEmpty(t, thresholds.Steps, name)
}

// Prometheus understands every query of the dashboard.
func TestDashboardQueries(t *testing.T) {
	promtool := kit.Binaries(t, harness.PromtoolEnv).Promtool
	variables := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*", "$instance", ".*")
	type recording struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []recording
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			rules = append(rules, recording{fmt.Sprintf("panel:%d:%s", p.ID, target.RefID), variables.Replace(target.Expr)})
		}
	}
	require.NotEmpty(t, rules)
	// JSON is valid YAML.
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	ok, printed := kit.Tool(t.Context(), t, promtool, "check", "rules", kit.WriteFile(t, string(text)))
	require.True(t, ok, printed)
	assert.Contains(t, printed, fmt.Sprintf("%d rules found", len(rules)))
}
