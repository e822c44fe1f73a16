// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// Results of examples/prometheus-rules.yml for HighErrorRate on api-01.prod.
const (
	Alias       = "HighErrorRate:api-01.prod"
	Summary     = "High error rate on api-01.prod"
	Description = "Error rate is 8.3% on api-01.prod (job: api-service)"
	Runbook     = "https://wiki.example.com/runbooks/high-error-rate"
)

// HighErrorRate is the firing alert of examples/prometheus-rules.yml.
func HighErrorRate() harness.Alert {
	return harness.Alert{
		Labels: map[string]string{
			"alertname": "HighErrorRate", "instance": "api-01.prod", "job": "api-service",
			"severity": "critical", "team": "backend",
		},
		Annotations: map[string]string{"summary": Summary, "description": Description, "runbook_url": Runbook},
		StartsAt:    Milliseconds(time.Now()),
	}
}

// Milliseconds rounds a time to the precision of the API.
func Milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// AlertOn returns an alert with its own alias.
func AlertOn(instance string) harness.Alert {
	a := HighErrorRate()
	a.Labels["instance"] = instance
	return a
}
