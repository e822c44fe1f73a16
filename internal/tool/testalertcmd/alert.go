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

// wireAlert and wireWebhook are what Alertmanager sends, version 4.
type wireAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

type wireWebhook struct {
	Receiver          string            `json:"receiver"`
	Status            string            `json:"status"`
	Alerts            []wireAlert       `json:"alerts"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
}

// webhook is the body that says that the alert fires, or, with an end, that it is resolved.
func (a *alert) webhook(endsAt time.Time) ([]byte, error) {
	status := "firing"
	if !endsAt.IsZero() {
		status = "resolved"
	}
	return json.Marshal(wireWebhook{
		Receiver: "alert24tool", Status: status,
		Alerts: []wireAlert{{
			Status: status, Labels: a.labels, Annotations: a.annotations, StartsAt: a.startsAt, EndsAt: endsAt.UTC(),
			Fingerprint: labels.FromMap(a.labels).Fingerprint(),
		}},
		GroupLabels: map[string]string{"alertname": alertName}, CommonLabels: a.labels, CommonAnnotations: a.annotations,
		ExternalURL: externalURL, Version: "4", GroupKey: `{}:{alertname="` + alertName + `", instance="` + a.labels[instanceLabel] + `"}`,
	}, json.Deterministic(true))
}
