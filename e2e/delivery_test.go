// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

// The collector is killed while a request is on the wire. Whether that is carried out, never, or only after the restart,
// and whether or not the alert has changed again by then: the incident comes to be what the alert says.
func TestKilledWithARequestInFlight(t *testing.T) {
	const first, second = "first", "second"
	fates := map[string]fault.Fault{
		"never carried out":  {Hang: true, Times: 1},
		"carried out":        {Hang: true, Times: 1, Commit: true},
		"carried out late":   {Hang: true, Times: 1, CommitLate: late},
		"dropped, and late":  {Drop: true, Times: 1, CommitLate: late},
		"carried out slowly": {Delay: late, Times: 1},
	}
	fires := saying(firing("api-01.prod", "critical"), first)
	for name, c := range map[string]struct {
		operation    fault.Operation
		before       []webhook
		event, after func() webhook // what causes the request; what comes first after the restart, if anything
		want         []string
		never        bool // nothing was ever opened if the request is never carried out
	}{
		"create": {
			operation: fault.Create, event: func() webhook { return fires },
			want: []string{"new " + first},
		},
		"create, then over": {
			operation: fault.Create, event: func() webhook { return fires }, after: func() webhook { return resolved(fires) },
			want: []string{"resolved " + first}, never: true,
		},
		"update": {
			operation: fault.Update, before: []webhook{fires}, event: func() webhook { return saying(fires, second) },
			want: []string{"new " + second},
		},
		"update, then back": {
			operation: fault.Update, before: []webhook{fires}, event: func() webhook { return saying(fires, second) },
			after: func() webhook { return fires },
			want:  []string{"new " + first},
		},
		"close": {
			operation: fault.Resolve, before: []webhook{fires}, event: func() webhook { return resolved(fires) },
			want: []string{"resolved " + first},
		},
		"close, then again": {
			operation: fault.Resolve, before: []webhook{fires}, event: func() webhook { return resolved(fires) },
			after: func() webhook { return again(fires) },
			want:  []string{"resolved " + first, "new " + first},
		},
	} {
		for fateName, fate := range fates {
			t.Run(name+", "+fateName, func(t *testing.T) {
				t.Parallel()
				s, collector := startCollector(t, quick()...)
				for _, w := range c.before {
					deliver(t, collector, w)
					onlyIncident(t, s, isOpen)
				}
				fate.Match.Operation = c.operation
				_, err := s.AddFault(fate)
				require.NoError(t, err)
				deliver(t, collector, c.event())
				eventually(t, func(context.Context) error {
					if s.Faults()[0].Applied == 0 {
						return errors.New("the request is not on the wire")
					}
					return nil
				})
				collector.Kill()
				if c.after == nil {
					require.NoError(t, collector.Start(t.Context()))
				} else {
					// The API is away until the collector knows better.
					require.NoError(t, s.SetFaults([]sandbox.Fault{{Status: http.StatusServiceUnavailable}}))
					require.NoError(t, collector.Start(t.Context()))
					deliver(t, collector, c.after())
					s.ClearFaults()
				}
				atRest(t, s, settleTime)
				if c.never && fateName == "never carried out" {
					requireIncidents(t, s)
					return
				}
				requireIncidents(t, s, c.want...)
			})
		}
	}
}

// Restarts that come faster than any timer keep neither a hold nor a doubt from ending once they stop.
func TestRestartsFasterThanAnyTimer(t *testing.T) {
	s, c := startCollector(t, quick()...)
	opens, ends := firing("opens", "critical"), firing("ends", "critical")
	echo := firing("echo", "critical")
	deliver(t, c, ends)
	deliver(t, c, echo)
	eventually(t, func(context.Context) error {
		if n := s.Stats().Open; n != 2 {
			return fmt.Errorf("%d incidents are open", n)
		}
		return nil
	})
	deliver(t, c, resolved(echo))
	other := echo
	other.ExternalURL = "http://another.example.com"
	deliver(t, c, other) // held; and it is none: no resolve follows
	_, err := s.AddFault(sandbox.Fault{Status: http.StatusServiceUnavailable})
	require.NoError(t, err)
	deliver(t, c, opens)
	deliver(t, c, resolved(ends))
	for range 12 {
		c.Kill()
		require.NoError(t, c.Start(t.Context()))
	}
	s.ClearFaults()
	atRest(t, s, hold)

	want := map[string]string{"HighErrorRate:opens": "new", "HighErrorRate:ends": "resolved"}
	got := map[string]string{}
	for _, i := range s.Incidents() {
		if i.Alias != "HighErrorRate:echo" {
			got[i.Alias] = i.Status
		}
	}
	assert.Equal(t, want, got)
	assert.Len(t, s.Open("HighErrorRate:echo"), 1, "the hold has ended")
	assert.Len(t, s.Incidents(), 4, "one for each episode")
}

// A wrong key loses nothing; when the file with the key is replaced, all goes out without a restart.
func TestKeyIsReplacedOnDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("ak_live_wrong"), 0o600))
	s, c := startCollector(t, append(quick(),
		"exporters.alert24.api_key=",
		"exporters.alert24.auth.authenticator=bearertokenauth/api",
		"extensions.bearertokenauth/api.filename="+file,
		"service.extensions=[file_storage, bearertokenauth/webhook, bearertokenauth/api, health_check]",
	)...)
	deliver(t, c, firing("api-01.prod", "critical"))
	over := firing("api-02.prod", "critical")
	deliver(t, c, over)
	eventually(t, func(context.Context) error {
		if s.Stats().Answers[http.StatusUnauthorized] == 0 {
			return errors.New("no request was refused")
		}
		return nil
	})
	deliver(t, c, resolved(over))
	c.Kill() // what waits for the key survives this as well
	require.NoError(t, c.Start(t.Context()))
	assert.Empty(t, s.Incidents())

	require.NoError(t, os.WriteFile(file, []byte(s.Key), 0o600))
	onlyIncident(t, s, isOpen)
	atRest(t, s, settleTime)
	require.Equal(t, "HighErrorRate:api-01.prod", onlyIncident(t, s, isOpen).Alias, "what came and went is not paged")
	assert.NotContains(t, c.Log(), s.Key)
}

// SIGTERM ends the collector soon although the API hangs and a webhook is still on its way. Nothing is lost.
func TestStopWhileEverythingHangs(t *testing.T) {
	s, c := startCollector(t, quick()...)
	_, err := s.AddFault(sandbox.Fault{Hang: true})
	require.NoError(t, err)
	deliver(t, c, firing("api-01.prod", "critical"))
	eventually(t, func(context.Context) error {
		if s.Faults()[0].Applied == 0 {
			return errors.New("no request hangs")
		}
		return nil
	})
	halfway := sendHalf(t, c)
	began := time.Now()
	require.NoError(t, c.Stop())
	// shutdown_timeout of the receiver is 1 s here, the exporter waits 2 s for answers, and a request may take 5 s.
	assert.Less(t, time.Since(began), 5*time.Second)
	assert.Contains(t, c.Log(), "Shutdown complete")
	require.NotEqual(t, http.StatusOK, halfway(), "half a webhook was acknowledged")

	s.ClearFaults()
	require.NoError(t, c.Start(t.Context()))
	assert.Equal(t, alias, onlyIncident(t, s, isOpen).Alias)
}

// sendHalf begins a webhook whose end never comes, waits until the collector reads it, and returns what waits for the
// answer: its status, or 0 without one.
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
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: limit}}
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
