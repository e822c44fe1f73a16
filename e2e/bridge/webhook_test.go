// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

func TestSeverities(t *testing.T) {
	bridge := kit.StartBridge(t)
	want := map[string]string{}
	for label, severity := range map[string]string{
		"critical": "critical", "warning": "high", "info": "low", "strange": "medium", "": "medium",
	} {
		instance := "host-" + label
		require.Equal(t, http.StatusOK, kit.Post(t, bridge.Collector, harness.WebhookToken, kit.Firing(instance, label)))
		want["HighErrorRate:"+instance] = severity
	}
	kit.Eventually(t, func(context.Context) error {
		if n := len(bridge.Sandbox.Incidents()); n < len(want) {
			return fmt.Errorf("%d incidents", n)
		}
		return nil
	})
	got := map[string]string{}
	for _, incident := range bridge.Sandbox.Incidents() {
		got[incident.Alias] = incident.Severity
	}
	assert.Equal(t, want, got)
}

func TestMetricsOfTheCollector(t *testing.T) {
	bridge := kit.StartBridge(t)
	require.Equal(t, http.StatusOK, kit.Post(t, bridge.Collector, harness.WebhookToken, kit.Firing("api-01.prod", "critical")))
	kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen)
	metrics := kit.Read(t.Context(), t, bridge.Collector.Metrics)
	for _, name := range []string{"otelcol_receiver_accepted_log_records", "otelcol_exporter_sent_log_records"} {
		assert.Regexp(t, `(?m)^`+name+`(_total)?\{.*\} 1$`, metrics)
	}
}
