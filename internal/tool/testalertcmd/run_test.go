// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testalertcmd

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/certtest"
	"github.com/alert24/otelcol-alert24/internal/status"
)

func TestFireAndResolve(t *testing.T) {
	f := newFake(t)
	code, stdout, stderr := run(t.Context(), f.args()...)
	require.Zero(t, code, stderr)
	assert.Regexp(t, `^ +\d+\.\d{3} s  firing accepted   the alert is on disk
 +\d+\.\d{3} s  incident opened   #7
 +\d+\.\d{3} s  resolve accepted
 +\d+\.\d{3} s  incident closed   #7
$`, stdout)
	assert.Equal(t, []string{"firing", "resolved"}, f.statuses())
	assert.Contains(t, f.queries[0], "label=alertname%3DAlert24ToolTest&label=instance%3Dtest-")
	assert.Equal(t, "alias=Alert24ToolTest%3Ax", f.queries[len(f.queries)-1])

	code, stdout, _ = run(t.Context(), f.args("-o", "json")...)
	require.Zero(t, code)
	var s testRun
	require.NoError(t, json.Unmarshal([]byte(stdout), &s))
	assert.Equal(t, []string{"Alert24ToolTest:x", "#7", ""}, []string{s.Alias, s.Incident, s.Failed})
	assert.Len(t, s.Steps, 4)
	assert.True(t, s.Resolved)
	assert.LessOrEqual(t, s.Steps[0].Seconds, s.Steps[3].Seconds)
}

// A dry run opens incidents in its own ledger only.
func TestDryRunPagesNobody(t *testing.T) {
	f := newFake(t)
	f.dry = true
	code, stdout, stderr := run(t.Context(), f.args()...)
	require.Equal(t, 1, code, stderr)
	assert.Contains(t, stdout, "incident opened: only in a dry run: nothing is sent to Alert24, and nobody is paged\n")
	assert.Equal(t, []string{"firing", "resolved"}, f.statuses())
}

func TestKeepAndResolveLater(t *testing.T) {
	f := newFake(t)
	code, stdout, stderr := run(t.Context(), f.args("--keep", "--label", "a=b c")...)
	require.Zero(t, code, stderr)
	assert.Equal(t, []string{"firing"}, f.statuses())
	m := regexp.MustCompile(`--url \S+ --status \S+ --resolve (test-[a-z2-7]{8}) --severity low --label 'a=b c'\n$`).FindStringSubmatch(stdout)
	require.NotNil(t, m, stdout)
	code, stdout, stderr = run(t.Context(), f.args("--resolve", m[1], "--label", "a=b c")...)
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "incident closed   #7\n")
	assert.Equal(t, f.got[0].Labels, f.got[1].Labels)
}

// The command that resolves the alert later reaches the bridge in the same way as the first one.
func TestCommandOfKeepHasItsFiles(t *testing.T) {
	f := newFake(t)
	dir := t.TempDir()
	token := filepath.Join(dir, "a token")
	require.NoError(t, os.WriteFile(token, []byte("s3cr3t"), 0o600))
	code, stdout, stderr := run(t.Context(), f.args("--keep", "--token-file", token, "--hmac-header", "X-Sig")...)
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, " --severity low --hmac-header X-Sig --token-file '"+token+"'\n")
	assert.NotContains(t, stdout, "s3cr3t")
}

func TestWithoutStatusPage(t *testing.T) {
	f := newFake(t)
	code, stdout, stderr := run(t.Context(), "--url", f.URL+"/alertmanager", "--status", "")
	require.Zero(t, code, stderr)
	assert.Equal(t, 2, strings.Count(stdout, "\n"))
	assert.Equal(t, []string{"firing", "resolved"}, f.statuses())
	assert.Empty(t, f.queries)
}

func TestStepThatDoesNotHappen(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*fakeBridge)
		args   []string
		want   string
		sent   []string
	}{
		"it is retried": {
			change: func(f *fakeBridge) { f.stuck = true }, want: "incident opened: not within 300ms: create failed 3 times: HTTP 503\n",
			sent: []string{"firing", "resolved"},
		},
		"the bridge has a problem": {
			change: func(f *fakeBridge) { f.stuck, f.trouble = true, "Alert24 refuses the API key" },
			want:   "create failed 3 times: HTTP 503; Alert24 refuses the API key\n", sent: []string{"firing", "resolved"},
		},
		"it is ignored": {
			change: func(f *fakeBridge) { f.notice = "ignored by incident::severity::ignore" },
			args:   []string{"--timeout", "1m"},
			want:   "incident opened: does not happen, because ignored by incident::severity::ignore\n", sent: []string{"firing", "resolved"},
		},
		"another webhook was refused": {
			change: func(f *fakeBridge) { f.notice, f.kind = "webhooks are answered 401", status.Refused },
			args:   []string{"--timeout", "1300ms"}, // longer than a reason must be given
			want:   "incident opened: not within 1.3s: the bridge does not know the alert\n", sent: []string{"firing", "resolved"},
		},
		"kept": {change: func(f *fakeBridge) { f.stuck = true }, args: []string{"--keep"}, want: " --resolve test-", sent: []string{"firing"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			tt.change(f)
			code, stdout, stderr := run(t.Context(), f.args(append([]string{"--timeout", "300ms"}, tt.args...)...)...)
			assert.Equal(t, 1, code, stderr)
			assert.Contains(t, stdout, tt.want)
			assert.Equal(t, tt.sent, f.statuses())
		})
	}
}

// If the alert cannot be resolved either, the user must know that it still fires.
func TestStepThatDoesNotHappenAndNoResolve(t *testing.T) {
	f := newFake(t)
	f.stuck = true
	f.check = func(_ *http.Request, body []byte) int {
		if bytes.Contains(body, []byte(`"status":"resolved"`)) {
			return http.StatusServiceUnavailable
		}
		return 0
	}
	code, stdout, stderr := run(t.Context(), f.args("--timeout", "300ms")...)
	assert.Equal(t, 2, code)
	assert.Contains(t, stdout, "incident opened: not within 300ms")
	assert.Contains(t, stderr, "the alert was not resolved: ")
	assert.Contains(t, stdout, " --resolve test-")
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	sign := func(text string) string {
		mac := hmac.New(sha256.New, []byte("s3cr3t"))
		_, _ = mac.Write([]byte(text))
		return hex.EncodeToString(mac.Sum(nil))
	}
	for name, tt := range map[string]struct {
		args  []string
		env   string
		check func(r *http.Request, body []byte) bool
	}{
		"token of the environment": {env: "from-env", check: func(r *http.Request, _ []byte) bool { return r.Header.Get("Authorization") == "Bearer from-env" }},
		"token of a Secret that ends with a newline": {
			env:   "s3cr3t\n",
			check: func(r *http.Request, _ []byte) bool { return r.Header.Get("Authorization") == "Bearer s3cr3t" },
		},
		"token of a file": {
			args: []string{"--token-file", file("token", "s3cr3t\n")}, env: "from-env",
			check: func(r *http.Request, _ []byte) bool { return r.Header.Get("Authorization") == "Bearer s3cr3t" },
		},
		"a signature": {
			args: []string{"--hmac-secret-file", file("hmac", "s3cr3t")},
			check: func(r *http.Request, body []byte) bool {
				return r.Header.Get("X-Grafana-Alerting-Signature") == sign(string(body))
			},
		},
		"a signature of the time": {
			args: []string{"--hmac-secret-file", file("hmac2", "s3cr3t"), "--hmac-header", "X-Sig", "--hmac-timestamp-header", "X-At"},
			check: func(r *http.Request, body []byte) bool {
				return r.Header.Get("X-Sig") == sign(r.Header.Get("X-At")+":"+string(body)) && r.Header.Get("X-At") != ""
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(tokenEnv, tt.env)
			f := newFake(t)
			f.check = func(r *http.Request, body []byte) int {
				if tt.check(r, body) {
					return 0
				}
				return http.StatusUnauthorized
			}
			code, stdout, stderr := run(t.Context(), f.args(append(tt.args, "--status-token-file", file("status", "page"))...)...)
			assert.Zero(t, code, stderr)
			assert.NotContains(t, stdout+stderr, "s3cr3t")
			assert.Equal(t, "Bearer page", f.headers[0].Get("Authorization"))
			f.check = func(*http.Request, []byte) int { return http.StatusUnauthorized }
			code, _, stderr = run(t.Context(), f.args(tt.args...)...)
			assert.Equal(t, 2, code)
			assert.Contains(t, stderr, "the webhook was not accepted: HTTP 401: no thanks; check the token")
			assert.NotContains(t, stderr, "s3cr3t")
			assert.Equal(t, 1, strings.Count(stderr, "\n"))
		})
	}
}

func TestClientCertificate(t *testing.T) {
	dir := t.TempDir()
	authority := certtest.New(t, dir)
	bridge, client := authority.Issue(t, dir, "bridge"), authority.Issue(t, dir, "client")
	f := newFake(t)
	secure := httptest.NewUnstartedServer(f.Config.Handler)
	secure.TLS = authority.ServerTLS(bridge)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	args := []string{"--url", secure.URL + "/alertmanager", "--status", f.URL}
	code, _, stderr := run(t.Context(), append(args, "--ca-file", authority.File, "--cert-file", client.CertFile, "--key-file", client.KeyFile)...)
	assert.Zero(t, code, stderr)
	code, stdout, stderr := run(t.Context(), append(args, "--ca-file", authority.File)...)
	assert.Equal(t, 2, code)
	assert.Equal(t, "alert24tool test-alert: the webhook was not accepted: tls: certificate required; check --cert-file and --key-file\n", stderr)
	assert.Empty(t, stdout, "nothing fires")
	code, _, stderr = run(t.Context(), args...)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "signed by unknown authority; check --ca-file and the name in --url")
	code, _, stderr = run(t.Context(), "--url", strings.Replace(secure.URL, "https:", "http:", 1)+"/alertmanager", "--status", f.URL)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "the webhook was not accepted: the bridge uses TLS; write https:// in --url")
}

func TestCannotRun(t *testing.T) {
	f := newFake(t)
	health := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status":"Server available"}`) }))
	defer health.Close()
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for name, tt := range map[string]struct {
		args   []string
		stderr string
	}{
		"no URL":               {[]string{}, "--url must be a URL like http://localhost:9095/alertmanager"},
		"a wrong status URL":   {f.args("--status", "localhost:9096"), "--status must be a URL"},
		"a wrong label":        {f.args("--label", "team"), "--label must be name=value, not \"team\""},
		"half a pair":          {f.args("--cert-file", "c"), "--cert-file and --key-file go together"},
		"keep and resolve":     {f.args("--keep", "--resolve", "x"), "--keep and --resolve exclude each other"},
		"no time":              {f.args("--timeout", "0s"), "--timeout must be above 0"},
		"no token file":        {f.args("--token-file", "/no/such"), "open /no/such"},
		"an empty token file":  {f.args("--token-file", empty), "empty is empty"},
		"no authority":         {f.args("--ca-file", "/no/such"), "open /no/such"},
		"an empty authority":   {f.args("--ca-file", empty), "alert24tool test-alert: --ca-file needs certificates in PEM: failed to load TLS config: failed to load CA CertPool File: failed to parse cert\n"},
		"no pair":              {f.args("--cert-file", empty, "--key-file", empty), "--cert-file and --key-file need a certificate and its key in PEM: "},
		"a wrong path":         {[]string{"--url", f.URL + "/hook", "--status", f.URL}, "HTTP 404: 404 page not found; check the path of --url"},
		"a wrong port":         {[]string{"--url", health.URL + "/alertmanager", "--status", ""}, "the webhook was not accepted: another server answers, not the bridge's receiver; check the port of --url"},
		"no bridge":            {[]string{"--url", "http://127.0.0.1:1", "--status", f.URL}, "the webhook was not accepted: the bridge cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused; see that it runs"},
		"a bridge without TLS": {[]string{"--url", strings.Replace(f.URL, "http:", "https:", 1) + "/alertmanager", "--status", f.URL}, "the webhook was not accepted: the bridge does not use TLS; write http:// in --url"},
		"no status page":       {f.args("--status", "http://127.0.0.1:1"), "the bridge's status page at http://127.0.0.1:1 does not answer"},
		"another status page":  {f.args("--status", f.URL+"/x"), "/x/api/v1/explain answered 404 Not Found"},
		"an unknown flag":      {f.args("--colour"), "unknown flag: --colour"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := run(t.Context(), tt.args...)
			assert.Equal(t, 2, code)
			assert.Contains(t, stderr, tt.stderr)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		})
	}
}
