// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// Deliver posts a webhook that the collector must accept.
func Deliver(t *testing.T, c *harness.Collector, w Webhook) {
	t.Helper()
	require.Equal(t, http.StatusOK, Post(t, c, harness.WebhookToken, w))
}

// Resolved returns the resolve of w's alerts.
func Resolved(w Webhook) Webhook {
	w.Status = "resolved"
	a := w.Alerts[0]
	a.Status, a.EndsAt = "resolved", Milliseconds(time.Now())
	w.Alerts = []Alert{a}
	return w
}

// Again returns the same alert, later.
func Again(w Webhook) Webhook {
	a := w.Alerts[0]
	a.StartsAt = Milliseconds(time.Now())
	w.Alerts = []Alert{a}
	return w
}

// Saying returns w with another summary.
func Saying(w Webhook, summary string) Webhook {
	a := w.Alerts[0]
	a.Annotations = map[string]string{"summary": summary}
	w.Alerts = []Alert{a}
	return w
}

// Body returns w as it is sent.
func Body(t *testing.T, w Webhook) []byte {
	t.Helper()
	encoded, err := json.Marshal(w)
	require.NoError(t, err)
	return encoded
}

// Send posts a body and returns the status and text of the answer. An empty token sends no Authorization header.
func Send(
	ctx context.Context, t *testing.T, client *http.Client, url, token string, header http.Header, body []byte,
) (status int, answer string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	require.NoError(t, err)
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return answerTo(request, client)
}

// Webhook is the part of an Alertmanager webhook that these tests write.
type Webhook struct {
	Version         string            `json:"version"`
	GroupKey        string            `json:"groupKey"`
	TruncatedAlerts int               `json:"truncatedAlerts"`
	Status          string            `json:"status"`
	Receiver        string            `json:"receiver"`
	GroupLabels     map[string]string `json:"groupLabels"`
	ExternalURL     string            `json:"externalURL"`
	Alerts          []Alert           `json:"alerts"`
}

// Alert is one alert of a Webhook.
type Alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"` // the zero time while it fires, as Alertmanager writes it
	Fingerprint string            `json:"fingerprint"`
	// GeneratorURL comes from Prometheus; the other fields are Grafana's.
	GeneratorURL string             `json:"generatorURL,omitempty"`
	DashboardURL string             `json:"dashboardURL,omitempty"`
	PanelURL     string             `json:"panelURL,omitempty"`
	ValueString  string             `json:"valueString,omitempty"`
	Values       map[string]float64 `json:"values,omitempty"`
}

// Firing returns a webhook with one firing HighErrorRate. An empty severity omits the label.
func Firing(instance, severity string) Webhook {
	labels := map[string]string{"alertname": "HighErrorRate", "instance": instance, "job": "api-service"}
	if severity != "" {
		labels["severity"] = severity
	}
	return Webhook{
		Version: "4", GroupKey: `{}:{instance="` + instance + `"}`, Status: "firing", Receiver: "alert24",
		ExternalURL: "http://alertmanager.example.com", GroupLabels: map[string]string{"instance": instance},
		Alerts: []Alert{{
			Status: "firing", Labels: labels, StartsAt: Milliseconds(time.Now()), Fingerprint: fingerprint(instance),
			Annotations: map[string]string{"summary": "High error rate on " + instance},
		}},
	}
}

// fingerprint returns 16 hex digits that depend on the instance.
func fingerprint(instance string) string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(instance)) // never fails
	return fmt.Sprintf("%016x", hash.Sum64())
}

// Post sends a webhook to the collector and returns the status. An empty token sends no Authorization header.
func Post(t *testing.T, c *harness.Collector, token string, w Webhook) int {
	t.Helper()
	status, _, err := Send(t.Context(), t, Client(), c.Webhook, token, nil, Body(t, w))
	require.NoError(t, err)
	return status
}

// Client returns a client that uses a new connection for each request.
func Client() *http.Client { return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} }
