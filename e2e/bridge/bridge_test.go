// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

func TestAlertOpensUpdatesAndResolvesOneIncident(t *testing.T) {
	bridge := kit.StartBridge(t)
	alert := kit.HighErrorRate()

	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	opened := kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen)
	assert.Equal(t, kit.Alias, opened.Alias)
	assert.Equal(t, kit.Summary, opened.Title)
	assert.Equal(t, "critical", opened.Severity)
	assert.Equal(t, "prometheus", opened.Source)
	wantStart := kit.Description + "\n\nRunbook: " + kit.Runbook
	assert.True(t, opened.Description == wantStart || strings.HasPrefix(opened.Description, wantStart+"\n"),
		"the description is %q", opened.Description)

	alert.Annotations["description"] = "Error rate is 12.1% on api-01.prod (job: api-service)"
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	updated := kit.OnlyIncident(t, bridge.Sandbox, func(i sandbox.Incident) error {
		if !strings.HasPrefix(i.Description, "Error rate is 12.1% ") {
			return fmt.Errorf("its description is %q", i.Description)
		}
		return nil
	})
	assert.Equal(t, opened.ID, updated.ID)
	require.NoError(t, kit.IsOpen(updated))

	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	resolved := kit.OnlyIncident(t, bridge.Sandbox, kit.IsResolved)
	assert.Equal(t, opened.ID, resolved.ID)
	assert.Equal(t, alert.EndsAt, resolved.ResolvedAt.UTC())
}

func TestWarningOpensAHighIncident(t *testing.T) {
	bridge := kit.StartBridge(t)
	alert := kit.HighErrorRate()
	alert.Labels["severity"] = "warning"
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	assert.Equal(t, "high", kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen).Severity)
}

func TestAliasWithJob(t *testing.T) {
	bridge := kit.StartBridge(t, "receivers.alertmanager.alias.labels=[alertname, instance, job]")
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), kit.HighErrorRate()))
	assert.Equal(t, "HighErrorRate:api-01.prod:api-service", kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen).Alias)
}
