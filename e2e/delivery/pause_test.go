// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// While the collector is paused, each sender gives up its firing and then sends the resolve. When the collector continues, it finds
// both in its sockets. The firing opens nothing.
func TestSenderGivesUpDuringAPause(t *testing.T) {
	s, c := kit.StartCollector(t, kit.Quick()...)
	const senders = 20
	require.NoError(t, c.Pause())
	wake := sync.OnceFunc(func() { assert.NoError(t, c.Resume()) })
	defer wake()

	var gone, written, answered sync.WaitGroup
	written.Add(senders)
	for i := range senders {
		gone.Add(1)
		answered.Go(func() {
			w := kit.Firing(fmt.Sprintf("host-%d", i), "critical")
			giveUp, cancel := context.WithTimeout(t.Context(), 2*time.Second) // long enough to be a pause
			defer cancel()
			_, _, err := kit.Send(giveUp, t, kit.Client(), c.Webhook, harness.WebhookToken, nil, kit.Body(t, w))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			gone.Done()
			gone.Wait()
			waits := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { written.Done() }})
			status, _, err := kit.Send(waits, t, kit.Client(), c.Webhook, harness.WebhookToken, nil, kit.Body(t, kit.Resolved(w)))
			assert.NoError(t, err)
			assert.Equal(t, http.StatusOK, status)
		})
	}
	written.Wait()
	wake()
	answered.Wait()
	kit.AtRest(t, s, 2*time.Second, c)
	assert.Empty(t, s.Incidents())
}
