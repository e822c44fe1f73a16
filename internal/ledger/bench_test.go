// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// realistic is a typical firing of a Prometheus rule: ten labels, three annotations. value appears in its text.
func realistic(i, value int) protocol.Event {
	host := fmt.Sprintf("api-%05d.prod.example.com:9100", i)
	set := func(pairs ...string) (s labels.Set) {
		for pair := range slices.Chunk(pairs, 2) {
			s = append(s, labels.Label{Name: pair[0], Value: pair[1]})
		}
		s.Sort()
		return s
	}
	fingerprint := fmt.Sprintf("%016x", i)
	return protocol.Event{
		Alias: "HighErrorRate:" + host, Key: keyOf(host, fingerprint), Firing: true, Epoch: "0123456789abcdef", Seq: int64(i + value),
		Sender: "http://am1:9093 10.0.0.1",
		Alert: incident.Pack(&incident.Alert{
			Fingerprint: fingerprint, Name: "HighErrorRate", Severity: incident.High, StartsAt: at(0),
			Labels: set("alertname", "HighErrorRate", "instance", host, "job", "node", "severity", "warning", "cluster", "prod-eu",
				"namespace", "shop", "pod", fmt.Sprintf("shop-7d9f8b6c5-%05d", i), "service", "shop", "team", "checkout", "env", "prod"),
			Annotations: set("summary", "High error rate on "+host, "description", fmt.Sprintf("%d %% for ten minutes on %s.", value, host),
				"runbook_url", "https://runbooks.example.com/high-error-rate"),
			GroupLabels:  set("alertname", "HighErrorRate", "cluster", "prod-eu"),
			GeneratorURL: "http://prometheus:9090/graph?g0.expr=rate%28http_errors%5B5m%5D%29+%3E+0.05&g0.tab=1",
			ExternalURL:  "http://am1:9093",
		}),
	}
}

func realConfig(tb testing.TB, aliases int) Config {
	tb.Helper()
	r, err := incident.NewRenderer(incident.DefaultConfig())
	require.NoError(tb, err)
	cfg := testConfig(aliases, func() time.Time { return at(1) })
	cfg.Render = r.Render
	return cfg
}

// grouped returns firings of n alerts with one alias.
func grouped(n int) []protocol.Event {
	events := make([]protocol.Event, n)
	for i := range events {
		events[i] = realistic(i, 0)
		events[i].Alias = theAlias
	}
	return events
}

// BenchmarkApplyGroup applies a webhook with many alerts of one alias, first new and then repeated.
func BenchmarkApplyGroup(b *testing.B) {
	for _, n := range []int{10, 1000, 10_000} {
		for _, first := range []bool{true, false} {
			b.Run(fmt.Sprintf("alerts=%d/first=%t", n, first), func(b *testing.B) {
				cfg, events := realConfig(b, 1), grouped(n)
				known := New(cfg, NewMemory())
				_, err := known.Apply(b.Context(), events, nil)
				require.NoError(b, err)
				b.ReportAllocs()
				for b.Loop() {
					l := known
					if first {
						l = New(cfg, NewMemory())
					}
					_, err := l.Apply(b.Context(), events, nil)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/alert")
			})
		}
	}
}

// BenchmarkChange changes the text of one alert of an alias, and makes the call for it.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			l := New(realConfig(b, 1), NewMemory())
			events := grouped(n)
			_, err := l.Apply(b.Context(), events, nil)
			require.NoError(b, err)
			cycle(b, l)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				change := realistic(i%n, i+1)
				change.Alias = theAlias
				b.StartTimer()
				_, err := l.Apply(b.Context(), []protocol.Event{change}, nil)
				require.NoError(b, err)
				cycle(b, l)
			}
		})
	}
}

// cycle makes the calls that are due for theAlias.
func cycle(b *testing.B, l *Ledger) {
	b.Helper()
	for l.Peek(theAlias).Call.Kind != protocol.NoCall {
		e, d, err := l.Claim(b.Context(), theAlias)
		require.NoError(b, err)
		_, sent := l.Content(e)
		a := &protocol.Answered{Alias: theAlias, Call: d.Call, Answer: written(sent)}
		require.NoError(b, l.Learn(b.Context(), []*protocol.Answered{a}))
	}
}

// BenchmarkHeap reports the heap per alias, of 100,000, with an open incident and with a closed one.
func BenchmarkHeap(b *testing.B) {
	const n = 100_000
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for _, state := range []string{"open", "closed", "loaded"} {
		b.Run(state, func(b *testing.B) {
			for b.Loop() {
				m := NewMemory()
				if state == "loaded" {
					l := New(realConfig(b, n), m)
					for i := range n {
						live(b, l, i, false)
					}
				}
				before := heap()
				l := New(realConfig(b, n), nil)
				if state == "loaded" {
					l = New(realConfig(b, n), m)
					_, err := l.Load(b.Context())
					require.NoError(b, err)
				} else {
					for i := range n {
						live(b, l, i, state == "closed")
					}
				}
				b.ReportMetric(float64(heap()-before)/n, "B/alias")
				runtime.KeepAlive(l)
				runtime.KeepAlive(m)
			}
		})
	}
}

// live opens the incident of an alert, and closes it.
func live(b *testing.B, l *Ledger, i int, closed bool) {
	b.Helper()
	ev := realistic(i, 0)
	call := func(open bool) {
		l.Peek(ev.Alias)
		e, d, err := l.Claim(b.Context(), ev.Alias)
		require.NoError(b, err)
		a := accepted(fmt.Sprintf("%08d-0000-4000-8000-000000000000", i), open)
		if a.Incident.StartedAt = at(0); open {
			_, a.Sent = l.Content(e)
			a.Wrote = protocol.Full.Fields()
		}
		require.NoError(b, l.Learn(b.Context(), []*protocol.Answered{{Alias: ev.Alias, Call: d.Call, Answer: a}}))
	}
	_, err := l.Apply(b.Context(), []protocol.Event{ev}, nil)
	require.NoError(b, err)
	call(true)
	if closed {
		ev.Firing, ev.EndsAt = false, at(1)
		_, err := l.Apply(b.Context(), []protocol.Event{ev}, nil)
		require.NoError(b, err)
		call(false)
	}
}

// BenchmarkLoad starts with 100,000 live aliases.
func BenchmarkLoad(b *testing.B) {
	const n = 100_000
	m := NewMemory()
	l := New(realConfig(b, n), m)
	for i := range n {
		live(b, l, i, false)
	}
	for b.Loop() {
		_, err := New(realConfig(b, n), m).Load(b.Context())
		require.NoError(b, err)
	}
}
