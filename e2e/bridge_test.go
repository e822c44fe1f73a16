// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

const (
	alias       = "HighErrorRate:api-01.prod"
	summary     = "High error rate on api-01.prod"
	description = "Error rate is 8.3% on api-01.prod (job: api-service)"
	runbook     = "https://wiki.example.com/runbooks/high-error-rate"
)

// highErrorRate is the alert of examples/prometheus-rules.yml, as it fires.
func highErrorRate() harness.Alert {
	return harness.Alert{
		Labels: map[string]string{
			"alertname": "HighErrorRate", "instance": "api-01.prod", "job": "api-service",
			"severity": "critical", "team": "backend",
		},
		Annotations: map[string]string{"summary": summary, "description": description, "runbook_url": runbook},
		StartsAt:    milliseconds(time.Now()),
	}
}

// milliseconds is the precision of the API's times.
func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// onlyIncident waits until the sandbox holds exactly one incident and done accepts it.
func onlyIncident(t *testing.T, s *harness.Sandbox, done func(sandbox.Incident) error) sandbox.Incident {
	t.Helper()
	var found sandbox.Incident
	eventually(t, func(context.Context) error {
		incidents := s.Incidents()
		if len(incidents) == 0 {
			return errors.New("no incident")
		}
		if len(incidents) > 1 {
			return harness.Final(fmt.Errorf("%d incidents: %+v", len(incidents), incidents))
		}
		found = incidents[0]
		return done(found)
	})
	return found
}

func isOpen(i sandbox.Incident) error {
	if !i.Open() {
		return fmt.Errorf("it is %s", i.Status)
	}
	return nil
}

func isResolved(i sandbox.Incident) error {
	if i.Status != "resolved" {
		return fmt.Errorf("it is %s", i.Status)
	}
	return nil
}

func TestAlertOpensUpdatesAndResolvesOneIncident(t *testing.T) {
	bridge := startBridge(t)
	alert := highErrorRate()

	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	opened := onlyIncident(t, bridge.Sandbox, isOpen)
	assert.Equal(t, alias, opened.Alias)
	assert.Equal(t, summary, opened.Title)
	assert.Equal(t, "critical", opened.Severity)
	assert.Equal(t, "prometheus", opened.Source)
	wantStart := description + "\n\nRunbook: " + runbook
	assert.True(t, opened.Description == wantStart || strings.HasPrefix(opened.Description, wantStart+"\n"),
		"the description is %q", opened.Description)

	alert.Annotations["description"] = "Error rate is 12.1% on api-01.prod (job: api-service)"
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	updated := onlyIncident(t, bridge.Sandbox, func(i sandbox.Incident) error {
		if !strings.HasPrefix(i.Description, "Error rate is 12.1% ") {
			return fmt.Errorf("its description is %q", i.Description)
		}
		return nil
	})
	assert.Equal(t, opened.ID, updated.ID)
	require.NoError(t, isOpen(updated))

	alert.EndsAt = milliseconds(time.Now())
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	resolved := onlyIncident(t, bridge.Sandbox, isResolved)
	assert.Equal(t, opened.ID, resolved.ID)
	assert.Equal(t, alert.EndsAt, resolved.ResolvedAt.UTC())
}

func TestWarningOpensAHighIncident(t *testing.T) {
	bridge := startBridge(t)
	alert := highErrorRate()
	alert.Labels["severity"] = "warning"
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	assert.Equal(t, "high", onlyIncident(t, bridge.Sandbox, isOpen).Severity)
}

func TestAliasWithJob(t *testing.T) {
	bridge := startBridge(t, "receivers.alertmanager.alias.labels=[alertname, instance, job]")
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), highErrorRate()))
	assert.Equal(t, "HighErrorRate:api-01.prod:api-service", onlyIncident(t, bridge.Sandbox, isOpen).Alias)
}

// The collector crashes with an incident open, and the alert is over while it is away.
func TestCrashWithAnIncidentOpen(t *testing.T) {
	bridge := startBridge(t)
	alert := highErrorRate()
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	opened := onlyIncident(t, bridge.Sandbox, isOpen)

	bridge.Collector.Kill()
	alert.EndsAt = milliseconds(time.Now())
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), alert))
	require.NoError(t, bridge.Collector.Start(t.Context()))

	resolved := onlyIncident(t, bridge.Sandbox, isResolved)
	assert.Equal(t, opened.ID, resolved.ID)
	assert.Equal(t, alert.EndsAt, resolved.ResolvedAt.UTC())
}

// What was answered 200 survives a crash, also while the API is away.
func TestCrashBeforeTheAPIAnswered(t *testing.T) {
	bridge := startBridge(t)
	fault, err := bridge.Sandbox.AddFault(sandbox.Fault{Status: 503})
	require.NoError(t, err)
	require.Equal(t, 200, post(t, bridge.Collector, harness.WebhookToken, firing("api-01.prod", "critical")))
	bridge.Collector.Kill()
	require.Empty(t, bridge.Sandbox.Incidents())

	require.True(t, bridge.Sandbox.RemoveFault(fault))
	require.NoError(t, bridge.Collector.Start(t.Context()))
	assert.Equal(t, alias, onlyIncident(t, bridge.Sandbox, isOpen).Alias)
}

func TestStopIsClean(t *testing.T) {
	bridge := startBridge(t)
	require.NoError(t, bridge.Alertmanager.Post(t.Context(), highErrorRate()))
	onlyIncident(t, bridge.Sandbox, isOpen)
	require.NoError(t, bridge.Alertmanager.Stop())
	require.NoError(t, bridge.Collector.Stop())
	assert.Contains(t, bridge.Collector.Log(), "Shutdown complete")
	assert.NotContains(t, bridge.Collector.Log(), bridge.Sandbox.Key)
	assert.NotContains(t, bridge.Collector.Log(), harness.WebhookToken)
}
