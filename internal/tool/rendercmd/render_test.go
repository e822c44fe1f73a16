// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package rendercmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// run runs the command like the program.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return cli.Run(ctx, "test", append([]string{"render"}, args...), cli.Streams{In: stdin, Out: stdout, Err: stderr}, New()) //nolint:contextcheck // the command gets its context from Run
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// whole is a valid configuration.
const whole = `yaml:{receivers: {alertmanager: {}}, exporters: {alert24: {api_key: k}}}`

const webhookJSONText = `{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"A","instance":"b"},"startsAt":"2026-11-23T20:37:15Z"}]}`

func TestRuns(t *testing.T) { //nolint:funlen // one table of cases
	withoutEnvironment(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for name, content := range map[string]string{
		"good.json": webhookJSONText, "empty.json": "", "text.json": "hello", "cut.json": webhookJSONText[:50],
		"custom.json": `{"text":"a custom payload"}`, "none.json": `{"version":"4","alerts":[]}`,
		"type.json": `{"version":"4","alerts":[{"status":"firing","labels":"alertname=1"}]}`,
		"some.json": `{"version":"4","alerts":[{"status":"firing","labels":"alertname=1"},{"status":"firing","labels":{}}]}`,
		"many.json": `{"version":"4","alerts":[` + strings.Repeat(`{"status":"firing","labels":{}},`, 3) + `{"status":"firing","labels":{}}]}`,
		"text.yaml": "hello", "broken.yaml": "receivers: [", "list.yaml": "[a]",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	exporter := func(settings string) string {
		return "yaml:{receivers: {alertmanager: {}}, exporters: {alert24: {api_key: k, " + settings + "}}}"
	}
	for name, tt := range map[string]struct {
		args   []string
		code   int
		stderr string // complete
		stdout string // a part
	}{
		"a file":                   {args: []string{"--config", whole, "good.json"}, stdout: "good.json: 1 alert\n\nAlert 1 of 1\n  alias        A:b\n"},
		"standard input":           {args: []string{"--config", whole, "-"}, stdout: "-: 1 alert\n"},
		"several files":            {args: []string{"--config", whole, "good.json", "none.json"}, stdout: "none.json: 0 alerts\n"},
		"no key in the variable":   {args: []string{"--config", "yaml:{receivers: {alertmanager: {}}, exporters: {alert24: {api_key: \"${env:ALERT24_API_KEY}\"}}}", "good.json"}, stdout: "POST /api/v1/incidents"},
		"auth in place of a key":   {args: []string{"--config", "yaml:{receivers: {alertmanager: {}}, exporters: {alert24: {auth: {authenticator: bearertokenauth}}}}", "good.json"}, stdout: "POST"},
		"a receiver of several":    {args: []string{"--config", whole, "--config", "yaml:receivers::alertmanager/b::alias::prefix: x-", "--receiver", "alertmanager/b", "good.json"}, stdout: "x-A:b"},
		"an exporter of several":   {args: []string{"--config", whole, "--config", "yaml:exporters::alert24/b: {api_key: k, incident: {title: from b}}", "--exporter", "alert24/b", "good.json"}, stdout: "from b"},
		"a processor":              {args: []string{"--config", whole, "--config", "yaml:service::pipelines::logs: {receivers: [alertmanager], processors: [batch, resource], exporters: [alert24]}", "good.json"}, stdout: "Note: the processors of pipeline logs are not run: resource.\n"},
		"no pipeline":              {args: []string{"--config", whole, "--config", "yaml:service::pipelines::logs: {receivers: [alertmanager], exporters: [forward]}", "good.json"}, stdout: "Note: no pipeline has both alertmanager and alert24: what lies between them is not run.\n"},
		"an alias rule":            {args: []string{"--config", whole, "--config", "yaml:receivers::alertmanager::alias::rules: [{matchers: ['team=a'], prefix: x}, {matchers: ['alertname=~A', instance=b], labels: [alertname]}]", "good.json"}, stdout: "  alias        A\n               by alias::rules::1: alertname=~A, instance=b\n"},
		"no rule":                  {args: []string{"--config", whole, "good.json"}, stdout: "  alias        A:b\n               by alias::labels\n"},
		"a word that is not known": {args: []string{"--config", exporter("incident::severity::label: instance"), "good.json"}, stdout: "  severity     medium\n               from incident::severity::default, because this word is not known: label instance: \"b\"\n  notes        A label's value has no entry in the map; add one: key incident::severity::map, value b\n"},
		"an ignored word":          {args: []string{"--config", exporter("incident::severity: {label: instance, ignore: [b]}"), "good.json"}, stdout: "  call         none\n               because incident::severity::ignore has the word \"b\": it opens no incident, and one from before would close\n"},
		"ignored, for programs":    {args: []string{"--config", exporter("incident::severity: {label: instance, ignore: [b]}"), "-o", "json", "good.json"}, stdout: "\"ignored_by\": \"incident::severity::ignore\""},
		"below the least":          {args: []string{"--config", exporter("incident::severity::min: critical"), "-o", "json", "good.json"}, stdout: "\"ignored_by\": \"incident::severity::min\""},
		"a watchdog":               {args: []string{"--config", exporter("watchdog::matchers: [alertname=A]"), "-o", "json", "good.json"}, stdout: "\"ignored_by\": \"watchdog::matchers\""},
		"alerts of one alias":      {args: []string{"--config", whole, "many.json"}, stdout: "               shared by alerts 1, 2, 3, 4, which have one alias\n"},
		"alerts of one alias 2":    {args: []string{"--config", whole, "many.json"}, stdout: "  incident     that of alert 1: one alias is one incident\n  call         that of alert 1: the alerts of one alias share a call\n"},
		"an alert of no use":       {args: []string{"--config", whole, "some.json"}, stdout: "some.json: 2 alerts\nNote: alerts that cannot be used are skipped, 1 in all: alerts[0].labels: must be an object.\n\nAlert 2 of 2\n"},
		"a template that fails":    {args: []string{"--config", exporter(`incident: {title: "{{ index .Members 7 }}"}`), "good.json"}, stdout: "  notes        A template failed on an alert; the default is used instead: key incident::title, error "},
		"help":                     {args: []string{"--help"}, stdout: "alert24tool render --config FILE [flags] WEBHOOK..."},
		"an unknown flag":          {args: []string{"--colour"}, code: 2, stderr: "alert24tool render: unknown flag: --colour (--help lists the flags)\n"},
		"no configuration":         {args: []string{"good.json"}, code: 2, stderr: "alert24tool render: --config is missing (--help lists the flags)\n"},
		"no webhook":               {args: []string{"--config", whole}, code: 2, stderr: "alert24tool render: no webhook is given; - is standard input (--help lists the flags)\n"},
		"an unknown output":        {args: []string{"--config", whole, "--output", "xml", "-"}, code: 2, stderr: "alert24tool render: invalid argument \"xml\" for \"-o, --output\" flag: must be text or json (--help lists the flags)\n"},
		"configuration not there":  {args: []string{"--config", "none.yaml", "-"}, code: 2, stderr: "alert24tool render: configuration: cannot retrieve the configuration: unable to read the file file:none.yaml: open none.yaml: no such file or directory\n"},
		"configuration elsewhere":  {args: []string{"--config", "https://example.com/c.yaml", "-"}, code: 2, stderr: "alert24tool render: configuration: unsupported scheme on URI \"https://example.com/c.yaml\"\n"},
		"configuration is text":    {args: []string{"--config", "text.yaml", "-"}, code: 2, stderr: "alert24tool render: configuration: retrieved value (type=string) cannot be used as a Conf\n"},
		"configuration is a list":  {args: []string{"--config", "list.yaml", "-"}, code: 2, stderr: "alert24tool render: configuration: retrieved value (type=[]interface {}) cannot be used as a Conf\n"},
		"configuration is broken":  {args: []string{"--config", "broken.yaml", "-"}, code: 2, stderr: "alert24tool render: configuration: retrieved value (type=string) cannot be used as a Conf: assuming string type since contents are not valid YAML: yaml: line 1: did not find expected node content\n"},
		"no receiver":              {args: []string{"--config", "yaml:exporters::alert24::api_key: k", "-"}, code: 2, stderr: "alert24tool render: receivers: there is none of type alertmanager\n"},
		"no exporter":              {args: []string{"--config", "yaml:{receivers: {alertmanager: {}}, exporters: {debug: {}}}", "-"}, code: 2, stderr: "alert24tool render: exporters: there is none of type alert24\n"},
		"several receivers":        {args: []string{"--config", whole, "--config", "yaml:receivers::alertmanager/b: {}", "-"}, code: 2, stderr: "alert24tool render: receivers: there are several of type alertmanager: choose one of alertmanager, alertmanager/b with --receiver\n"},
		"a receiver not there":     {args: []string{"--config", whole, "--receiver", "alertmanager/c", "-"}, code: 2, stderr: "alert24tool render: receivers: there is no \"alertmanager/c\" of type alertmanager\n"},
		"an exporter of no type":   {args: []string{"--config", whole, "--exporter", "debug", "-"}, code: 2, stderr: "alert24tool render: exporters: there is no \"debug\" of type alert24\n"},
		"no key at all":            {args: []string{"--config", "yaml:{receivers: {alertmanager: {}}, exporters: {alert24: {}}}", "-"}, code: 2, stderr: "alert24tool render: exporters::alert24: api_key: required, unless auth is given; create a key with scope write in Alert24\n"},
		"an unknown key":           {args: []string{"--config", exporter("titel: x"), "-"}, code: 2, stderr: "alert24tool render: exporters::alert24: decoding failed due to the following error(s): 'alert24exporter.Config' has invalid keys: titel\n"},
		"a wrong type":             {args: []string{"--config", exporter("limits: {aliases: many}"), "-"}, code: 2, stderr: "alert24tool render: exporters::alert24: decoding failed due to the following error(s): 'limits.aliases' expected type 'int', got unconvertible type 'string'\n"},
		"wrong values":             {args: []string{"--config", exporter("lifecycle: {reopen: maybe}, incident: {severity: {default: urgent}}"), "-"}, code: 2, stderr: "alert24tool render: exporters::alert24: incident::severity::default: unknown severity \"urgent\", Alert24 has critical, high, medium and low; lifecycle::reopen: must be on_repeat or never, not \"maybe\"\n"},
		"a wrong template":         {args: []string{"--config", exporter(`incident: {title: "{{ .Nothing }}"}`), "-"}, code: 2, stderr: "alert24tool render: exporters::alert24: incident::title:1:3: executing \"incident::title\" at <.Nothing>: can't evaluate field Nothing; see docs/incidents.md#templates\n"},
		"wrong values of receiver": {args: []string{"--config", whole, "--config", "yaml:receivers::alertmanager::alias::labels: []", "-"}, code: 2, stderr: "alert24tool render: receivers::alertmanager: alias::labels: must name at least one label\n"},
		"webhook not there":        {args: []string{"--config", whole, "absent.json"}, code: 2, stderr: "alert24tool render: open absent.json: no such file or directory\n"},
		"webhook is a folder":      {args: []string{"--config", whole, "."}, code: 2, stderr: "alert24tool render: read .: is a directory\n"},
		"webhook is empty":         {args: []string{"--config", whole, "empty.json"}, code: 2, stderr: "alert24tool render: empty.json: the body is empty\n"},
		"webhook is text":          {args: []string{"--config", whole, "text.json"}, code: 2, stderr: "alert24tool render: text.json: invalid JSON at byte 0: invalid character 'h' at start of value\n"},
		"webhook is cut":           {args: []string{"--config", whole, "cut.json"}, code: 2, stderr: "alert24tool render: cut.json: the JSON ends too early, at byte 50\n"},
		"webhook of one's own":     {args: []string{"--config", whole, "custom.json"}, code: 2, stderr: "alert24tool render: custom.json: there is no \"alerts\" list, as in a custom payload or a notification of Grafana before version 8: send webhooks as Alertmanager makes them\n"},
		"webhook of wrong types":   {args: []string{"--config", whole, "type.json"}, code: 2, stderr: "alert24tool render: type.json: no alert can be used: alerts[0].labels: must be an object\n"},
		"webhook over the limit":   {args: []string{"--config", whole, "--config", "yaml:receivers::alertmanager::max_request_body_size: 100", "many.json"}, code: 2, stderr: "alert24tool render: many.json: the webhook has more than 100 bytes: see max_request_body_size\n"},
		"a good one, a bad one":    {args: []string{"--config", whole, "good.json", "empty.json"}, code: 2, stderr: "alert24tool render: empty.json: the body is empty\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), tt.args, strings.NewReader(webhookJSONText), &stdout, &stderr)
			assert.Equal(t, tt.code, code)
			assert.Equal(t, tt.stderr, stderr.String())
			if tt.code == 0 {
				assert.Contains(t, stdout.String(), tt.stdout)
			} else {
				assert.Empty(t, stdout.String())
			}
		})
	}
}

// TestNothingLeaves: a run reaches neither the API nor the receiver's own address, and no output holds a secret.
func TestNothingLeaves(t *testing.T) {
	api, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	called := make(chan struct{})
	go func() {
		defer close(called)
		for {
			conn, err := api.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			t.Error("the API was called")
			_ = conn.Close()
		}
	}()
	config := "yaml:{receivers: {alertmanager: {endpoint: \"" + api.Addr().String() + "\", hmac: {secret: s3cr3t-hmac}}}, " +
		"exporters: {alert24: {endpoint: \"http://" + api.Addr().String() + "/api/v1\", api_key: s3cr3t-key}}}"
	for _, output := range []string{"text", "json"} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"--config", config, "--output", output, "--body", "-"}, strings.NewReader(webhookJSONText), &stdout, &stderr)
		assert.Zero(t, code, stderr.String())
		assert.Contains(t, stdout.String(), "A on b")
		assert.NotContains(t, stdout.String()+stderr.String(), "s3cr3t")
	}
	require.NoError(t, api.Close())
	<-called
}

// brokenPipe is an output whose reader is gone.
// A text of an alert cannot command a terminal: U+009B begins a command, U+202E turns the line.
func TestNothingCommandsATerminal(t *testing.T) {
	withoutEnvironment(t)
	body := `{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"A","instance":"\u202eb","x":"\u009b2J"},"startsAt":"2026-11-23T20:37:15Z"}]}`
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"--config", whole, "--body", "-"}, strings.NewReader(body), &stdout, &stderr)
	require.Zero(t, code, stderr.String())
	assert.NotContains(t, stdout.String(), "\u009b")
	assert.NotContains(t, stdout.String(), "\u202e")
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	var stderr bytes.Buffer
	assert.Equal(t, 2, run(t.Context(), []string{"--config", whole, "-"}, strings.NewReader(webhookJSONText), brokenPipe{}, &stderr))
	assert.Equal(t, "alert24tool render: broken pipe\n", stderr.String())
}
