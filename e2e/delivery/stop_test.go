// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// SIGTERM ends the collector soon, although the API hangs and a webhook is still arriving. Nothing is lost.
func TestStopWhileEverythingHangs(t *testing.T) {
	// The request and the webhook end only with the process. If the collector waited for one of them, Stop would fail.
	s, c := kit.StartCollector(t, append(kit.Quick(), "exporters.alert24.timeout=10m")...)
	_, err := s.AddFault(sandbox.Fault{Hang: true})
	require.NoError(t, err)
	kit.Deliver(t, c, kit.Firing("api-01.prod", "critical"))
	kit.Eventually(t, func(context.Context) error {
		if s.Faults()[0].Applied == 0 {
			return errors.New("no request hangs")
		}
		return nil
	})
	halfway := sendHalf(t, c)
	require.NoError(t, c.Stop())
	assert.Contains(t, c.Log(), "Shutdown complete")
	require.NotEqual(t, http.StatusOK, halfway(), "half a webhook was acknowledged")

	s.ClearFaults()
	require.NoError(t, c.Start(t.Context()))
	assert.Equal(t, kit.Alias, kit.OnlyIncident(t, s, kit.IsOpen).Alias)
}

// sendHalf begins a webhook that never ends, and waits until the collector reads it. The returned function waits for the answer and
// returns its status, or 0 if there is none.
func sendHalf(t *testing.T, c *harness.Collector) (status func() int) {
	t.Helper()
	reader, writer := io.Pipe()
	asked := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(asked) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Webhook, reader)
	require.NoError(t, err)
	request.ContentLength = 1000
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+harness.WebhookToken)
	request.Header.Set("Expect", "100-continue")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: kit.Limit}}
	answer := make(chan int, 1)
	go func() {
		response, err := client.Do(request)
		if err != nil {
			answer <- 0
			return
		}
		_ = response.Body.Close()
		answer <- response.StatusCode
	}()
	select {
	case <-asked:
	case n := <-answer:
		require.Fail(t, "the webhook ended before its body", "status %d", n)
	}
	_, err = writer.Write([]byte(`{"version":"4","alerts":[`))
	require.NoError(t, err)
	return func() int {
		_ = writer.CloseWithError(io.ErrUnexpectedEOF) // never fails
		return <-answer
	}
}
