// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// webhook is an Alertmanager webhook, as far as these tests write one.
type webhook struct {
	Version         string            `json:"version"`
	GroupKey        string            `json:"groupKey"`
	TruncatedAlerts int               `json:"truncatedAlerts"`
	Status          string            `json:"status"`
	Receiver        string            `json:"receiver"`
	GroupLabels     map[string]string `json:"groupLabels"`
	ExternalURL     string            `json:"externalURL"`
	Alerts          []webhookAlert    `json:"alerts"`
}

type webhookAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"` // the zero time while it fires, as Alertmanager writes it
	Fingerprint string            `json:"fingerprint"`
}

// firing is a webhook with one firing HighErrorRate. An empty severity leaves the label out.
func firing(instance, severity string) webhook {
	labels := map[string]string{"alertname": "HighErrorRate", "instance": instance, "job": "api-service"}
	if severity != "" {
		labels["severity"] = severity
	}
	return webhook{
		Version: "4", GroupKey: `{}:{instance="` + instance + `"}`, Status: "firing", Receiver: "alert24",
		ExternalURL: "http://alertmanager.example.com", GroupLabels: map[string]string{"instance": instance},
		Alerts: []webhookAlert{{
			Status: "firing", Labels: labels, StartsAt: milliseconds(time.Now()), Fingerprint: fingerprint(instance),
			Annotations: map[string]string{"summary": "High error rate on " + instance},
		}},
	}
}

// fingerprint is any 16 hex digits that differ where instances do.
func fingerprint(instance string) string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(instance)) // never fails
	return fmt.Sprintf("%016x", hash.Sum64())
}

// post sends a webhook to the collector and returns the status. An empty token sends no Authorization header.
func post(t *testing.T, c *harness.Collector, token string, w webhook) int {
	t.Helper()
	body, err := json.Marshal(w)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Webhook, strings.NewReader(string(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	return response.StatusCode
}

func TestSeverities(t *testing.T) {
	bridge := startBridge(t)
	want := map[string]string{}
	for label, severity := range map[string]string{
		"critical": "critical", "warning": "high", "info": "low", "strange": "medium", "": "medium",
	} {
		instance := "host-" + label
		require.Equal(t, http.StatusOK, post(t, bridge.Collector, harness.WebhookToken, firing(instance, label)))
		want["HighErrorRate:"+instance] = severity
	}
	eventually(t, func(context.Context) error {
		if n := len(bridge.Sandbox.Incidents()); n < len(want) {
			return fmt.Errorf("%d incidents", n)
		}
		return nil
	})
	got := map[string]string{}
	for _, incident := range bridge.Sandbox.Incidents() {
		got[incident.Alias] = incident.Severity
	}
	assert.Equal(t, want, got)
}

// A stranger's webhook changes nothing, whether it opens or resolves.
func TestWebhookWithoutTheToken(t *testing.T) {
	bridge := startBridge(t)
	known := firing("api-01.prod", "critical")
	require.Equal(t, http.StatusOK, post(t, bridge.Collector, harness.WebhookToken, known))
	onlyIncident(t, bridge.Sandbox, isOpen)

	end := known
	end.Status = "resolved"
	end.Alerts = []webhookAlert{known.Alerts[0]}
	end.Alerts[0].Status, end.Alerts[0].EndsAt = "resolved", milliseconds(time.Now())
	for name, token := range map[string]string{"none": "", "wrong": "wrong", "longer": harness.WebhookToken + "x"} {
		assert.Equal(t, http.StatusUnauthorized, post(t, bridge.Collector, token, firing("api-02.prod", "critical")), name)
		assert.Equal(t, http.StatusUnauthorized, post(t, bridge.Collector, token, end), name)
	}

	// What a known sender says afterwards arrives; had the strangers' webhooks counted, they would show by then.
	require.Equal(t, http.StatusOK, post(t, bridge.Collector, harness.WebhookToken, firing("api-03.prod", "critical")))
	eventually(t, func(context.Context) error {
		if len(bridge.Sandbox.Open("HighErrorRate:api-03.prod")) == 0 {
			return errors.New("api-03.prod has no incident")
		}
		return nil
	})
	assert.Len(t, bridge.Sandbox.Incidents(), 2)
	assert.Len(t, bridge.Sandbox.Open(alias), 1)
	require.NoError(t, isOpen(bridge.Sandbox.Open(alias)[0]))
}

func TestMetricsOfTheCollector(t *testing.T) {
	bridge := startBridge(t)
	require.Equal(t, http.StatusOK, post(t, bridge.Collector, harness.WebhookToken, firing("api-01.prod", "critical")))
	onlyIncident(t, bridge.Sandbox, isOpen)
	metrics := read(t.Context(), t, bridge.Collector.Metrics)
	for _, name := range []string{"otelcol_receiver_accepted_log_records", "otelcol_exporter_sent_log_records"} {
		assert.Regexp(t, `(?m)^`+name+`(_total)?\{.*\} 1$`, metrics)
	}
}

func read(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	status, body, err := get(ctx, t, url)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	return body
}

// get asks anew, over a connection of its own.
func get(ctx context.Context, t *testing.T, url string) (status int, body string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}
