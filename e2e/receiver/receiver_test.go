// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/certtest"
)

// secured is a collector whose webhooks need a client certificate and a token from a file.
type secured struct {
	*harness.Collector
	sandbox   *harness.Sandbox
	authority *certtest.Authority
	tokens    string // the file, with one token per line
}

func startSecured(t *testing.T) *secured {
	t.Helper()
	dir := t.TempDir()
	s := &secured{authority: certtest.New(t, dir), tokens: filepath.Join(dir, "tokens")}
	s.setTokens(t, harness.WebhookToken, "another-token")
	server := s.authority.Issue(t, dir, "server")
	s.sandbox, s.Collector = kit.StartCollector(
		t,
		"receivers.alertmanager.tls.cert_file="+server.CertFile,
		"receivers.alertmanager.tls.key_file="+server.KeyFile,
		"receivers.alertmanager.tls.client_ca_file="+s.authority.File,
		"extensions.bearertokenauth/webhook.filename="+s.tokens,
		// Without these, the collector may not know the tokens yet when webhooks come.
		"extensions.bearertokenauth/webhook.wait_for_token_file=true",
		"extensions.bearertokenauth/webhook.retry_on_failure={enabled: true, max_retries: 2, interval: 1s}",
	)
	s.Webhook = strings.Replace(s.Webhook, "http:", "https:", 1)
	return s
}

// setTokens replaces the file atomically, like tools that write secrets, so that nobody reads half of it.
func (s *secured) setTokens(t *testing.T, tokens ...string) {
	t.Helper()
	next := s.tokens + ".next"
	require.NoError(t, os.WriteFile(next, []byte(strings.Join(tokens, "\n")+"\n"), 0o600))
	require.NoError(t, os.Rename(next, s.tokens))
}

// status sends a webhook and returns the answer's status.
func (s *secured) status(ctx context.Context, t *testing.T, client *http.Client, token string, w kit.Webhook) int {
	t.Helper()
	status, _, err := kit.Send(ctx, t, client, s.Webhook, token, nil, kit.Body(t, w))
	require.NoError(t, err)
	return status
}

// Only a sender with a certificate of the authority and a token is accepted, and only over TLS.
func TestMutualTLSAndTokens(t *testing.T) {
	c := startSecured(t)
	trusted := c.authority.Client(c.authority.Issue(t, t.TempDir(), "alertmanager").Pair)
	w := kit.Firing("api-01.prod", "critical")

	for name, token := range map[string]string{"no token": "", "a wrong token": "wrong", "the start of a token": harness.WebhookToken[:5]} {
		assert.Equal(t, http.StatusUnauthorized, c.status(t.Context(), t, trusted, token, w), name)
	}
	stranger := certtest.New(t, t.TempDir()).Issue(t, t.TempDir(), "stranger")
	for name, certificates := range map[string][]tls.Certificate{"no certificate": nil, "a stranger's certificate": {stranger.Pair}} {
		_, _, err := kit.Send(t.Context(), t, c.authority.Client(certificates...), c.Webhook, harness.WebhookToken, nil, kit.Body(t, w))
		require.Error(t, err, name)
	}
	plain := strings.Replace(c.Webhook, "https:", "http:", 1)
	status, _, err := kit.Send(t.Context(), t, c.authority.Client(), plain, harness.WebhookToken, nil, kit.Body(t, w))
	assert.True(t, err != nil || status == http.StatusBadRequest, "without TLS: status %d", status)

	// A later webhook of the trusted sender arrives. If a refused webhook had counted, it would show by then.
	require.Equal(t, http.StatusOK, c.status(t.Context(), t, trusted, "another-token", kit.Firing("api-02.prod", "critical")))
	assert.Equal(t, "HighErrorRate:api-02.prod", kit.OnlyIncident(t, c.sandbox, kit.IsOpen).Alias)
	require.Equal(t, http.StatusOK, c.status(t.Context(), t, trusted, harness.WebhookToken, kit.Resolved(kit.Firing("api-02.prod", "critical"))))
	kit.OnlyIncident(t, c.sandbox, kit.IsResolved)

	for _, cause := range []string{"client didn't provide a certificate", "certificate signed by unknown authority", "Refused a webhook: Unauthorized"} {
		kit.Eventually(t, func(context.Context) error {
			if !strings.Contains(c.Log(), cause) {
				return fmt.Errorf("the log does not say %q", cause)
			}
			return nil
		})
	}
	c.Kill() // so that the log is complete
	for _, secret := range []string{harness.WebhookToken, "another-token", "wrong"} {
		assert.NotContains(t, c.Log(), secret)
	}
}

// A real Alertmanager sends over TLS with its certificate while the token changes as the README describes: the new token is added,
// the sender changes, the old token is removed.
func TestAlertmanagerOverTLSWhileTokensChange(t *testing.T) {
	found := kit.Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	c := startSecured(t)
	dir := t.TempDir()
	id := c.authority.Issue(t, dir, "alertmanager")
	sender, err := harness.StartAlertmanager(t.Context(), harness.AlertmanagerOptions{
		Binary: found.Alertmanager, Webhook: c.Webhook, Dir: dir,
		TLSConfig: fmt.Sprintf("{ca_file: %q, cert_file: %q, key_file: %q}", c.authority.File, id.CertFile, id.KeyFile),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sender.Stop()) })
	trusted := c.authority.Client(id.Pair)
	probe := func(token string, want int) func(context.Context) error {
		return func(ctx context.Context) error {
			if status := c.status(ctx, t, trusted, token, kit.Resolved(kit.Firing("probe", "critical"))); status != want {
				return fmt.Errorf("%q is answered %d", token, status)
			}
			return nil
		}
	}

	alert := kit.HighErrorRate()
	require.NoError(t, sender.Post(t.Context(), alert))
	opened := kit.OnlyIncident(t, c.sandbox, kit.IsOpen)

	c.setTokens(t, harness.WebhookToken, "a-new-token")
	kit.Eventually(t, probe("a-new-token", http.StatusOK))
	require.NoError(t, probe(harness.WebhookToken, http.StatusOK)(t.Context()), "the old token still works")

	require.NoError(t, os.WriteFile(sender.TokenFile, []byte("a-new-token"), 0o600))
	c.setTokens(t, "a-new-token")
	kit.Eventually(t, probe(harness.WebhookToken, http.StatusUnauthorized))
	require.NoError(t, probe("another-token", http.StatusUnauthorized)(t.Context()))

	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, sender.Post(t.Context(), alert))
	assert.Equal(t, opened.ID, kit.OnlyIncident(t, c.sandbox, kit.IsResolved).ID)
}

// Grafana signs the time and the body.
func TestSignedWebhooks(t *testing.T) {
	const secret, timestamp = "a-shared-secret", "X-Grafana-Alerting-Signature-Timestamp"
	s, c := kit.StartCollector(
		t,
		"receivers.alertmanager.hmac.secret="+secret,
		"receivers.alertmanager.hmac.timestamp_header="+timestamp,
		"receivers.alertmanager.hmac.timestamp_tolerance=1m",
	)
	client := kit.Client()
	post := func(key string, sent time.Time, signed, body []byte) (int, string) {
		seconds := strconv.FormatInt(sent.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(key))
		_, _ = mac.Write(append([]byte(seconds+":"), signed...)) // never fails
		status, answer, err := kit.Send(t.Context(), t, client, c.Webhook, harness.WebhookToken, http.Header{
			timestamp:                      {seconds},
			"X-Grafana-Alerting-Signature": {hex.EncodeToString(mac.Sum(nil))},
		}, body)
		require.NoError(t, err)
		return status, answer
	}
	signed, other := kit.Body(t, kit.Firing("api-01.prod", "critical")), kit.Body(t, kit.Firing("api-02.prod", "critical"))
	for name, tt := range map[string]struct {
		key    string
		sent   time.Time
		body   []byte
		answer string
	}{
		"another key":  {"another", time.Now(), signed, "the signature does not match: check that both sides have the same secret\n"},
		"another body": {secret, time.Now(), other, "the signature does not match: check that both sides have the same secret\n"},
		"stale":        {secret, time.Now().Add(-time.Hour), signed, "the signature's timestamp is further from now than hmac::timestamp_tolerance\n"},
		"too early":    {secret, time.Now().Add(time.Hour), signed, "the signature's timestamp is further from now than hmac::timestamp_tolerance\n"},
	} {
		status, answer := post(tt.key, tt.sent, signed, tt.body)
		assert.Equal(t, http.StatusUnauthorized, status, name)
		assert.Equal(t, tt.answer, answer, name)
	}
	status, _, err := kit.Send(t.Context(), t, client, c.Webhook, harness.WebhookToken, nil, other)
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, status, "no signature")

	status, _ = post(secret, time.Now(), signed, signed)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, kit.Alias, kit.OnlyIncident(t, s, kit.IsOpen).Alias)
	c.Kill()
	assert.NotContains(t, c.Log(), secret)
}
