// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package machine

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Process is a program that runs until the test ends.
type Process struct {
	cmd  *exec.Cmd
	log  string // a file
	done chan struct{}
	err  error
}

// Start starts a command.
func Start(t *testing.T, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{cmd: cmd, log: filepath.Join(t.TempDir(), "log"), done: make(chan struct{})}
	log, err := os.Create(p.log)
	require.NoError(t, err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			t.Logf("%v printed:\n%s", cmd.Args[len(cmd.Args)-1], p.Log())
		}
	})
	return p
}

// Log returns the output of the program so far.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Wait waits until the program ends by itself, and returns its error.
func (p *Process) Wait(t *testing.T) error {
	t.Helper()
	select {
	case <-p.done:
		return p.err
	case <-time.After(30 * time.Second):
		require.Fail(t, "the program still runs", p.Log())
		return nil
	}
}

// Stop asks the program to end. The test fails if it ends with an error.
func (p *Process) Stop(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait(t), p.Log())
}

// Answers waits until the answer of a URL has status 200.
func (p *Process) Answers(t *testing.T, url string) {
	t.Helper()
	var last error
	require.Eventually(t, func() bool {
		select {
		case <-p.done:
			return true
		default:
		}
		var status int
		status, _, last = do(t.Context(), http.MethodGet, url, "", "")
		return last == nil && status == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond, "%s: %v", url, last)
	select {
	case <-p.done:
		require.Fail(t, "the program ended", "%v: %s", p.err, p.Log())
	default:
	}
}

// Read returns the answer of a URL.
func Read(t *testing.T, url string) string {
	t.Helper()
	status, text, err := do(t.Context(), http.MethodGet, url, "", "")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, url)
	return text
}

// Post sends a body with a bearer token.
func Post(t *testing.T, url, token, body string) int {
	t.Helper()
	status, _, err := do(t.Context(), http.MethodPost, url, token, body)
	require.NoError(t, err)
	return status
}

func do(ctx context.Context, method, url, token, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Close = true
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// Ports below the range from which the kernel takes ports of outgoing connections: no connection takes a port before the program that gets
// it. A process of tests has a block of them. It listens on the first one until it ends, so no other process has the block.
const firstPort, lastPort, blockPorts = 12000, 30000, 1000

var block struct {
	taken net.Listener
	next  int
}

// Port returns a port of this machine on which nothing listens. Each is given out once.
func Port(t *testing.T) string {
	t.Helper()
	const blocks = (lastPort - firstPort) / blockPorts
	start := rand.IntN(blocks) //nolint:gosec // a port is no secret
	for i := 0; block.taken == nil && i < blocks; i++ {
		block.next = firstPort + (start+i)%blocks*blockPorts
		block.taken, _ = listen(t, block.next) // otherwise another process has the block
	}
	for range blockPorts - 1 {
		block.next++
		if l, err := listen(t, block.next); err == nil {
			require.NoError(t, l.Close())
			return strconv.Itoa(block.next)
		}
	}
	require.Fail(t, "no port is free")
	return ""
}

func listen(t *testing.T, port int) (net.Listener, error) {
	t.Helper()
	return new(net.ListenConfig).Listen(t.Context(), "tcp", "localhost:"+strconv.Itoa(port))
}

// Webhook is a webhook of Alertmanager with a firing alert.
const Webhook = `{"version":"4","groupKey":"{}:{alertname=\"Installed\"}","status":"firing","receiver":"alert24",
"groupLabels":{"alertname":"Installed"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://alertmanager.example.com",
"alerts":[{"status":"firing","labels":{"alertname":"Installed","instance":"here","severity":"critical"},
"annotations":{"summary":"The bridge is installed"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"0123456789abcdef"}]}`
