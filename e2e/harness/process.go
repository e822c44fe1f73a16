// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"syscall"
	"time"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 15 * time.Second
	pollInterval = 20 * time.Millisecond
	tailLines    = 30
)

// Process is a started program. It ends with its parent process.
type Process struct {
	name string
	cmd  *exec.Cmd
	out  *tail
	done chan struct{} // closed when it has ended

	stopTimeout time.Duration
}

// startProcess runs a program. When ctx ends, the program is stopped as by Stop.
func startProcess(ctx context.Context, name, binary string, env map[string]string, args ...string) (*Process, error) {
	p := &Process{name: name, cmd: exec.CommandContext(ctx, binary, args...), out: &tail{}, done: make(chan struct{}), stopTimeout: stopTimeout}
	p.cmd.Env = environment(env)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = dieWithParent()
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopTimeout
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its log
		close(p.done)
	}()
	return p, nil
}

// Log returns the output of the program, at least its last megabyte.
func (p *Process) Log() string { return p.out.String() }

// Tail returns the last lines of Log.
func (p *Process) Tail() string { return p.out.lines(tailLines) }

// PID returns the process id of the program.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Running reports whether the program still runs.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Pause stops the program as SIGSTOP does, until Resume. It returns when no thread of the program runs any more, which is some time after
// the signal.
func (p *Process) Pause() error {
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		var status syscall.WaitStatus
		switch _, err := syscall.Wait4(p.PID(), &status, syscall.WUNTRACED, nil); {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return err
		case !status.Stopped():
			return p.failure(errors.New("ended instead of pausing"))
		default:
			return nil
		}
	}
}

// Resume lets a paused program continue.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// Kill ends the program like a crash, with SIGKILL, and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended already
	<-p.done
}

// Stop ends the program like a service manager: with SIGTERM, and with SIGKILL if that takes too long, which is an error.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(p.stopTimeout):
		p.Kill()
		return p.failure(fmt.Errorf("did not end within %s of SIGTERM", p.stopTimeout))
	}
}

// failure adds the end of the program's log to an error.
func (p *Process) failure(err error) error {
	return fmt.Errorf("%s: %w; its log ends with:\n%s", p.name, err, p.Tail())
}

// ready waits until url answers 200. After a failure, the program no longer runs.
func (p *Process) ready(ctx context.Context, url string) error {
	err := Await(ctx, startTimeout, func(ctx context.Context) error {
		if !p.Running() {
			return Final(errors.New("ended before it was ready"))
		}
		_, err := get(ctx, url, "")
		return err
	})
	if err != nil {
		p.Kill()
		return p.failure(err)
	}
	return nil
}

// get returns the body of a 200. A token that is not empty is sent as a bearer token.
func get(ctx context.Context, url, token string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}

// client leaves no idle connections behind.
var client = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true},
	Timeout:   10 * time.Second,
}
