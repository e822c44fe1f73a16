// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package tool

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/certtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// story is a part of what test-alert reports.
type story struct {
	Alias, Incident, Failed string
	Steps                   []struct{ Step string }
	Resolved                bool
}

func testAlert(t *testing.T, s *harness.Sandbox, c *harness.Collector, args ...string) (code int, text string) {
	t.Helper()
	args = append([]string{"test-alert", "--url", c.Webhook, "--status", c.Status}, args...)
	return start(t, t.TempDir(), environment(s), args...).wait()
}

func TestAlertArrives(t *testing.T) {
	s, c := kit.Start(t, kit.World{Set: kit.Quick()})
	code, text := testAlert(t, s, c, "-o", "json", "--label", "team=db")
	require.Zero(t, code, text)
	var told story
	require.NoError(t, json.Unmarshal([]byte(text), &told, json.MatchCaseInsensitiveNames(true)), text)
	var steps []string
	for _, step := range told.Steps {
		steps = append(steps, step.Step)
	}
	assert.Equal(t, []string{"firing accepted", "incident opened", "resolve accepted", "incident closed"}, steps)
	require.Len(t, s.Incidents(), 1)
	i := s.Incidents()[0]
	assert.False(t, i.Open())
	assert.Equal(t, []string{i.Alias, "#1", "low", "db"}, []string{told.Alias, told.Incident, i.Severity, i.Labels["team"]})
}

// With --keep, the incident stays open until the printed command closes it.
func TestAlertIsKept(t *testing.T) {
	s, c := kit.Start(t, kit.World{Set: kit.Quick()})
	code, text := testAlert(t, s, c, "--keep", "--severity", "high")
	require.Zero(t, code, text)
	require.NoError(t, kit.IsOpen(s.Incidents()[0]))
	printed := regexp.MustCompile(`\n {2}alert24tool (test-alert .*)\n`).FindStringSubmatch(text)
	require.NotNil(t, printed, text)
	code, text = start(t, t.TempDir(), environment(s), strings.Fields(printed[1])...).wait()
	require.Zero(t, code, text)
	require.Len(t, s.Incidents(), 1)
	require.NoError(t, kit.IsResolved(s.Incidents()[0]))
}

// The webhook is signed, and the bridge requires a client certificate.
func TestAlertProvesItself(t *testing.T) {
	dir := t.TempDir()
	authority := certtest.New(t, dir)
	bridge, client := authority.Issue(t, dir, "bridge"), authority.Issue(t, dir, "client")
	s, c := kit.Start(t, kit.World{Set: append(kit.Quick(),
		"receivers.alertmanager.hmac.secret=a-secret-for-tests", "receivers.alertmanager.hmac.timestamp_header=X-Time",
		"receivers.alertmanager.tls.cert_file="+bridge.CertFile, "receivers.alertmanager.tls.key_file="+bridge.KeyFile,
		"receivers.alertmanager.tls.client_ca_file="+authority.File,
	)})
	c.Webhook = strings.Replace(c.Webhook, "http://", "https://", 1)
	certificate := []string{"--ca-file", authority.File, "--cert-file", client.CertFile, "--key-file", client.KeyFile}
	signature := []string{"--hmac-secret-file", kit.WriteFile(t, "a-secret-for-tests\n"), "--hmac-timestamp-header", "X-Time"}

	code, text := testAlert(t, s, c, certificate...)
	assert.Equal(t, 2, code)
	assert.Contains(t, text, "HTTP 401")
	code, text = testAlert(t, s, c, append(signature, "--ca-file", authority.File)...)
	assert.Equal(t, 2, code)
	assert.Contains(t, text, "certificate required")
	assert.Empty(t, s.Incidents())

	code, text = testAlert(t, s, c, append(signature, certificate...)...)
	assert.Zero(t, code, text)
	require.Len(t, s.Incidents(), 1)
	require.NoError(t, kit.IsResolved(s.Incidents()[0]))
}

// If a step does not happen, the command reports what the bridge knows.
func TestAlertDoesNotArrive(t *testing.T) {
	s, c := kit.Start(t, kit.World{Set: kit.Quick(), Faults: []sandbox.Fault{{Match: sandbox.Match{Method: "POST"}, Status: 503}}})
	code, text := testAlert(t, s, c, "--timeout", "5s")
	assert.Equal(t, 1, code, text)
	assert.Regexp(t, `incident opened: not within 5s: .*503`, text)
	assert.Contains(t, text, "resolve accepted")

	code, text = testAlert(t, s, c, "--severity", "none")
	assert.Equal(t, 1, code, text)
	assert.Contains(t, text, "incident opened: does not happen, because incident::severity::ignore has the word \"none\"")

	code, text = start(t, t.TempDir(), nil, "test-alert", "--url", c.Webhook).wait()
	assert.Equal(t, 2, code, text)
	assert.Contains(t, text, "HTTP 401")
	assert.Contains(t, text, "check the token")
	assert.Empty(t, s.Incidents())
}
