// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package webhook

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// BenchmarkLibrary compares the Reader with the library's decoder, which reads into structs by reflection, without chunks, limits or
// skipped alerts. Both then convert. "of-library" is our processor time divided by the library's.
func BenchmarkLibrary(b *testing.B) {
	for _, n := range []int{1, 20, 500} {
		body := benchmarkBody(b, n)
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			r, conv, d := NewReader(), testConverter(testOptions()), testDelivery()
			b.ReportMetric(inTurns(b, ratioAlerts/n, func() { decodeAndConvert(r, conv, d, body) }, func() {
				if logs, _ := conv.Logs(decodeByLibrary(body), d); logs.LogRecordCount() != n {
					panic("alerts were lost")
				}
			}), "of-library")
		})
	}
}

type libraryWebhook struct {
	Version         string         `json:"version"`
	Receiver        string         `json:"receiver"`
	ExternalURL     string         `json:"externalURL"`
	GroupKey        string         `json:"groupKey"`
	TruncatedAlerts int64          `json:"truncatedAlerts"`
	GroupLabels     labels.Set     `json:"groupLabels"`
	Alerts          []libraryAlert `json:"alerts"`
}

type libraryAlert struct {
	Status       string     `json:"status"`
	Labels       labels.Set `json:"labels"`
	Annotations  labels.Set `json:"annotations"`
	StartsAt     time.Time  `json:"startsAt"`
	EndsAt       time.Time  `json:"endsAt"`
	GeneratorURL string     `json:"generatorURL"`
	Fingerprint  string     `json:"fingerprint"`
}

func decodeByLibrary(body []byte) *Webhook {
	var from libraryWebhook
	if err := json.Unmarshal(body, &from, lenient...); err != nil {
		panic(err)
	}
	w := &Webhook{
		Version: from.Version, Receiver: from.Receiver, ExternalURL: from.ExternalURL, GroupKey: from.GroupKey,
		TruncatedAlerts: from.TruncatedAlerts, GroupLabels: from.GroupLabels, Alerts: make([]Alert, len(from.Alerts)),
	}
	for i := range from.Alerts {
		a := &from.Alerts[i]
		w.Alerts[i] = Alert{
			Position: i, Status: a.Status, Fingerprint: a.Fingerprint, StartsAt: a.StartsAt, EndsAt: a.EndsAt,
			GeneratorURL: a.GeneratorURL, Labels: a.Labels, Annotations: a.Annotations,
		}
	}
	return w
}

// inTurns alternates between the two functions, often calls at a time, as long as b lasts. It returns the processor time of the first
// divided by that of the second.
func inTurns(b *testing.B, often int, first, second func()) float64 {
	b.Helper()
	var one, two time.Duration
	for b.Loop() {
		start := cpuTime(b)
		for range often {
			first()
		}
		middle := cpuTime(b)
		for range often {
			second()
		}
		one, two = one+middle-start, two+cpuTime(b)-middle
	}
	return one.Seconds() / two.Seconds()
}
