// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// Scrape reads the collector's metrics: values by name and labels.
func Scrape(ctx context.Context, t *testing.T, c *harness.Collector) map[string]map[string]float64 {
	t.Helper()
	return scrape(ctx, t, c.Metrics)
}

func scrape(ctx context.Context, t *testing.T, url string) map[string]map[string]float64 {
	t.Helper()
	text := Read(ctx, t, url)
	found := map[string]map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		space := strings.LastIndexByte(line, ' ')
		require.Positive(t, space, line)
		value, err := strconv.ParseFloat(line[space+1:], 64)
		require.NoError(t, err, line)
		name, labels := line[:space], ""
		if brace := strings.IndexByte(name, '{'); brace >= 0 {
			name, labels = name[:brace], name[brace:]
		}
		if found[name] == nil {
			found[name] = map[string]float64{}
		}
		found[name][labels] = value
	}
	require.NotEmpty(t, found)
	return found
}

// Readiness asks without a token whether webhooks are accepted, and expects this answer.
func Readiness(ctx context.Context, t *testing.T, c *harness.Collector, status int, said string) error {
	t.Helper()
	got, body, err := Get(ctx, t, c.Ready)
	if err != nil {
		return err
	}
	if body = strings.TrimSpace(body); got != status || body != said {
		return fmt.Errorf("%s is %d %q, not %d %q", c.Ready, got, body, status, said)
	}
	return nil
}

// RequireMetric waits until all series of a metric have the value want.
func RequireMetric(t *testing.T, c *harness.Collector, name string, want float64) {
	t.Helper()
	Eventually(t, func(ctx context.Context) error {
		found := Scrape(ctx, t, c)[name]
		if len(found) == 0 {
			return fmt.Errorf("there is no %s", name)
		}
		for labels, got := range found {
			if got != want {
				return fmt.Errorf("%s%s is %v, not %v", name, labels, got, want)
			}
		}
		return nil
	})
}

// Notified waits until Alertmanager knows that this many of its webhooks were accepted. It sends no resolve of an alert, and repeats the
// firing, if it does not know that. An incident can be open before.
func Notified(t *testing.T, a *harness.Alertmanager, want float64) {
	t.Helper()
	Eventually(t, func(ctx context.Context) error {
		found, accepted := scrape(ctx, t, a.Address+"/metrics"), 0.0
		for labels, n := range found["alertmanager_notification_requests_total"] {
			accepted += n - found["alertmanager_notification_requests_failed_total"][labels]
		}
		if accepted < want {
			return fmt.Errorf("%v of %v webhooks were accepted", accepted, want)
		}
		return nil
	})
}

// Read gets a URL that must answer 200.
func Read(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	status, body, err := Get(ctx, t, url)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	return body
}

// Get gets a URL over a new connection.
func Get(ctx context.Context, t *testing.T, url string) (status int, body string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	return answerTo(request, Client())
}

func answerTo(request *http.Request, client *http.Client) (status int, body string, err error) {
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}
