// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package incident decides what an incident says: severity, title, description, tags. It is pure.
package incident

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Severity orders alerts of one alias; the worst firing one names the incident.
type Severity uint8

// Severities that Alert24 accepts everywhere. "info" is refused by some of its versions, so it is never sent.
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

// Alert is what one alert says, as far as an incident shows it. Two equal Alerts make equal incidents.
type Alert struct {
	Fingerprint  string     `json:"fp"`
	Name         string     `json:"name,omitempty"`
	Severity     Severity   `json:"sev"`
	StartsAt     time.Time  `json:"start"`
	Labels       labels.Set `json:"labels,omitempty"`
	Annotations  labels.Set `json:"annotations,omitempty"`
	GroupLabels  labels.Set `json:"group,omitempty"`
	GeneratorURL string     `json:"generator,omitempty"`
	ExternalURL  string     `json:"external,omitempty"`
	// Truncated is how many alerts of the group Alertmanager cut off.
	Truncated int64 `json:"truncated,omitempty"`

	// Overrides from the alert24.* attributes; empty means not set.
	Title            string   `json:"title,omitempty"`
	Description      string   `json:"description,omitempty"`
	Tags             []string `json:"tags,omitempty"`
	AffectedServices []string `json:"services,omitempty"`
}

// Content is what Alert24 is told about an incident, apart from its status.
type Content struct {
	Title             string
	Description       string
	Severity          Severity
	Source            string
	Labels            labels.Set
	Tags              []string
	AffectedServices  []string
	ImpactDescription string
	AssignedTo        string
}
