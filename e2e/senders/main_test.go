// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package senders tests the incidents of alerts in the form of real senders, and which alerts share one.
package senders

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// send posts a webhook as text, and expects that it is accepted.
func send(t *testing.T, c *harness.Collector, body string) {
	t.Helper()
	status, answer, err := kit.Send(t.Context(), t, kit.Client(), c.Webhook, harness.WebhookToken, nil, []byte(body))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, answer)
}

func recorded(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(kit.Root(t, "testdata", "webhooks", name))
	require.NoError(t, err)
	return string(body)
}

// fires and ends return an alert of an Alertmanager webhook. labels is JSON.
func fires(labels string) string {
	return `{"status":"firing","labels":{` + labels + `},"annotations":{"summary":"It is broken"},"startsAt":"2026-11-23T20:37:15Z","endsAt":"0001-01-01T00:00:00Z"}`
}

func ends(labels string) string {
	return `{"status":"resolved","labels":{` + labels + `},"annotations":{"summary":"It is broken"},"startsAt":"2026-11-23T20:37:15Z","endsAt":"2026-11-23T21:37:15Z"}`
}

// soonStale adds a stale_after of a second to a webhook, in a field that changes no incident.
func soonStale(body string) string {
	return strings.Replace(body, "{", `{"notification_reason":"1s",`, 1)
}

func alertmanager(alerts ...string) string {
	return `{"version":"4","groupKey":"{}:{}","externalURL":"http://alertmanager.example.com","alerts":[` + strings.Join(alerts, ",") + `]}`
}

// states waits until these are all incidents: alias, status, severity and title of each, sorted.
func states(t *testing.T, s *harness.Sandbox, want ...string) {
	t.Helper()
	slices.Sort(want)
	kit.Eventually(t, func(context.Context) error {
		got := []string{}
		for _, i := range s.Incidents() {
			got = append(got, fmt.Sprintf("%s | %s %s | %s", i.Alias, i.Status, i.Severity, i.Title))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			return fmt.Errorf("the incidents are %q", got)
		}
		return nil
	})
}
