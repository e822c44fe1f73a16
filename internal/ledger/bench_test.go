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
)

// realistic is a firing as Prometheus rules make them: ten labels, three annotations.
func realistic(i int) Event {
	host := fmt.Sprintf("api-%05d.prod.example.com:9100", i)
	set := func(pairs ...string) labels.Set {
		var s labels.Set
		for pair := range slices.Chunk(pairs, 2) {
			s = append(s, labels.Label{Name: pair[0], Value: pair[1]})
		}
		s.Sort()
		return s
	}
	return Event{
		Alias: "HighErrorRate:" + host, Firing: true, Epoch: "0123456789abcdef", Seq: int64(i), Sender: "http://am1:9093 10.0.0.1",
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

func realPolicy(tb testing.TB) *Policy {
	tb.Helper()
	r, err := incident.NewRenderer(incident.DefaultConfig())
	require.NoError(tb, err)
	p := testPolicy()
	p.Render = r.Render
	return p
}

func BenchmarkApplyNew(b *testing.B) {
	p, ev := realPolicy(b), realistic(1)
	b.ReportAllocs()
	for b.Loop() {
		p.Apply(nil, ev, at(0))
	}
}

func BenchmarkApplyRepeat(b *testing.B) {
	p, ev := realPolicy(b), realistic(1)
	e, _ := p.Apply(nil, ev, at(0))
	b.ReportAllocs()
	for b.Loop() {
		p.Apply(e, ev, at(1))
	}
}

// BenchmarkApplyGroup is a webhook with 1,000 alerts of one alias.
func BenchmarkApplyGroup(b *testing.B) {
	p := realPolicy(b)
	events := make([]Event, 1000)
	for i := range events {
		events[i] = realistic(i)
		events[i].Alias = "HighErrorRate"
	}
	b.ReportAllocs()
	for b.Loop() {
		l := New(p, newClient(), 1, func() time.Time { return at(0) })
		_, err := l.Apply(b.Context(), events)
		require.NoError(b, err)
	}
}

func BenchmarkDecide(b *testing.B) {
	p := realPolicy(b)
	e, _ := p.Apply(nil, realistic(1), at(0))
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(e, at(1))
	}
}

func BenchmarkEncode(b *testing.B) {
	e, _ := realPolicy(b).Apply(nil, realistic(1), at(0))
	record := appendRecord(nil, e)
	b.ReportMetric(float64(len(record)), "B/record")
	b.ReportAllocs()
	for b.Loop() {
		record = appendRecord(record[:0], e)
	}
}

// BenchmarkHeap reports the heap of an entry, of 100,000.
func BenchmarkHeap(b *testing.B) {
	p := realPolicy(b)
	for b.Loop() {
		heap := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := heap()
		const n = 100_000
		entries := make(map[string]*Entry, n)
		for i := range n {
			ev := realistic(i)
			entries[ev.Alias], _ = p.Apply(nil, ev, at(0))
		}
		b.ReportMetric(float64(heap()-before)/n, "B/entry")
		runtime.KeepAlive(entries)
	}
}
