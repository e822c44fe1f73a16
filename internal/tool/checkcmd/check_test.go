// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package checkcmd

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/check"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs the command like the program.
func run(ctx context.Context, stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = cli.Run(ctx, "test", append([]string{"check"}, args...), cli.Streams{In: strings.NewReader(stdin), Out: &out, Err: &errs}, New()) //nolint:contextcheck // the command gets its context from Run
	return code, out.String(), errs.String()
}

func configOf(s *sandboxtest.Sandbox, more string) string {
	return "yaml:{exporters: {alert24: {endpoint: \"" + s.Endpoint + "\", " + more + "}}}"
}

func TestAsks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stdin   string
		code    int
		creates bool
	}{{"y\n", 0, true}, {"Yes\n", 0, true}, {"n\n", 2, false}, {"", 2, false}, {"\n", 2, false}} {
		s := sandboxtest.Start(t, sandbox.Options{Switches: func(sw *sandbox.Switches) { sw.NonAtomicCreate = 0 }}) // whether two creates meet is chance otherwise
		code, stdout, stderr := run(t.Context(), tt.stdin, "--config", configOf(s, "api_key: "+s.Key), "--severity", "medium")
		assert.Equal(t, tt.code, code, tt.stdin)
		assert.Contains(t, stderr, "open up to six test incidents of severity medium, with the alias alert24tool-check:")
		assert.Equal(t, tt.creates, len(s.Incidents()) > 0)
		if tt.creates {
			assert.Contains(t, stdout, "Test incidents: 4 opened, 0 left open.\n")
			assert.Contains(t, stdout, "look at the pages of incidents #1, #2, #3, #4.")
			assert.Equal(t, "medium", s.Incidents()[1].Severity)
			assert.Contains(t, stdout, sampleOfTheDocumentation(t))
		} else {
			assert.Contains(t, stderr, "\nalert24tool check: nothing was written: answer yes, or give --yes\n")
		}
		for _, inc := range s.Incidents() {
			assert.False(t, inc.Open())
		}
	}
}

// sampleOfTheDocumentation is the output in docs/tool.md.
func sampleOfTheDocumentation(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/tool.md")
	require.NoError(t, err)
	_, sample, found := strings.Cut(string(page), "```text\n")
	require.True(t, found)
	sample, _, _ = strings.Cut(sample, "```")
	require.Contains(t, sample, "expected")
	return sample
}

func TestReport(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{Switches: func(sw *sandbox.Switches) { sw.UnknownFieldsPut = "error" }})
	config := configOf(s, "api_key: "+s.Key+", incident: {send_labels: always}")
	code, stdout, stderr := run(t.Context(), "", "--config", config, "--yes", "--json")
	assert.Equal(t, 1, code, stderr)
	assert.Empty(t, stderr)
	assert.NotContains(t, stdout, s.Key)
	var r check.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	for _, f := range r.Findings {
		if f.Point == "update_labels" {
			assert.Equal(t, check.Finding{
				Point: "update_labels", Title: "an update of labels", Level: check.Change, Behaviour: "error", Expected: "applied",
				Seen: "HTTP 500: An unexpected error occurred", Change: "incident::send_labels: create",
			}, f)
		} else {
			assert.Contains(t, []check.Level{check.OK, check.Note}, f.Level, f.Point)
		}
	}
	code, text, _ := run(t.Context(), "", "--config", config, "--yes")
	assert.Equal(t, 1, code)
	assert.Contains(t, text, "\nchange   an update of labels\n         expected  applied\n         seen      HTTP 500: An unexpected error occurred\n"+
		"         change    incident::send_labels: create\n")
	code, same, _ := run(t.Context(), "", "--config", config, "--yes", "-o", "json")
	assert.Equal(t, 1, code)
	assert.True(t, strings.HasPrefix(same, "{"))
}

// TestKeyOfAnAuthenticator reads the key as docs/keys.md describes.
func TestKeyOfAnAuthenticator(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{})
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte(s.Key+"\n"), 0o600))
	config := "yaml:{extensions: {bearertokenauth/api: {filename: \"" + file + "\"}}, exporters: {alert24: {endpoint: \"" + s.Endpoint +
		"\", auth: {authenticator: bearertokenauth/api}}}}"
	code, stdout, stderr := run(t.Context(), "", "--config", config, "--yes")
	assert.Zero(t, code, stderr+stdout)
	assert.NotContains(t, stdout+stderr, s.Key)
}

func TestCannotRun(t *testing.T) {
	exporter := func(settings string) string { return "yaml:{exporters: {alert24: {" + settings + "}}}" }
	for name, tt := range map[string]struct {
		args   []string
		stderr string // a part of the one line
	}{
		"no configuration":     {nil, "--config is missing (--help lists the flags)"},
		"a wrong severity":     {[]string{"--config", exporter("api_key: k"), "--severity", "worst"}, "--severity must be critical, high, medium or low, not \"worst\""},
		"an argument":          {[]string{"--config", exporter("api_key: k"), "now"}, "unexpected argument \"now\""},
		"no exporter":          {[]string{"--config", "yaml:{exporters: {debug: {}}}"}, "exporters: there is none of type alert24"},
		"no key":               {[]string{"--config", exporter("api_key: \"\"")}, "exporters::alert24: api_key: "},
		"no such file":         {[]string{"--config", "none.yaml"}, "no such file"},
		"a strange auth":       {[]string{"--config", exporter("auth: {authenticator: oauth2client}")}, "auth: only the authenticator bearertokenauth can be used here, not oauth2client"},
		"auth without it":      {[]string{"--config", exporter("auth: {authenticator: bearertokenauth/x}")}, "extensions: there is no \"bearertokenauth/x\""},
		"auth that is invalid": {[]string{"--config", "yaml:{extensions: {bearertokenauth: {}}}", "--config", exporter("auth: {authenticator: bearertokenauth}")}, "extensions::bearertokenauth: "},
		"auth without a file":  {[]string{"--config", "yaml:{extensions: {bearertokenauth: {filename: /no/such}}}", "--config", exporter("auth: {authenticator: bearertokenauth}, endpoint: 'http://127.0.0.1:1'")}, "extensions::bearertokenauth: "},
		"TLS of no use":        {[]string{"--config", exporter("api_key: k, tls: {ca_file: /no/such}")}, "/no/such"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := run(t.Context(), "", append(tt.args, "--yes")...)
			assert.Equal(t, 2, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, tt.stderr)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		})
	}
}

// TestInterruptedQuestion interrupts the command while it waits for a yes.
func TestInterruptedQuestion(t *testing.T) {
	in, answer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, ask(ctx, in, io.Discard, "a", "low"), context.Canceled)
	require.NoError(t, answer.Close())
}

// TestInterrupt expects the exit code of a command that did not do its work, and no open incident.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	go func() {
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			if strings.Contains(lines.Text(), "a create opens an incident") {
				cancel()
			}
		}
	}()
	var errs bytes.Buffer
	code := cli.Run(ctx, "test", []string{"check", "--yes", "--config", configOf(s, "api_key: "+s.Key)}, cli.Streams{In: strings.NewReader(""), Out: writer, Err: &errs}, New())
	require.NoError(t, writer.Close())
	assert.Equal(t, 2, code)
	assert.Equal(t, "alert24tool check: context canceled\n", errs.String())
	if assert.Len(t, s.Incidents(), 1) {
		assert.False(t, s.Incidents()[0].Open())
	}
}

// TestOutputThatCannotBeWritten leaves no incident open.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{})
	reader, writer := io.Pipe()
	go func() {
		lines := bufio.NewScanner(reader)
		for created := false; !created && lines.Scan(); {
			created = strings.Contains(lines.Text(), "a create opens an incident")
		}
		_ = reader.Close()
	}()
	var errs bytes.Buffer
	code := cli.Run(t.Context(), "test", []string{"check", "--yes", "--config", configOf(s, "api_key: "+s.Key)}, cli.Streams{In: strings.NewReader(""), Out: writer, Err: &errs}, New())
	assert.Equal(t, 2, code)
	assert.Equal(t, "alert24tool check: io: read/write on closed pipe\n", errs.String())
	if assert.Len(t, s.Incidents(), 1) { // it asked no further question
		assert.False(t, s.Incidents()[0].Open())
	}
}

func TestLeftIsPrinted(t *testing.T) {
	var out bytes.Buffer
	writeEnd(&out, &check.Report{Stopped: "interrupted", Opened: []string{"#1"}, LeftOpen: []check.Left{{ID: "id-1", Number: "#1", Title: "T", Why: "HTTP 500"}}})
	assert.Contains(t, out.String(), "\nQuestions: 0 (ok 0, note 0, change 0, problem 0). Requests: 0. Test incidents: 1 opened, 1 left open.\n")
	assert.Contains(t, out.String(), "Stopped early: interrupted.\nLeft open: #1 id-1 \"T\": HTTP 500. Close it by hand.\n")
}
