// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package severity knows what people call severities, with Alert24's and OpenTelemetry's number for each word. It is
// pure and imports nothing of this project. Start with [Table.Find].
package severity

import "fmt"

// Severity orders alerts; it is what Alert24 takes.
type Severity uint8

// Severities that Alert24 accepts everywhere. Some of its versions refuse "info", so it is never sent.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// String returns the word that Alert24 uses.
func (s Severity) String() string {
	switch s {
	case Low:
		return "low"
	case High:
		return "high"
	case Critical:
		return "critical"
	default:
		return "medium"
	}
}

// Parse reads one of Alert24's words.
func Parse(word string) (Severity, error) {
	for s := Low; s <= Critical; s++ {
		if word == s.String() {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q, Alert24 has critical, high, medium and low", word)
}
