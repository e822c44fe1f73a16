// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/status"
)

func TestServicesAreFoundByName(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	var all []sandbox.Service
	for range 250 { // three pages
		all = append(all, sandbox.Service{ID: "svc-other", Name: "other"})
	}
	box.SetServices(append(all, sandbox.Service{ID: "svc-api", Name: "Public API"})...)
	e, _ := watchedExporter(t, box, host{}, func(cfg *Config) {
		cfg.Incident.Services = incident.ServicesConfig{Label: "service", Map: map[string]string{"legacy": "svc-legacy"}, By: incident.ServicesByName}
	})
	named := func(alias, service string) {
		send(t, e, "firing", alias, map[string]string{attrs.AlertLabelPrefix + "service": service})
	}
	affected := func(alias string, want ...string) {
		t.Helper()
		require.Eventually(t, func() bool {
			open := box.Open(alias)
			return len(open) == 1 && assert.ObjectsAreEqual(want, append([]string(nil), open[0].AffectedServices...))
		}, soon, tick)
	}
	named("by name", "public api")
	named("by the map", "legacy")
	named("unknown", "checkout")
	affected("by name", "svc-api")
	affected("by the map", "svc-legacy")
	affected("unknown")
	o, _ := ask[status.Overview](t, e, status.PathOverview)
	require.NotNil(t, o.Services)
	assert.Equal(t, "checkout", o.Services.Unknown[0].Name)

	box.SetServices(sandbox.Service{ID: "svc-api", Name: "Public API"}, sandbox.Service{ID: "svc-checkout", Name: "Checkout"})
	e.services.Read(t.Context())
	affected("unknown", "svc-checkout")
	o, _ = ask[status.Overview](t, e, status.PathOverview)
	assert.Empty(t, o.Services.Unknown)
}
