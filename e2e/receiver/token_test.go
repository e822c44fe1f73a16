// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// A webhook from a stranger changes nothing, neither a firing nor a resolve.
func TestWebhookWithoutTheToken(t *testing.T) {
	bridge := kit.StartBridge(t)
	known := kit.Firing("api-01.prod", "critical")
	require.Equal(t, http.StatusOK, kit.Post(t, bridge.Collector, harness.WebhookToken, known))
	kit.OnlyIncident(t, bridge.Sandbox, kit.IsOpen)

	end := known
	end.Status = "resolved"
	end.Alerts = []kit.Alert{known.Alerts[0]}
	end.Alerts[0].Status, end.Alerts[0].EndsAt = "resolved", kit.Milliseconds(time.Now())
	for name, token := range map[string]string{"none": "", "wrong": "wrong", "longer": harness.WebhookToken + "x"} {
		assert.Equal(t, http.StatusUnauthorized, kit.Post(t, bridge.Collector, token, kit.Firing("api-02.prod", "critical")), name)
		assert.Equal(t, http.StatusUnauthorized, kit.Post(t, bridge.Collector, token, end), name)
	}

	// A later webhook of a known sender arrives. If the strangers' webhooks had counted, they would show by then.
	require.Equal(t, http.StatusOK, kit.Post(t, bridge.Collector, harness.WebhookToken, kit.Firing("api-03.prod", "critical")))
	kit.Eventually(t, func(context.Context) error {
		if len(bridge.Sandbox.Open("HighErrorRate:api-03.prod")) == 0 {
			return errors.New("api-03.prod has no incident")
		}
		return nil
	})
	assert.Len(t, bridge.Sandbox.Incidents(), 2)
	assert.Len(t, bridge.Sandbox.Open(kit.Alias), 1)
	require.NoError(t, kit.IsOpen(bridge.Sandbox.Open(kit.Alias)[0]))
}
