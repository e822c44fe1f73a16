// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package recordcmd

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/tool/cli"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is written by the command and read by the test.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run runs the command like the program.
func run(ctx context.Context, out, errs io.Writer, args ...string) int {
	return cli.Run(ctx, "test", append([]string{"record"}, args...), cli.Streams{In: strings.NewReader(""), Out: out, Err: errs}, New()) //nolint:contextcheck // the command gets its context from Run
}

// start runs the command until it ends or end is called.
func start(t *testing.T, args ...string) (address string, out *output, end func(interrupt bool) (int, string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = &output{}
	var errs output
	code := -1
	var running sync.WaitGroup
	running.Go(func() { code = run(ctx, out, &errs, append(args, "--listen", "127.0.0.1:0")...) })
	end = func(interrupt bool) (int, string) {
		if interrupt {
			cancel()
		}
		running.Wait()
		cancel()
		return code, errs.String()
	}
	t.Cleanup(func() { end(true) })
	require.Eventually(t, func() bool {
		m := regexp.MustCompile(`listening on (http://\S+/) `).FindStringSubmatch(out.String())
		if m != nil {
			address = m[1]
		}
		return m != nil
	}, 10*time.Second, time.Millisecond)
	return address, out, end
}

func send(t *testing.T, method, url, body string) (status int, header http.Header, said string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer s3cr3t")
	r.Header.Set("X-Signature", "abc")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(b)
}

const hook = `{"receiver":"team/../db","status":"firing","externalURL":"http://me:s3cr3t@am:9093","version":"4","truncatedAlerts":0,"alerts":[{"status":"firing",` +
	`"labels":{"alertname":"A"},"annotations":{"summary":"see https://x/?token=s3cr3t&team=db"},"startsAt":"2026-11-23T20:37:15Z"}]}`

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestRecordsNextToTheBridge(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	address, out, end := start(t, "--dir", dir, "--count", "2")
	status, _, said := send(t, http.MethodGet, address, "")
	assert.Equal(t, http.StatusMethodNotAllowed, status, said)
	status, _, _ = send(t, http.MethodPost, address+"any/path", "no JSON")
	assert.Equal(t, http.StatusBadRequest, status)
	status, _, _ = send(t, http.MethodPost, address+"any/path", hook)
	assert.Equal(t, http.StatusOK, status)
	status, _, _ = send(t, http.MethodPut, address, strings.ReplaceAll(hook, `"firing"`, `"resolved"`))
	assert.Equal(t, http.StatusOK, status)
	code, stderr := end(false)
	assert.Zero(t, code, stderr)
	assert.Equal(t, []string{"001-team----db-firing.json", "002-team----db-resolved.json"}, files(t, dir))
	assert.Contains(t, out.String(), "not kept: the webhook is not JSON\n")
	kept, err := os.ReadFile(filepath.Join(dir, "001-team----db-firing.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(kept), "s3cr3t")
	assert.Contains(t, string(kept), `"http://REDACTED@am:9093"`)
	assert.Contains(t, string(kept), `"see https://x/?token=REDACTED&team=db"`)
	info, err := os.Stat(filepath.Join(dir, "001-team----db-firing.json"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	decoded, err := webhook.Decode(kept)
	require.NoError(t, err)
	assert.Len(t, decoded.Alerts, 1)
}

func TestRecordsInFrontOfTheBridge(t *testing.T) {
	var got []string
	bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		got = append(got, r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Signature")+" "+string(body))
		w.Header().Set("Retry-After", "7")
		http.Error(w, "not now", http.StatusServiceUnavailable)
	}))
	defer bridge.Close()
	dir := t.TempDir()
	address, out, end := start(t, "--dir", dir, "--count", "1", "--forward", bridge.URL+"/hook")
	status, header, said := send(t, http.MethodPost, address, hook)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "7", header.Get("Retry-After"))
	assert.Equal(t, "not now\n", said)
	assert.Equal(t, []string{"/hook Bearer s3cr3t abc " + hook}, got, "as it came")
	status, _, _ = send(t, http.MethodPost, address, hook)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Len(t, got, 2, "it goes on")
	assert.Contains(t, out.String(), "further webhooks are only forwarded")
	bridge.Close()
	status, _, _ = send(t, http.MethodPost, address, hook)
	assert.Equal(t, http.StatusBadGateway, status)
	code, stderr := end(true)
	assert.Zero(t, code, stderr)
	assert.Len(t, files(t, dir), 1)
}

func TestBounds(t *testing.T) {
	dir := t.TempDir()
	address, _, end := start(t, "--dir", dir, "--max-body", "20")
	status, _, _ := send(t, http.MethodPost, address, hook)
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	code, _ := end(true)
	assert.Zero(t, code)
	assert.Empty(t, files(t, dir))
}

// A second run into the same folder goes on after the files of the first, and overwrites none.
func TestFilesThatAreThere(t *testing.T) {
	dir := t.TempDir()
	there := []string{"001-team----db-firing.json", "041-team----db-resolved.json", "notes.txt"}
	for _, name := range there {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600))
	}
	address, _, end := start(t, "--dir", dir, "--count", "1")
	status, _, _ := send(t, http.MethodPost, address, hook)
	assert.Equal(t, http.StatusOK, status)
	code, stderr := end(false)
	assert.Zero(t, code, stderr)
	assert.Equal(t, []string{there[0], there[1], "042-team----db-firing.json", there[2]}, files(t, dir))
	for _, name := range there {
		kept, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, "mine", string(kept))
	}
}

// The folder goes away while the command waits for webhooks.
func TestFileThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	address, _, end := start(t, "--dir", dir)
	require.NoError(t, os.Remove(dir))
	status, _, _ := send(t, http.MethodPost, address, hook)
	assert.Equal(t, http.StatusBadRequest, status)
	code, stderr := end(false)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "no such file or directory")
}

func TestCannotRun(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, taken.Close()) }()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, tt := range map[string]struct {
		args   []string
		stderr string
	}{
		"no folder":       {nil, "--dir is missing (--help lists the flags)"},
		"none to keep":    {[]string{"--dir", "d", "--count", "0"}, "--count and --max-body must be at least 1"},
		"a wrong forward": {[]string{"--dir", "d", "--forward", "bridge"}, "--forward must be a URL"},
		"an argument":     {[]string{"--dir", "d", "x"}, "unexpected argument"},
		"a file as dir":   {[]string{"--dir", file}, "not a directory"},
		"a taken address": {[]string{"--dir", t.TempDir(), "--listen", taken.Addr().String()}, "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			assert.Equal(t, 2, run(t.Context(), &out, &errs, tt.args...))
			assert.Contains(t, errs.String(), tt.stderr)
			assert.Equal(t, 1, strings.Count(errs.String(), "\n"))
		})
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"nothing to see":                                           "nothing to see",
		"https://grafana/d/x?orgId=1&from=2":                       "https://grafana/d/x?orgId=1&from=2",
		"https://u:p@host/a@b":                                     "https://REDACTED@host/a@b",
		"https://u:p@ss@host/x":                                    "https://REDACTED@host/x",
		"https://host/?to=a@b.example":                             "https://host/?to=a@b.example",
		"https://host?to=a@b.example":                              "https://host?to=a@b.example",
		"mail a@b.example":                                         "mail a@b.example",
		"https://host/?a=1&api_key=abc#x":                          "https://host/?a=1&api_key=REDACTED#x",
		"https://host/?X-Amz-Signature=abc":                        "https://host/?X-Amz-Signature=REDACTED",
		"https://host/?monkey=abc&key=def":                         "https://host/?monkey=abc&key=REDACTED",
		"curl -H 'Authorization: Bearer abcdefghijklmnopqrstuvwx'": "curl -H 'Authorization: Bearer REDACTED'",
		"the bearer of news":                                       "the bearer of news",
		"https://host/#access_token=abc":                           "https://host/#access_token=REDACTED",
		"https://host/?a=1&amp;token=abc":                          "https://host/?a=1&amp;token=REDACTED",
		"psql password=a client_secret=x":                          "psql password=REDACTED client_secret=REDACTED",
		"a token eyJhbGciOiJI.eyJzdWIiOiIx.dozj-grNy_ of a user":   "a token REDACTED of a user",
		"https://app.alert24.net/api/hb/abc":                       "https://app.alert24.net/api/hb/REDACTED",
		"https://app.alert24.net/api/webhooks/incoming/abc?x":      "https://app.alert24.net/api/webhooks/incoming/REDACTED?x",
		"password: hunter2":                                        "password: REDACTED",
		`{"apiKey": "abc", "client-secret":'def'}`:                 `{"apiKey": "REDACTED", "client-secret":'REDACTED'}`,
		"token: Bearer abc":                                        "token: Bearer REDACTED",
		"Authorization: Basic dTpw":                                "Authorization: Basic REDACTED",
		"the password expires: rotate it":                          "the password expires: rotate it",
		"https://hooks.slack.com/services/T0/B0/abc":               "https://hooks.slack.com/services/REDACTED",
		"https://discord.com/api/webhooks/123/abc?wait=1":          "https://discord.com/api/webhooks/REDACTED?wait=1",
		"with glsa_0123456789abcdef or ghp_0123456789abcdef":       "with glsa_REDACTED or ghp_REDACTED",
		"glsa_x":                 "glsa_x",
		"key ak_live_0123456789": "key ak_live_REDACTED",
	} {
		assert.Equal(t, want, clean(text))
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte(hook))
	f.Add([]byte(`{"a":"\ud800","a":"\u0000"}`))
	f.Add([]byte(`[1,"` + "\xff" + `"] x`))
	f.Fuzz(func(t *testing.T, body []byte) {
		clean, err := redact(body)
		if err != nil {
			return
		}
		again, err := redact(clean)
		require.NoError(t, err)
		assert.Equal(t, string(clean), string(again), "what is clean stays")
	})
}
