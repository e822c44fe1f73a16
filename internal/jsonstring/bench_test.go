// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package jsonstring

import (
	"slices"
	"strconv"
	"testing"
	"unique"

	"github.com/go-json-experiment/json/jsontext"
)

// BenchmarkShare decodes the labels of alerts of one service: twenty texts that repeat and four that do not. It compares an
// Interner with Go's own package unique, and with no sharing at all.
func BenchmarkShare(b *testing.B) {
	repeated := []string{
		"alertname", "HighErrorRate", "cluster", "prod-eu-west-1", "container", "api", "instance", "job", "api-service", "namespace", "payments",
		"pod", "prometheus", "monitoring/k8s", "severity", "critical", "team", "backend", "summary", "description",
	}
	var alerts [256][]jsontext.Value
	for i := range alerts {
		n := strconv.Itoa(i)
		for _, text := range append(slices.Clip(repeated), "10.0.0."+n+":9090", "api-service-7d4b9c6f5-"+n, "High error rate on api-"+n, n+" % of requests fail") {
			alerts[i] = append(alerts[i], jsontext.Value(strconv.Quote(text)))
		}
	}
	for name, decode := range map[string]func(raw jsontext.Value) string{
		"interner": new(Interner).Decode,
		"unique":   func(raw jsontext.Value) string { return unique.Make((*Interner)(nil).Decode(raw)).Value() },
		"none":     (*Interner)(nil).Decode,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			kept := make([]string, 0, 32)
			for i := 0; b.Loop(); i++ {
				kept = kept[:0]
				for _, raw := range alerts[i%len(alerts)] {
					kept = append(kept, decode(raw))
				}
			}
		})
	}
}
