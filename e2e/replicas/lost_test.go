// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

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

// A limit in docs/delivery.md: Alertmanager sends no resolve of an alert whose firing was never acknowledged to it. If the bridge
// accepted the firing and only the answers got lost, the incident stays open. The same happens if a bridge answers 503, although
// its database may have committed.
func TestNoResolveOfWhatWasNeverAcknowledged(t *testing.T) {
	found := kit.Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	b := startBench(t, nil)
	am, err := harness.StartAlertmanager(t.Context(), harness.AlertmanagerOptions{
		Binary: found.Alertmanager, Webhook: b.relay.urls()[0], Dir: t.TempDir(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, am.Stop()) })
	b.relay.loses.Store("lost", true)

	alert := kit.AlertOn("lost")
	require.NoError(t, am.Post(t.Context(), alert))
	b.incident(t, "lost", kit.IsOpen)
	b.said(t, "lost", func(relayed) bool { return true })
	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, am.Post(t.Context(), alert))
	const quiet = 8 * time.Second // longer than a pause between its tries, and many times group_interval
	kit.Eventually(t, func(context.Context) error {
		if said := b.relay.of("lost"); time.Since(said[len(said)-1].at) < quiet {
			return errors.New("it still tries")
		}
		return nil
	})
	for _, said := range b.relay.of("lost") {
		assert.Equal(t, "firing", said.status)
		assert.Equal(t, http.StatusServiceUnavailable, said.answer)
	}
	b.incident(t, "lost", kit.IsOpen)
}
