// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// run runs alert24tool until it ends.
func run(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	return start(t, t.TempDir(), []string{"ALERT24_WEBHOOK_TOKEN=" + harness.WebhookToken}, args...).wait()
}

// explains waits until the output of explain contains want.
func explains(t *testing.T, c *harness.Collector, alias, want string) (code int) {
	t.Helper()
	kit.Eventually(t, func(context.Context) error {
		var output string
		if code, output = run(t, "explain", "--status", c.Status, alias); !strings.Contains(output, want) {
			return fmt.Errorf("explain says %s", output)
		}
		return nil
	})
	return code
}

// A running bridge explains why an alert has an incident or none. Its disk tells the same afterwards.
func TestExplainAndLedger(t *testing.T) {
	kit.Binaries(t, harness.CollectorEnv, harness.ToolEnv)
	dir := t.TempDir()
	_, c := kit.Start(t, kit.World{Set: kit.Quick(), Dir: dir})
	kit.Deliver(t, c, kit.Firing("api-01.prod", "critical"))
	kit.Deliver(t, c, kit.Firing("api-02.prod", "none"))
	assert.Equal(t, 0, explains(t, c, "HighErrorRate:api-01.prod", "open as #1"))
	assert.Equal(t, 1, explains(t, c, "HighErrorRate:api-02.prod", `ignored: incident::severity::ignore has the word "none"`))

	// With a wrong token or a wrong path, the bridge never receives the alert.
	for path, token := range map[string]string{c.Webhook: "wrong", strings.TrimSuffix(c.Webhook, "alertmanager") + "other": harness.WebhookToken} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("{}"))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := kit.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	code, output := run(t, "explain", "--status", c.Status, "HighErrorRate:api-03.prod")
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "The bridge knows nothing of HighErrorRate:api-03.prod: not heard of since the start at ")
	assert.Contains(t, output, "webhooks are answered 401")
	assert.Contains(t, output, "webhooks are answered 404")

	kit.Eventually(t, func(context.Context) error { // the table may be a moment old
		code, output = run(t, "ledger", "--status", c.Status)
		if code != 0 || !regexp.MustCompile(`HighErrorRate:api-01\.prod +critical .+open as #1`).MatchString(output) {
			return fmt.Errorf("ledger says %s", output)
		}
		return nil
	})
	code, output = run(t, "ledger", "--storage", filepath.Join(dir, "storage"))
	assert.Equal(t, 2, code)
	assert.Contains(t, output, "a running collector uses it")
	c.Kill()
	code, output = run(t, "ledger", "--storage", filepath.Join(dir, "storage"), "-o", "json")
	assert.Equal(t, 0, code, output)
	var report struct {
		Rows []struct {
			Alias    string
			Incident struct{ State string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(output), &report))
	require.Len(t, report.Rows, 1)
	assert.Equal(t, "HighErrorRate:api-01.prod", report.Rows[0].Alias)
	assert.Equal(t, "open", report.Rows[0].Incident.State)
	require.NoError(t, c.Start(t.Context()))
}

// Refused and unanswered calls are explained with the answer and the next try.
func TestExplainTrouble(t *testing.T) {
	kit.Binaries(t, harness.CollectorEnv, harness.ToolEnv)
	s, c := kit.Start(t, kit.World{Set: kit.Quick(), Faults: []sandbox.Fault{
		{Match: sandbox.Match{Alias: "HighErrorRate:api-01.prod", Method: http.MethodPost}, Status: http.StatusUnprocessableEntity, Message: "severity is odd"},
	}})
	kit.Deliver(t, c, kit.Firing("api-01.prod", "critical"))
	assert.Equal(t, 1, explains(t, c, "HighErrorRate:api-01.prod", "Alert24 refused the incident, in full and in its short form, next try"))
	assert.Equal(t, 1, explains(t, c, "HighErrorRate:api-01.prod", "severity is odd"))
	s.SetKeys(map[string][]string{"ak_live_another": {"write"}})
	kit.Deliver(t, c, kit.Firing("api-02.prod", "critical"))
	assert.Equal(t, 1, explains(t, c, "HighErrorRate:api-02.prod", "check the API key"))
	kit.Eventually(t, func(context.Context) error {
		if !strings.Contains(c.Log(), `"alias": "HighErrorRate:api-02.prod", "url": "`+s.Endpoint+`/incidents"`) {
			return errors.New("the log does not tell the URL of the refused request")
		}
		return nil
	})
}

// With auth, nothing is shown without the token. A browser sends it as a password.
func TestPageWithAToken(t *testing.T) {
	kit.Binaries(t, harness.CollectorEnv, harness.ToolEnv)
	_, c := kit.Start(t, kit.World{Set: append(kit.Quick(), "exporters.alert24.status.auth.authenticator=bearertokenauth/webhook")})
	get := func(path string, add func(*http.Request)) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Status+path, http.NoBody)
		require.NoError(t, err)
		add(request)
		response, err := kit.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	for _, path := range []string{"", "app.js", "api/v1/overview", "api/v1/aliases"} {
		assert.Equal(t, http.StatusUnauthorized, get(path, func(*http.Request) {}), path)
		assert.Equal(t, http.StatusOK, get(path, func(r *http.Request) { r.SetBasicAuth("me", harness.WebhookToken) }), path)
		assert.Equal(t, http.StatusUnauthorized, get(path, func(r *http.Request) { r.SetBasicAuth(harness.WebhookToken, "wrong") }), path)
	}
	code, output := run(t, "ledger", "--status", c.Status)
	assert.Equal(t, 2, code)
	assert.Contains(t, output, "give the token with --token-file")
	code, output = run(t, "ledger", "--status", c.Status, "--token-file", kit.WriteFile(t, harness.WebhookToken+"\n"))
	assert.Equal(t, 0, code, output)
}
