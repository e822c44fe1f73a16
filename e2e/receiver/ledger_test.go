// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// A sender with a token sends alerts that fire and never resolve: as much text, or as many alerts, as it can. The bridge, with the
// unchanged collector-config.yaml, keeps only so much of them, so that it still accepts the webhooks of others.
func TestNoSenderFillsTheLedger(t *testing.T) {
	for name, fill := range map[string]func(t *testing.T, s *harness.Sandbox, c *harness.Collector){
		"text": func(t *testing.T, s *harness.Sandbox, c *harness.Collector) {
			t.Helper()
			for round := range 9 { // half a GiB
				require.Equal(t, http.StatusOK, answered(t, c, several(7, round, wordy)))
			}
			kit.OnlyIncidentOf(t, s, "Wordy:8-6", kit.IsOpen)
			require.Equal(t, http.StatusOK, answered(t, c, kit.Body(t, kit.Firing("new", "critical"))))
			kit.OnlyIncidentOf(t, s, "HighErrorRate:new", kit.IsOpen)
		},
		"alerts": func(t *testing.T, _ *harness.Sandbox, c *harness.Collector) {
			t.Helper()
			rounds := 0
			for answered(t, c, several(8000, rounds, terse)) == http.StatusOK {
				rounds++
			}
			t.Logf("%d webhooks were accepted", rounds)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", "640MiB") // as the packages and the chart run it
			s, c := kit.StartCollector(t)
			peak := watch(t, c)
			known := kit.Firing("known", "critical")
			kit.Deliver(t, c, known)
			fill(t, s, c)
			assert.True(t, c.Running())
			assert.Less(t, peak(), limit*3/2)
			assert.Equal(t, http.StatusOK, answered(t, c, kit.Body(t, kit.Saying(known, "it got worse"))))
			assert.Equal(t, http.StatusOK, answered(t, c, kit.Body(t, kit.Resolved(known))))
			kit.OnlyIncidentOf(t, s, "HighErrorRate:known", kit.IsResolved)
		})
	}
}

// answered posts a webhook until it is accepted, or refused because of limits::aliases, and returns the status. memory_limiter may refuse
// webhooks for some seconds.
func answered(t *testing.T, c *harness.Collector, body []byte) (status int) {
	t.Helper()
	before := refused(t.Context(), t, c)
	kit.Eventually(t, func(ctx context.Context) (err error) {
		status, _, err = kit.Send(ctx, t, kit.Client(), c.Webhook, harness.WebhookToken, nil, body)
		if err == nil && status != http.StatusOK && refused(ctx, t, c) == before {
			err = fmt.Errorf("a webhook is answered %d", status)
		}
		return err
	})
	return status
}

// refused counts the events that found no room.
func refused(ctx context.Context, t *testing.T, c *harness.Collector) (n float64) {
	t.Helper()
	for _, value := range kit.Scrape(ctx, t, c)["otelcol_exporter_alert24_refused_events"] {
		n += value
	}
	return n
}

// several is a webhook of n alerts.
func several(n, round int, alert func(b *bytes.Buffer, round, i int)) []byte {
	var b bytes.Buffer
	b.WriteString(`{"version":"4","groupKey":"{}","status":"firing","alerts":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		alert(&b, round, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// wordy is an alert with as much text as a record keeps.
func wordy(b *bytes.Buffer, round, i int) {
	const pairs, length = 250, 16 << 10
	text := strings.Repeat("x", length)
	fmt.Fprintf(b, `{"status":"firing","labels":{"alertname":"Wordy","instance":"%d-%d"`, round, i)
	for j := range pairs {
		fmt.Fprintf(b, `,"l%d":%q`, j, text)
	}
	b.WriteString(`},"annotations":{"summary":"wordy"`)
	for j := range pairs {
		fmt.Fprintf(b, `,"a%d":%q`, j, text)
	}
	b.WriteString(`}}`)
}

// terse is an alert of one alias.
func terse(b *bytes.Buffer, round, i int) {
	fmt.Fprintf(b, `{"status":"firing","labels":{"alertname":"Terse","instance":"one","n":"%d-%d"}}`, round, i)
}
