// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package senders

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// The alias rules change while an alert fires: its incident stays, and closes later. The next incident has the new alias.
func TestAliasRulesChangeWhileAnAlertFires(t *testing.T) {
	t.Parallel()
	w := kit.World{Dir: t.TempDir()}
	s, c := kit.Start(t, w)
	alert := kit.Firing("api-01.prod", "critical")
	kit.Deliver(t, c, alert)
	const before = "HighErrorRate:api-01.prod | "
	states(t, s, before+"new critical | High error rate on api-01.prod")
	require.NoError(t, c.Stop())

	w.Set = []string{
		"receivers.alertmanager.alias.prefix=eu/", "receivers.alertmanager.alias.labels=[alertname, job]",
		`receivers.alertmanager.alias.rules=[{matchers: ['alertname="HighErrorRate"'], labels: [job]}]`,
	}
	c = kit.StartOn(t, s, kit.Binaries(t, harness.CollectorEnv), w)
	kit.Deliver(t, c, kit.Saying(alert, "Still a high error rate"))
	states(t, s, before+"new critical | Still a high error rate")
	kit.Deliver(t, c, kit.Resolved(alert))
	states(t, s, before+"resolved critical | Still a high error rate")

	kit.Deliver(t, c, kit.Again(alert))
	states(t, s, before+"resolved critical | Still a high error rate", "eu/api-service | new critical | High error rate on api-01.prod")
}

// The alert ends while the bridge is down, and its alias has changed when the resolve arrives.
func TestAlertEndsWhileTheBridgeIsDown(t *testing.T) {
	t.Parallel()
	w := kit.World{Dir: t.TempDir()}
	s, c := kit.Start(t, w)
	alert := kit.Firing("api-01.prod", "critical")
	kit.Deliver(t, c, alert)
	states(t, s, "HighErrorRate:api-01.prod | new critical | High error rate on api-01.prod")
	c.Kill()

	w.Set = []string{"receivers.alertmanager.alias.prefix=eu/"}
	c = kit.StartOn(t, s, kit.Binaries(t, harness.CollectorEnv), w)
	kit.Deliver(t, c, kit.Resolved(alert))
	states(t, s, "HighErrorRate:api-01.prod | resolved critical | High error rate on api-01.prod")
}

// Two tenants have the same alert, each through its own receiver.
func TestTwoTenants(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "b")
	s, c := kit.StartCollector(t,
		"receivers.alertmanager.alias.prefix=a/",
		"receivers.alertmanager/b={endpoint: "+socket+", transport: unix, alias: {prefix: b/}}",
		"service.pipelines.logs.receivers=[alertmanager, alertmanager/b]")
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	deliverB := func(w kit.Webhook) {
		status, answer, err := kit.Send(t.Context(), t, client, "http://b/alertmanager", "", nil, kit.Body(t, w))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, answer)
	}
	alert := kit.Firing("api-01.prod", "critical")
	kit.Deliver(t, c, alert)
	deliverB(alert)
	const said = " critical | High error rate on api-01.prod"
	states(t, s, "a/HighErrorRate:api-01.prod | new"+said, "b/HighErrorRate:api-01.prod | new"+said)
	deliverB(kit.Resolved(alert))
	states(t, s, "a/HighErrorRate:api-01.prod | new"+said, "b/HighErrorRate:api-01.prod | resolved"+said)
}
