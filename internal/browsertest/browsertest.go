// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package browsertest drives a page in a headless Chromium. For tests only.
package browsertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
)

// Tab is a page in a headless Chromium, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol)
// on a pipe: messages that end with a zero byte.
type Tab struct {
	t       testing.TB
	out     *os.File
	session string

	mu      sync.Mutex
	nextID  int
	waiting map[int]chan message
	// problems are exceptions of the page and complaints of the browser, such as violations of the content security policy.
	problems []string
}

type message struct {
	ID        int            `json:"id,omitzero"`
	SessionID string         `json:"sessionId,omitempty"`
	Method    string         `json:"method,omitempty"`
	Params    jsontext.Value `json:"params,omitzero"`
	Result    jsontext.Value `json:"result,omitzero"`
	Error     jsontext.Value `json:"error,omitzero"`
}

const browserPatience = 30 * time.Second

// Open starts Chromium, or skips the test if it is not installed.
func Open(t *testing.T) *Tab {
	t.Helper()
	binary := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		t.Skip("no Chromium on the PATH: the page is not tested in a browser")
	}
	theirIn, out, err := os.Pipe()
	require.NoError(t, err)
	in, theirOut, err := os.Pipe()
	require.NoError(t, err)
	var stderr bytes.Buffer
	c := exec.CommandContext(context.WithoutCancel(t.Context()), binary, //nolint:gosec // the browser of this machine, which outlives the context

		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	c.ExtraFiles = []*os.File{theirIn, theirOut}
	c.Stderr = &stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, c.Start())
	require.NoError(t, errors.Join(theirIn.Close(), theirOut.Close()))

	b := &Tab{t: t, out: out, waiting: map[int]chan message{}}
	var reading sync.WaitGroup
	reading.Go(func() { b.read(in) })
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // and its child processes
		_ = c.Wait()
		_ = out.Close()
		reading.Wait()
		_ = in.Close()
		if t.Failed() {
			t.Log("Chromium said:", stderr.String())
		}
	})
	var target struct {
		TargetID string `json:"targetId"`
	}
	b.Call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	b.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.Call(domain+".enable", nil, nil)
	}
	return b
}

func (b *Tab) read(in *os.File) {
	r := bufio.NewReader(in)
	for {
		raw, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(raw[:len(raw)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if m.Method == "Runtime.exceptionThrown" || m.Method == "Log.entryAdded" {
			b.problems = append(b.problems, string(m.Params))
		}
		if reply, ok := b.waiting[m.ID]; ok && m.ID != 0 {
			delete(b.waiting, m.ID)
			reply <- m
		}
		b.mu.Unlock()
	}
}

// Call sends a command and waits for its result.
func (b *Tab) Call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.mu.Lock()
	b.nextID++
	id := b.nextID
	reply := make(chan message, 1)
	b.waiting[id] = reply
	b.mu.Unlock()
	command := map[string]any{"id": id, "method": method, "params": params}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	raw, err := json.Marshal(command, json.FormatNilMapAsNull(false))
	require.NoError(b.t, err)
	_, err = b.out.Write(append(raw, 0))
	require.NoError(b.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), browserPatience)
	defer cancel()
	select {
	case m := <-reply:
		require.Empty(b.t, m.Error, "%s: %s", method, m.Error)
		if result != nil {
			require.NoError(b.t, json.Unmarshal(m.Result, result))
		}
	case <-ctx.Done():
		require.FailNow(b.t, "the browser gave no answer to "+method)
	}
}

// Eval runs an expression in the page, awaits it, and decodes its value.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	var r struct {
		Result struct {
			Value T `json:"value"`
		} `json:"result"`
		Exception jsontext.Value `json:"exceptionDetails"`
	}
	b.Call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &r)
	require.Empty(b.t, r.Exception, "%s: %s", expression, r.Exception)
	return r.Result.Value
}

// Until waits until an expression is true.
func (b *Tab) Until(expression string) {
	b.t.Helper()
	require.True(b.t, Eval[bool](b, `new Promise((resolve) => {
		const begin = performance.now();
		const check = () => {
			if (`+expression+`) resolve(true);
			else if (performance.now() - begin > `+strconv.FormatInt(browserPatience.Milliseconds(), 10)+`) resolve(false);
			else setTimeout(check, 5);
		};
		check();
	})`), "not true within %s: %s", browserPatience, expression)
}

// Visit loads an address in a window of the given size.
func (b *Tab) Visit(address string, width, height int) {
	b.t.Helper()
	b.Resize(width, height)
	b.Call("Page.navigate", map[string]any{"url": address}, nil)
	b.Until(`document.readyState === 'complete' && document.getElementById('connection')?.dataset.state === 'live'`)
}

// Resize gives the window another size.
func (b *Tab) Resize(width, height int) {
	b.t.Helper()
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500,
	}, nil)
}

// Fits expects that no element reaches outside a window of this width.
func (b *Tab) Fits(width int) {
	b.t.Helper()
	b.Resize(width, 800)
	require.Equal(b.t, width, Eval[int](b, `document.documentElement.scrollWidth`), "width %d", width)
	outside := Eval[[]string](b, `[...document.querySelectorAll('body *')].filter((e) => !e.closest('.hidden') && e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.className)`)
	require.Empty(b.t, outside, "reaches outside at width %d", width)
}

// Press presses and releases a key.
func (b *Tab) Press(key string, code int) {
	b.t.Helper()
	text := map[string]string{"Enter": "\r"}[key]
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.Call("Input.dispatchKeyEvent", map[string]any{
			"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text,
		}, nil)
	}
}

// Screenshot writes a picture for people, if PAGE_SCREENSHOTS=folder is set.
func (b *Tab) Screenshot(name string) {
	b.t.Helper()
	folder := os.Getenv("PAGE_SCREENSHOTS")
	if folder == "" {
		return
	}
	var shot struct {
		Data string `json:"data"`
	}
	b.Call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)) //nolint:gosec // where the user wants them
}

// NoProblems expects no complaints of the browser.
func (b *Tab) NoProblems() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.problems, "what the browser complained about")
}
