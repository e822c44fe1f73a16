// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package tool

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// program is a running alert24tool.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start starts alert24tool in a folder, and ends it with the test.
func start(t *testing.T, dir string, env []string, args ...string) *program {
	t.Helper()
	return startCommand(t, dir, env, exec.Command(kit.Binaries(t, harness.ToolEnv).Tool, args...))
}

func startCommand(t *testing.T, dir string, env []string, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd, done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.Stdout, p.cmd.Stderr = p, p
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // its exit code tells how it ended
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // if it has not ended
		<-p.done
	})
	return p
}

// wait waits for the end, and returns the exit code and the whole output.
func (p *program) wait() (code int, output string) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(kit.Limit):
		require.FailNow(p.t, "it does not end", p.output())
	}
	return p.cmd.ProcessState.ExitCode(), p.output()
}

// interrupt sends Ctrl-C.
func (p *program) interrupt() {
	p.t.Helper()
	p.signal(syscall.SIGINT)
}

// signal sends a signal, unless the program has ended.
func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		require.NoError(p.t, err)
	}
}

// environment returns the variables that collector-config.yaml reads.
func environment(s *harness.Sandbox) []string {
	return []string{"ALERT24_ENDPOINT=" + s.Endpoint, "ALERT24_API_KEY=" + s.Key, "ALERT24_WEBHOOK_TOKEN=" + harness.WebhookToken}
}

func startSandbox(t *testing.T, changes ...func(*sandbox.Options)) *harness.Sandbox {
	t.Helper()
	s := harness.StartSandbox(changes...)
	t.Cleanup(s.Close)
	return s
}
