// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package tool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/docs/snippet"
	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

var command = regexp.MustCompile(`(?m)^(?:\$ )?((?:build/)?alert24tool .*)$`)

// Every command of the documentation works, in the order of the page. The commands run in a folder with the deployed configuration, next
// to a running bridge, with its key in the environment.
func TestCommandsOfTheDocumentation(t *testing.T) {
	kit.Binaries(t, harness.ToolEnv, harness.CollectorEnv)
	pages := map[string][]string{}
	ran := map[string]bool{}
	for _, name := range kit.Markdown(t) {
		text, err := os.ReadFile(kit.Root(t, name))
		require.NoError(t, err)
		blocks, err := snippet.Blocks(string(text), "sh", "console")
		require.NoError(t, err, name)
		for _, b := range blocks {
			for _, c := range command.FindAllStringSubmatch(b.Text, -1) {
				pages[name] = append(pages[name], c[1])
			}
		}
	}
	for name, commands := range pages {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, c := range commands {
				w.run(c)
			}
		})
		for _, c := range commands {
			ran[strings.Fields(c)[1]] = true
		}
	}
	for _, c := range []string{"check", "test-alert", "explain", "ledger", "record", "render", "sandbox"} {
		assert.True(t, ran[c], "no page shows %s", c)
	}
}

// world is a reader's setup.
type world struct {
	t       *testing.T
	dir     string
	env     []string
	replace *strings.Replacer
	status  string
	sandbox *harness.Sandbox
	bridge  *harness.Collector
}

func newWorld(t *testing.T) *world {
	t.Helper()
	kept := t.TempDir()
	s, c := kit.Start(t, kit.World{Set: kit.Quick(), Dir: kept})
	w := &world{
		t: t, dir: t.TempDir(), sandbox: s, bridge: c, status: strings.TrimSuffix(c.Status, "/"),
		replace: strings.NewReplacer(
			"http://localhost:9095/alertmanager", c.Webhook, "127.0.0.1:8024", "127.0.0.1:0", "build/alert24tool", "alert24tool",
			"/var/lib/otelcol-alert24", filepath.Join(kept, "storage")),
	}
	w.env = append(environment(s), "PATH="+filepath.Dir(kit.Binaries(t, harness.ToolEnv).Tool)+":"+os.Getenv("PATH"))
	for _, name := range []string{"collector-config.yaml", "testdata"} {
		require.NoError(t, os.Symlink(kit.Root(t, name), filepath.Join(w.dir, name)))
	}
	return w
}

// run runs a command like a reader: with the addresses of this test, with a yes, and with Ctrl-C for long-running commands. As in
// the examples, an alert fires.
func (w *world) run(text string) {
	t := w.t
	t.Helper()
	line, firing := w.replace.Replace(text), kit.Firing("api-01.prod", "critical")
	name := strings.Fields(text)[1]
	switch {
	case strings.Contains(text, "--database"):
		line += " --help" // this reads the flags; the command's own tests have a database
	case strings.Contains(text, "--storage"):
		require.NoError(t, w.bridge.Stop())
		defer func() { require.NoError(t, w.bridge.Start(t.Context())) }()
	case name == "explain", name == "ledger":
		line += " --status " + w.status
		kit.Deliver(t, w.bridge, firing)
		kit.Eventually(t, func(context.Context) error { return w.open(1) })
		explains(t, w.bridge, "HighErrorRate:api-01.prod", "open as #")
		defer func() {
			kit.Deliver(t, w.bridge, kit.Resolved(firing))
			kit.Eventually(t, func(context.Context) error { return w.open(0) })
		}()
	case name == "test-alert" && !strings.Contains(text, "--status"):
		line += " --status " + w.status
	case name == "record":
		line += " --listen 127.0.0.1:0"
	}
	cmd := exec.Command("sh", "-c", "exec "+line)
	cmd.Stdin = strings.NewReader("yes\n")
	p := startCommand(t, w.dir, w.env, cmd)
	switch name {
	case "record":
		code, said := start(t, w.dir, w.env, "test-alert", "--url", p.listens(), "--status", w.status).wait()
		require.Zero(t, code, said)
		p.interrupt()
	case "sandbox":
		p.listens()
		p.interrupt()
	}
	code, said := p.wait()
	require.Zero(t, code, "%s\n%s", text, said)
	if name != "explain" && name != "ledger" {
		kit.Eventually(t, func(context.Context) error { return w.open(0) })
	}
}

// open returns an error unless this many incidents are open.
func (w *world) open(want int) error {
	var titles []string
	for _, i := range w.sandbox.Incidents() {
		if i.Open() {
			titles = append(titles, i.Title)
		}
	}
	if len(titles) != want {
		return fmt.Errorf("%d incidents are open, not %d: %s", len(titles), want, strings.Join(titles, ", "))
	}
	return nil
}

// listens waits until the program listens, and returns its address.
func (p *program) listens() (address string) {
	p.t.Helper()
	kit.Eventually(p.t, func(context.Context) error {
		m := regexp.MustCompile(`listening on (http://\S+)`).FindStringSubmatch(p.output())
		if m == nil {
			return errors.New("it does not listen")
		}
		address = m[1]
		return nil
	})
	return address
}

// Each command explains itself, with an example.
func TestHelp(t *testing.T) {
	_, all := start(t, t.TempDir(), nil, "--help").wait()
	_, list, found := strings.Cut(all, "Available Commands:\n")
	require.True(t, found, all)
	list, _, _ = strings.Cut(list, "\n\n")
	ours := 0
	for line := range strings.Lines(list) {
		name := strings.Fields(line)[0]
		if name == "help" || name == "completion" {
			continue
		}
		ours++
		code, text := start(t, t.TempDir(), nil, name, "--help").wait()
		assert.Zero(t, code)
		assert.Contains(t, text, "\nExamples:\n  alert24tool "+name, name)
	}
	assert.GreaterOrEqual(t, ours, 5)
}
