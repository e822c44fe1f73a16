// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testalertcmd

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

const (
	alertName = "Alert24ToolTest"
	// instanceLabel makes the alert of each run another one.
	instanceLabel = "instance"
	externalURL   = "http://alert24tool.invalid"
)

// alert is the test alert.
type alert struct {
	labels      map[string]string
	annotations map[string]string
	startsAt    time.Time
}

// newAlert makes an alert that no other run has or, with --resolve, that of an earlier run.
func newAlert(o *options, now time.Time) *alert {
	instance := o.resolve
	if instance == "" {
		var random [4]byte
		_, _ = rand.Read(random[:]) // never fails
		instance = "test-" + hex.EncodeToString(random[:])
	}
	a := &alert{
		labels: map[string]string{"alertname": alertName, instanceLabel: instance, "severity": o.severity},
		annotations: map[string]string{
			"summary":     "A test of the alert path, please ignore",
			"description": "alert24tool test-alert sent this alert. It resolves it by itself.",
		},
		startsAt: now.UTC().Truncate(time.Millisecond),
	}
	for _, label := range o.labels {
		name, value, _ := strings.Cut(label, "=")
		a.labels[name] = value
	}
	return a
}

// webhook is what Alertmanager sends, version 4: that the alert fires or, with an end, that it is resolved.
func (a *alert) webhook(endsAt time.Time) ([]byte, error) {
	status := "firing"
	if !endsAt.IsZero() {
		status = "resolved"
	}
	return json.Marshal(map[string]any{
		"version": "4", "receiver": "alert24tool", "status": status, "externalURL": externalURL, "truncatedAlerts": 0,
		"groupKey":    `{}:{alertname="` + alertName + `", instance="` + a.labels[instanceLabel] + `"}`,
		"groupLabels": map[string]string{"alertname": alertName}, "commonLabels": a.labels, "commonAnnotations": a.annotations,
		"alerts": []any{map[string]any{
			"status": status, "labels": a.labels, "annotations": a.annotations, "startsAt": a.startsAt, "endsAt": endsAt.UTC(),
			"generatorURL": "", "fingerprint": labels.FromMap(a.labels).Fingerprint(),
		}},
	}, json.Deterministic(true))
}
