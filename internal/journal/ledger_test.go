// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const alias = "HighErrorRate:api-01.prod"

func at(seconds int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// testingT is the common part of testing and rapid.
type testingT interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// openLedger returns a ledger with the defaults of the exporter's configuration over a journal.
func openLedger(t testingT, j *Journal, now func() time.Time) *ledger.Ledger {
	t.Helper()
	l := ledger.New(ledger.Config{
		Policy: testPolicy(),
		Render: func(_ string, firing []incident.Alert, _ incident.Context) incident.Content {
			c := incident.Content{Title: firing[0].Fingerprint, Severity: firing[0].Severity}
			c.News = c.Hashes()
			return c
		},
		Aliases: 100_000, Now: now,
	}, j)
	damage, err := l.Load(t.Context())
	require.NoError(t, err)
	require.Zero(t, damage)
	return l
}

func testPolicy() *protocol.Policy {
	return &protocol.Policy{
		SettleTime: 15 * time.Second, EchoWindow: 6 * time.Minute, EchoHold: 6 * time.Minute, Refresh: time.Hour, ClosedRetention: time.Hour,
		Members: 10_000,
		Backoff: protocol.Backoff{
			Initial: time.Second, Max: time.Minute, Multiplier: 2, Slow: protocol.Slow, Hourly: protocol.Hourly, SlowAfter: protocol.SlowAfter,
		},
	}
}

func firing(startsAt time.Time) protocol.Event {
	return protocol.Event{
		Alias: alias, Key: keyOf(alias), Firing: true, Sender: "am1",
		Alert: incident.Pack(&incident.Alert{Fingerprint: "f0", Severity: incident.Critical, StartsAt: startsAt}),
	}
}

func resolved(startsAt, endsAt time.Time) protocol.Event {
	ev := firing(startsAt)
	ev.Firing, ev.EndsAt = false, endsAt
	return ev
}

// second is the event for another alert of the alias.
func second(ev protocol.Event) protocol.Event {
	ev.Alert.Fingerprint, ev.Key = "f1", keyOf(ev.Alias+" f1")
	return ev
}

// of is the event for an alert of another alias.
func of(alias string, ev protocol.Event) protocol.Event {
	ev.Alias, ev.Key = alias, keyOf(alias)
	return ev
}

func keyOf(s string) (k protocol.Key) {
	sum := sha256.Sum256([]byte(s))
	copy(k[:], sum[:])
	return k
}

// detailed is a firing of a typical Prometheus rule.
func detailed(i int) protocol.Event {
	host := fmt.Sprintf("api-%05d.prod.example.com:9100", i)
	set := func(pairs ...string) (s labels.Set) {
		for pair := range slices.Chunk(pairs, 2) {
			s = append(s, labels.Label{Name: pair[0], Value: pair[1]})
		}
		s.Sort()
		return s
	}
	return protocol.Event{
		Alias: "HighErrorRate:" + host, Key: keyOf(host), Firing: true, Epoch: "0123456789abcdef", Seq: int64(i), Sender: "http://am1:9093 10.0.0.1",
		Alert: incident.Pack(&incident.Alert{
			Fingerprint: fmt.Sprintf("%016x", i), Name: "HighErrorRate", Severity: incident.High, StartsAt: at(i),
			Labels: set("alertname", "HighErrorRate", "instance", host, "job", "node", "severity", "warning", "cluster", "prod-eu",
				"namespace", "shop", "pod", fmt.Sprintf("shop-7d9f8b6c5-%05d", i), "service", "shop", "team", "checkout", "env", "prod"),
			Annotations: set("summary", "High error rate on "+host, "description", "5xx above 5 % for ten minutes on "+host+".",
				"runbook_url", "https://runbooks.example.com/high-error-rate"),
			GroupLabels:  set("alertname", "HighErrorRate", "cluster", "prod-eu"),
			GeneratorURL: "http://prometheus:9090/graph?g0.expr=rate%28http_errors%5B5m%5D%29+%3E+0.05&g0.tab=1",
			ExternalURL:  "http://am1:9093",
		}),
	}
}

func TestFileStorage(t *testing.T) {
	dir := t.TempDir()
	now := at(0)
	start := func() (*ledger.Ledger, storage.Client) {
		c := openFile(t, dir)
		return openLedger(t, New(c), func() time.Time { return now }), c
	}
	l, c := start()
	_, err := l.Apply(t.Context(), []protocol.Event{firing(at(0)), second(firing(at(0)))}, nil)
	require.NoError(t, err)
	_, d, err := l.Claim(t.Context(), alias)
	require.NoError(t, err)
	require.Equal(t, protocol.Create, d.Call.Kind)
	require.NoError(t, c.Close(t.Context())) // the answer never comes

	_, err = l.Apply(t.Context(), []protocol.Event{resolved(at(0), at(1))}, nil)
	require.Error(t, err, "the client is closed")

	now = at(10)
	l, c = start()
	e := l.Get(alias)
	assert.Equal(t, 2, e.Members.Len())
	assert.True(t, e.Firing())
	assert.Equal(t, protocol.Doubt{Set: true, Creates: 1, Since: at(0)}, e.Doubt)
	_, err = l.Apply(t.Context(), []protocol.Event{resolved(at(0), at(1)), second(resolved(at(0), at(1)))}, nil)
	require.NoError(t, err)
	_, d, err = l.Claim(t.Context(), alias)
	require.NoError(t, err)
	require.Equal(t, protocol.Lookup, d.Call.Kind)
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: alias, Call: d.Call, Answer: protocol.Answer{Result: protocol.Done, Began: now}}}))
	now = at(25)
	_, d, err = l.Claim(t.Context(), alias)
	require.NoError(t, err)
	require.Equal(t, protocol.All, d.Call.Depth)
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: alias, Call: d.Call, Answer: protocol.Answer{Result: protocol.Done, Began: now}}}))
	now = at(10000)
	_, _, err = l.Claim(t.Context(), alias)
	require.NoError(t, err)
	require.NoError(t, c.Close(t.Context()))

	l, c = start()
	assert.Empty(t, l.Aliases())
	require.NoError(t, c.Close(t.Context()))
}
