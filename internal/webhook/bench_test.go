// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package webhook

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkWebhook decodes and converts webhooks of realistic alerts, then runs the floor on the same bytes: the standard library
// decodes into structs with maps, without any conversion. "of-floor" is our processor time divided by the floor's. They run in turns so
// that both see the same machine. The budget is 0.6.
func BenchmarkWebhook(b *testing.B) {
	for _, n := range []int{1, 20, 500} {
		body := benchmarkBody(b, n)
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			b.Run("receiver", func(b *testing.B) {
				dec, conv, d := NewReader(), testConverter(testOptions()), testDelivery()
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					decodeAndConvert(dec, conv, d, body)
				}
			})
			b.Run("floor", func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					decodeFloor(body)
				}
			})
			b.Run("ratio", func(b *testing.B) {
				dec, conv, d := NewReader(), testConverter(testOptions()), testDelivery()
				b.ReportMetric(inTurns(b, ratioAlerts/n, func() { decodeAndConvert(dec, conv, d, body) }, func() { decodeFloor(body) }), "of-floor")
			})
		})
	}
}

// BenchmarkLargeWebhook decodes and converts a webhook of 100,000 alerts in chunks. "of-body" is the peak memory, including the body,
// divided by the size of the body. The budget is 2.
func BenchmarkLargeWebhook(b *testing.B) {
	body := benchmarkBody(b, 100_000)
	r, conv, d := NewReader(), testConverter(testOptions()), testDelivery()
	var stats runtime.MemStats
	var most uint64
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		runtime.GC() // empties pools
		runtime.ReadMemStats(&stats)
		base := stats.HeapAlloc - uint64(len(body))
		b.StartTimer()
		decodeChunks(r, body, func(w *Webhook) {
			logs, _ := conv.Logs(w, d)
			b.StopTimer()
			runtime.GC()
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapAlloc-base)
			runtime.KeepAlive(logs)
			b.StartTimer()
		})
	}
	b.ReportMetric(float64(most)/float64(len(body)), "of-body")
}

// ratioAlerts is how many alerts one turn of the ratio processes: enough for the clock's resolution.
const ratioAlerts = 1000

// cpuTime returns the processor time of the process, including garbage collection. Other processes do not disturb it.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The measured functions panic on an error, because b.Helper and a check in each loop would cost time, too.

func decodeAndConvert(r *Reader, conv *Converter, d *Delivery, body []byte) {
	decodeChunks(r, body, func(w *Webhook) {
		if logs, _ := conv.Logs(w, d); logs.LogRecordCount() != len(w.Alerts) {
			panic("alerts were lost")
		}
	})
}

func decodeChunks(r *Reader, body []byte, use func(*Webhook)) {
	w, err := r.Open(body)
	for more := err == nil; more; {
		if more, err = r.Next(); err == nil && more {
			use(w)
		}
	}
	if err != nil {
		panic(err)
	}
}

func decodeFloor(body []byte) {
	var w floorWebhook
	if err := json.Unmarshal(body, &w); err != nil {
		panic(err)
	}
}

// floorWebhook is the most obvious type to decode a webhook into.
type floorWebhook struct {
	Receiver          string            `json:"receiver"`
	Status            string            `json:"status"`
	Alerts            []floorAlert      `json:"alerts"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
}

type floorAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// benchmarkBody returns a webhook of n alerts of a service with many labels, about 1 KiB each.
func benchmarkBody(tb testing.TB, n int) []byte {
	tb.Helper()
	w := floorWebhook{
		Receiver: "alert24", Status: "firing", ExternalURL: "https://alertmanager.example.com", Version: "4",
		GroupKey:          `{}/{severity=~"critical|warning"}:{alertname="HighErrorRate", job="api-service"}`,
		GroupLabels:       map[string]string{"alertname": "HighErrorRate", "job": "api-service"},
		CommonLabels:      map[string]string{"alertname": "HighErrorRate", "job": "api-service", "severity": "critical"},
		CommonAnnotations: map[string]string{"runbook_url": "https://wiki.example.com/runbooks/high-error-rate"},
	}
	for i := range n {
		pod := fmt.Sprintf("api-service-7d4b9c6f5-%05d", i)
		w.Alerts = append(w.Alerts, floorAlert{
			Status: "firing",
			Labels: map[string]string{
				"alertname": "HighErrorRate", "cluster": "prod-eu-west-1", "container": "api", "instance": fmt.Sprintf("10.0.%d.%d:9090", i/256, i%256),
				"job": "api-service", "namespace": "payments", "pod": pod, "prometheus": "monitoring/k8s", "severity": "critical", "team": "backend",
			},
			Annotations: map[string]string{
				"summary":       "High error rate on " + pod,
				"description":   fmt.Sprintf("Error rate is %d.3%% on %s (job: api-service) for more than two minutes; the budget of the month is burning.", 5+i%20, pod),
				"runbook_url":   "https://wiki.example.com/runbooks/high-error-rate",
				"dashboard_url": "https://grafana.example.com/d/api?var-pod=" + pod,
			},
			StartsAt:     time.Date(2026, 11, 23, 20, 37, 15, 725959000+i, time.UTC),
			GeneratorURL: "http://prometheus.example.com:9090/graph?g0.expr=rate%28http_requests_total%7Bcode%3D~%225..%22%7D%5B5m%5D%29+%3E+0.05&g0.tab=1",
			Fingerprint:  fmt.Sprintf("%016x", 0x28fda2fa2aa66000+i),
		})
	}
	body, err := json.Marshal(w)
	require.NoError(tb, err)
	return body
}

// BenchmarkReadList reads a list of 10,000 alerts and computes their keys. Such a list comes once a minute. "of-minute" is the part of
// a minute that this takes.
func BenchmarkReadList(b *testing.B) {
	const alerts = 10_000
	var list strings.Builder
	for i := range alerts {
		_, _ = fmt.Fprintf(&list, `%s{"annotations":{"description":"Error rate is 8.3%% on api-%05[2]d.prod","runbook_url":"https://runbooks.example.com/high-error-rate",`+
			`"summary":"High error rate on api-%05[2]d.prod"},"endsAt":"2026-11-26T14:53:00.809Z","fingerprint":"%016[2]x","receivers":[{"name":"alert24"}],`+
			`"startsAt":"2026-11-26T14:48:00.809Z","status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},"updatedAt":"2026-11-26T14:48:00.809Z",`+
			`"generatorURL":"http://prometheus:9090/graph?g0.expr=up","labels":{"alertname":"HighErrorRate","cluster":"prod-eu","env":"prod","instance":"api-%05[2]d.prod",`+
			`"job":"node","namespace":"shop","pod":"shop-7d9f8b6c5-%05[2]d","service":"shop","severity":"warning","team":"checkout"}}`, [2]string{"[", ","}[min(i, 1)], i)
	}
	list.WriteString("]")
	c, err := NewConverter(Options{ReceiverID: "alertmanager", LabelsPerAlert: 256, ValueBytes: 16384, Alias: AliasRule{Labels: []string{"alertname"}, Separator: ":"}})
	require.NoError(b, err)
	r := NewReader()
	b.ReportAllocs()
	for b.Loop() {
		listed := 0
		unusable, err := r.ReadList(strings.NewReader(list.String()), func(a *ListedAlert) {
			_ = c.Key(&a.Alert)
			listed++
		})
		require.NoError(b, err)
		require.Equal(b, alerts, listed+unusable)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/time.Minute.Seconds(), "of-minute")
}
