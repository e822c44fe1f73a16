// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

func TestVersionIsThatOfTheBuild(t *testing.T) {
	kit.Binaries(t, harness.CollectorEnv)
	version, err := os.ReadFile(kit.Root(t, "build", "version"))
	require.NoError(t, err)
	code, printed := kit.RunCollector(t, nil, "--version")
	require.Zero(t, code, printed)
	assert.Equal(t, "otelcol-alert24 version "+strings.TrimSpace(string(version)), strings.TrimSpace(printed))
	code, printed = kit.RunCollector(t, nil, "components")
	require.Zero(t, code, printed)
	assert.Equal(t, 2, strings.Count(printed, "module: github.com/alert24/otelcol-alert24 v"+strings.TrimSpace(string(version))+"\n"), printed)
}

func TestComponents(t *testing.T) {
	code, printed := kit.RunCollector(t, nil, "components")
	require.Zero(t, code, printed)
	for _, name := range []string{
		"alertmanager", "otlp",
		"alert24", "debug", "otlp_http", "otlp_grpc",
		"batch", "memory_limiter", "transform", "filter", "attributes", "resource", "groupbyattrs",
		"forward",
		"file_storage", "health_check", "bearertokenauth", "pprof", "zpages",
		"env", "file", "yaml", "http", "https",
	} {
		assert.Regexp(t, `(?m)^\s+- (name|scheme): `+name+`$`, printed)
	}
}

func TestDeployedConfigIsValid(t *testing.T) {
	code, printed := kit.RunCollector(t, kit.Settings(t), "validate", "--config", kit.Root(t, "collector-config.yaml"))
	assert.Zero(t, code, printed)

	// No test can see this fail on a machine that keeps its power.
	code, printed = kit.RunCollector(t, kit.Settings(t), "print-config", "--config", kit.Root(t, "collector-config.yaml"))
	assert.Zero(t, code, printed)
	assert.Contains(t, printed, "fsync: true")
}

func TestPrintConfigHidesSecrets(t *testing.T) {
	for _, format := range []string{"yaml", "json"} {
		code, printed := kit.RunCollector(t, kit.Settings(t), "print-config", "--format", format, "--config", kit.Root(t, "collector-config.yaml"))
		require.Zero(t, code, printed)
		assert.Contains(t, printed, "[REDACTED]")
		assert.Contains(t, printed, "alert24")
		assert.NotContains(t, printed, kit.SecretKey)
		assert.NotContains(t, printed, kit.SecretToken)

		code, printed = kit.RunCollector(t, kit.Settings(t), "print-config", "--format", format, "--config", kit.Root(t, "collector-config.yaml"),
			"--set", "exporters.alert24.storage=", "--set", "exporters.alert24.database.url=${env:ALERT24_DATABASE_URL}")
		require.Zero(t, code, printed)
		assert.Contains(t, printed, "otelcol_alert24") // the schema's default
		assert.NotContains(t, printed, kit.SecretPassword)
	}
}

// Each mistake ends the start at once. The message has the key's path and no secret.
func TestWrongConfigIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		set     []string
		without string // an environment variable
		message []string
	}{
		"no api_key":         {without: "ALERT24_API_KEY", message: []string{"exporters::alert24", "api_key"}},
		"no webhook token":   {without: "ALERT24_WEBHOOK_TOKEN", message: []string{"extensions::bearertokenauth/webhook"}},
		"no scheme":          {set: []string{"exporters.alert24.endpoint=app.alert24.net/api/v1"}, message: []string{"exporters::alert24", "endpoint"}},
		"not a URL":          {set: []string{"exporters.alert24.endpoint=https://"}, message: []string{"exporters::alert24", "endpoint"}},
		"no alias labels":    {set: []string{"receivers.alertmanager.alias.labels=[]"}, message: []string{"receivers::alertmanager: alias::labels"}},
		"unknown severity":   {set: []string{"exporters.alert24.incident.severity.map={page: urgent}"}, message: []string{"exporters::alert24", "incident::severity::map::page"}},
		"unknown default":    {set: []string{"exporters.alert24.incident.severity.default=urgent"}, message: []string{"exporters::alert24", "incident::severity::default"}},
		"unknown key":        {set: []string{"exporters.alert24.apikey=x"}, message: []string{"exporters", "alert24", "apikey"}},
		"unknown alias key":  {set: []string{"receivers.alertmanager.alias.label=[alertname]"}, message: []string{"receivers", "alertmanager", "label"}},
		"retries that end":   {set: []string{"exporters.alert24.retry_on_failure.max_elapsed_time=5m"}, message: []string{"exporters::alert24", "retry_on_failure", "max_elapsed_time"}},
		"a queue of its own": {set: []string{"exporters.alert24.sending_queue.queue_size=10"}, message: []string{"exporters::alert24", "sending_queue"}},
		"no unit":            {set: []string{"exporters.alert24.lifecycle.settle_time=15"}, message: []string{"exporters::alert24", "lifecycle::settle_time: 15ns is too short: write the unit"}},
		"storage of no kind": {set: []string{"exporters.alert24.storage=nowhere"}, message: []string{"nowhere"}},
		"two stores":         {set: []string{"exporters.alert24.database.url=${env:ALERT24_DATABASE_URL}"}, message: []string{"exporters::alert24", "database: give either storage"}},
		"a lease too short": {
			set:     []string{"exporters.alert24.storage=", "exporters.alert24.database={url: '${env:ALERT24_DATABASE_URL}', lease: 10ms}"},
			message: []string{"exporters::alert24", "database::lease"},
		},
		"negative of a limit": {set: []string{"receivers.alertmanager.limits.labels_per_alert=-1"}, message: []string{"receivers::alertmanager: limits::labels_per_alert"}},
	} {
		t.Run(name, func(t *testing.T) {
			var env []string
			for _, entry := range kit.Settings(t) {
				if test.without == "" || !strings.HasPrefix(entry, test.without+"=") {
					env = append(env, entry)
				}
			}
			args := []string{"--config", kit.Root(t, "collector-config.yaml")}
			for _, set := range test.set {
				args = append(args, "--set", set)
			}
			code, printed := kit.RunCollector(t, env, args...)
			require.NotZero(t, code, printed)
			for _, part := range test.message {
				assert.Contains(t, printed, part)
			}
			assert.NotContains(t, printed, kit.SecretKey)
			assert.NotContains(t, printed, kit.SecretToken)
			assert.NotContains(t, printed, kit.SecretPassword)
		})
	}
}

// TestCommentedBlocks: blocks that are comments in the configuration are valid when somebody uncomments them.
func TestCommentedBlocks(t *testing.T) {
	content, err := os.ReadFile(kit.Root(t, "collector-config.yaml"))
	require.NoError(t, err)
	for block, want := range map[string]string{"tls": "/etc/otelcol-alert24/server.pem", "sync": "http://localhost:9093", "watchdog": `alertname="Watchdog"`} {
		text, found := uncommented(string(content), block)
		require.True(t, found, block)
		path := kit.WriteFile(t, text)
		code, printed := kit.RunCollector(t, kit.Settings(t), "validate", "--config", path)
		assert.Zero(t, code, "%s: %s", block, printed)
		code, printed = kit.RunCollector(t, kit.Settings(t), "print-config", "--config", path)
		require.Zero(t, code, printed)
		assert.Contains(t, printed, want)
	}
}

// uncommented uncomments the block with that key: its line, and the lines that are indented more.
func uncommented(config, key string) (text string, found bool) {
	var b strings.Builder
	inside := ""
	for line := range strings.Lines(config) {
		start, rest, isComment := strings.Cut(line, "# ")
		switch {
		case isComment && strings.TrimSpace(start) == "" && strings.HasPrefix(rest, key+":"):
			inside, found = start, true
			line = start + rest
		case isComment && found && inside != "" && start == inside && strings.HasPrefix(rest, "  "):
			line = start + rest
		default:
			inside = ""
		}
		b.WriteString(line)
	}
	return b.String(), found
}
