// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestServicesByName(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Services = ServicesConfig{Label: "service", Map: map[string]string{"legacy": "svc-0"}, By: ServicesByName}
	ids := map[string]string{"API": "svc-1", "Shop": "svc-2"}
	r, err := NewRenderer(cfg, WithServiceID(func(name string) string { return ids[name] }))
	require.NoError(t, err)
	of := func(label, annotation string, attribute ...string) []string {
		a := Alert{AffectedServices: attribute, Labels: labels.New(labels.Label{Name: "service", Value: label})}
		if annotation != "" {
			a.Annotations = labels.New(labels.Label{Name: annotationService, Value: annotation})
		}
		return r.Render("a", []Alert{a}, Context{}).AffectedServices
	}
	assert.Equal(t, []string{"svc-1"}, of("API", ""))
	assert.Equal(t, []string{"svc-0"}, of("legacy", ""), "the map wins")
	assert.Empty(t, of("unknown", ""))
	assert.Empty(t, of("", ""))
	assert.Equal(t, []string{"svc-1", "svc-2"}, of("legacy", "Shop, API, unknown"))
	assert.Equal(t, []string{"svc-2"}, of("API", "legacy", "Shop"), "the attribute wins")

	preview, err := NewRenderer(cfg)
	require.NoError(t, err)
	a := Alert{Labels: labels.New(labels.Label{Name: "service", Value: "API"})}
	assert.Equal(t, []string{"API"}, preview.Render("a", []Alert{a}, Context{}).AffectedServices, "without a directory a name stands for its id")
}

func TestTitleIsThatOfRender(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Title = "{{ .Labels.instance }} is broken"
	failed := 0
	r, err := NewRenderer(cfg, WithTemplateFailed(func(string, string, error) { failed++ }))
	require.NoError(t, err)
	alerts := []Alert{{Labels: labels.New(labels.Label{Name: "instance", Value: "api-01"})}}
	more := Context{Members: 3}
	assert.Equal(t, r.Render("a", alerts, more).Title, r.Title("a", alerts, more))
	assert.Zero(t, failed)
}

func TestLinksAreSafeToClick(t *testing.T) {
	a := Alert{
		GeneratorURL: "http://prometheus/graph", ExternalURL: "http://alertmanager:9093", Labels: labels.New(labels.Label{Name: "a", Value: "b"}),
		Annotations: labels.New(labels.Label{Name: "runbook_url", Value: "javascript:alert(1)"}, labels.Label{Name: "dashboard_url", Value: "https://grafana/d/1"}),
	}
	var names []string
	for _, l := range Links(&a) {
		names = append(names, l.Name)
		assert.Regexp(t, "^https?://", l.URL)
	}
	assert.Equal(t, []string{"Dashboard", "Source", "Alertmanager", "Silence"}, names)
}
