// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// What examples/prometheus-rules.yml makes of HighErrorRate on api-01.prod.
const (
	Alias       = "HighErrorRate:api-01.prod"
	Summary     = "High error rate on api-01.prod"
	Description = "Error rate is 8.3% on api-01.prod (job: api-service)"
	Runbook     = "https://wiki.example.com/runbooks/high-error-rate"
)

// HighErrorRate is the alert of examples/prometheus-rules.yml, as it fires.
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

// Milliseconds is the precision of the API's times.
func Milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// AlertOn is an alert with an alias of its own.
func AlertOn(instance string) harness.Alert {
	a := HighErrorRate()
	a.Labels["instance"] = instance
	return a
}
