// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandboxcmd

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// run runs the command like the program.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return cli.Run(ctx, "test", append([]string{"sandbox"}, args...), cli.Streams{In: strings.NewReader(""), Out: stdout, Err: stderr}, New()) //nolint:contextcheck // the command gets its context from Run
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the program until stop is called. stop returns the exit code and the output.
func start(t *testing.T, args ...string) (address string, stop func() (int, string, string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr bytes.Buffer
	out, in := io.Pipe()
	lines := bufio.NewReader(io.TeeReader(out, &stdout))
	var running sync.WaitGroup
	code := -1
	running.Go(func() {
		code = run(ctx, args, in, &stderr)
		_ = in.Close()
	})
	first, err := lines.ReadString('\n')
	running.Go(func() { _, _ = io.Copy(io.Discard, lines) })
	stop = func() (int, string, string) {
		cancel()
		running.Wait()
		return code, stdout.String(), stderr.String()
	}
	t.Cleanup(func() { stop() })
	require.NoError(t, err)
	return strings.TrimSpace(strings.TrimPrefix(first, "listening on ")), stop
}

func request(t *testing.T, key, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	b, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(b)
}

func TestProgram(t *testing.T) {
	address, stop := start(t, "--seed", "7", "--create-status=200", "--alias-in-responses", "--refused-fields", "labels,tags", "--latency", "1ms")
	status, body := request(t, sandbox.DemoKey, http.MethodPost, address+"/api/v1/incidents", `{"title":"T","alias":"a"}`)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"alias":"a"`)
	status, body = request(t, sandbox.DemoKey, http.MethodPost, address+"/api/v1/incidents", `{"title":"T","tags":[]}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "tags is not allowed")
	status, _ = request(t, "ak_live_other", http.MethodGet, address+"/api/v1/incidents", "")
	assert.Equal(t, http.StatusUnauthorized, status)
	status, body = request(t, "", http.MethodGet, address+"/", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "keeps its state in memory")

	code, stdout, stderr := stop()
	assert.Zero(t, code)
	assert.Equal(t, "listening on "+address+"\npage "+address+"/ api "+address+"/api/v1 seed 7\napi key "+sandbox.DemoKey+"\n", stdout)
	assert.Empty(t, stderr)
}

func TestProgramWithKeys(t *testing.T) {
	address, stop := start(t, "--api-key", "ak_one", "--api-key", "ak_two=read")
	for key, want := range map[string]int{"ak_one": 201, "ak_two": 403, sandbox.DemoKey: 401} {
		status, _ := request(t, key, http.MethodPost, address+"/api/v1/incidents", `{"title":"T"}`)
		assert.Equal(t, want, status)
	}
	_, stdout, stderr := stop()
	assert.NotContains(t, stdout+stderr, "ak_", "given keys are not printed")
}

// TestForeignName: web pages that a developer visits cannot use a sandbox on the loopback; on the network it may have any name.
func TestForeignName(t *testing.T) {
	for listen, want := range map[string]int{"127.0.0.1:0": http.StatusForbidden, "0.0.0.0:0": http.StatusOK} {
		address, stop := start(t, "--listen", listen)
		_, port, err := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/_sandbox/stats", http.NoBody)
		require.NoError(t, err)
		r.Host = "sandbox.example.com"
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		require.NoError(t, err)
		assert.NoError(t, response.Body.Close())
		assert.Equal(t, want, response.StatusCode, listen)
		stop()
	}
}

// TestShutdownWithHangingRequest expects the end at once, however long a fault holds a request.
func TestShutdownWithHangingRequest(t *testing.T) {
	address, stop := start(t)
	status, _ := request(t, "", http.MethodPost, address+"/_sandbox/faults", `{"hang":true}`)
	require.Equal(t, http.StatusOK, status)
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, connection.Close()) }()
	_, err = io.WriteString(connection, "GET /api/v1/incidents HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, body := request(t, "", http.MethodGet, address+"/_sandbox/stats", "")
		return strings.Contains(body, `"faults":1`)
	}, 10*time.Second, 5*time.Millisecond)
	begin := time.Now()
	code, _, _ := stop()
	assert.Zero(t, code)
	assert.Less(t, time.Since(begin), shutdownTimeout, "it did not wait for the request")
}

// TestDocumentation expects that the documentation has the table of switches, with the same descriptions.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../../docs/sandbox.md")
	require.NoError(t, err)
	var table strings.Builder
	table.WriteString("| Switch | Values, the default first | Decides |\n| --- | --- | --- |\n")
	for _, w := range store.SwitchList {
		values := "a " + w.Kind
		switch {
		case len(w.Values) > 0:
			values = "`" + strings.Join(w.Values, "`, `") + "`"
		case w.Kind == "bool":
			values = "`false`, `true`"
		case w.Default != "":
			values += ", `" + w.Default + "`"
		}
		table.WriteString("| `" + w.Name + "` | " + values + " | " + w.Help + " |\n")
	}
	assert.True(t, strings.HasSuffix(string(text), "\n\n"+table.String()), "docs/sandbox.md must end with this table:\n%s", table.String())
}

// TestHelp expects that the help shows every switch with its values and its default.
func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"--help"}, &stdout, &stderr))
	for _, w := range store.SwitchList {
		at := strings.Index(stdout.String(), "--"+strings.ReplaceAll(w.Name, "_", "-")+" ")
		require.Positive(t, at, w.Name)
		line, _, _ := strings.Cut(stdout.String()[at:], "\n")
		assert.Contains(t, line, w.Help)
		assert.Contains(t, line, strings.Join(w.Values, " | "))
		if w.Default != "" {
			assert.Contains(t, line, "(default "+w.Default+")")
		}
	}
}

func TestWrongUse(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, taken.Close()) }()
	for name, c := range map[string]struct {
		args   []string
		code   int
		stderr string
	}{
		"unknown flag":  {[]string{"--what"}, 2, "unknown flag: --what"},
		"argument":      {[]string{"what"}, 2, `unexpected argument "what"`},
		"no such value": {[]string{"--alias-hit=x"}, 2, `alias_hit must be one of unchanged, merge, not "x"`},
		"no duration":   {[]string{"--latency=5"}, 2, `latency must be a duration, not "5"`},
		"negative":      {[]string{"--latency=-5s"}, 2, "must not be negative"},
		"no incidents":  {[]string{"--max-incidents=0"}, 2, "must be at least 1"},
		"empty key":     {[]string{"--api-key", ""}, 2, "--api-key number 1 is empty"},
		"scope":         {[]string{"--api-key", "ak_secret=root"}, 2, `--api-key number 1: scope "root" is none of read, write, incidents`},
		"address taken": {[]string{"--listen", taken.Addr().String()}, 2, "address already in use"},
		"help":          {[]string{"--help"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			assert.Equal(t, c.code, run(t.Context(), c.args, &stdout, &stderr))
			assert.Contains(t, stderr.String(), c.stderr)
			assert.NotContains(t, stderr.String(), "secret")
			if c.code == 0 {
				assert.Contains(t, stdout.String(), "--non-atomic-create")
				return
			}
			assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), "one line")
		})
	}
}
