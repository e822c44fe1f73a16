// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/alert24exporter"
	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/preview"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

var update = flag.Bool("update", false, "write the golden requests anew")

const (
	webhooksDir = "../testdata/webhooks"
	requestsDir = "testdata/requests"
	oneFires    = "alertmanager-0.31.1/001-per-instance.json"
	threeFire   = "alertmanager-0.31.1/003-grouped.json"
	twoResolve  = "alertmanager-0.31.1/006-grouped.json" // of three
	oneResolves = "alertmanager-0.31.1/011-per-instance.json"
)

// TestRequestsOfRecordedWebhooks compares the requests that the default configuration sends for every webhook of testdata/webhooks with
// testdata/requests. With -update it writes those files anew.
func TestRequestsOfRecordedWebhooks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(webhooksDir, "*", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name, err := filepath.Rel(webhooksDir, file)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) {
			golden(t, strings.TrimSuffix(name, ".json"), scenario{webhook: name}.requests(t))
		})
	}
}

// TestRequestsOfOptions does the same for each option and override.
func TestRequestsOfOptions(t *testing.T) {
	for name, s := range map[string]scenario{
		"title":                {webhook: oneFires, exporter: `incident::title: "{{ .Labels.job | toUpper }}: {{ .Annotations.summary }} since {{ .StartsAt.Format \"15:04\" }}"`},
		"title-fails":          {webhook: oneFires, exporter: `incident::title: "{{ index .Labels.SortedPairs 99 }}"`},
		"title-blank":          {webhook: oneFires, exporter: `incident::title: "{{ .Labels.nothing }} "`},
		"description":          {webhook: threeFire, alias: "[alertname]", exporter: "incident::description: |\n  {{ .Annotations.summary }}\n  {{ range .Members }}- {{ .Labels.instance }}: {{ .DashboardURL }}\n  {{ end }}"},
		"description-markdown": {webhook: threeFire, alias: "[alertname]", exporter: "incident::description_format: markdown"},
		"severity-map":         {webhook: oneFires, exporter: "incident::severity: {map: {Critical: low}}"},
		"severity-default":     {webhook: "mimir-2.17/001-empty-group-key.json", exporter: "incident::severity: {default: low, label: priority}"},
		"severity-label":       {webhook: oneFires, exporter: "incident::severity: {label: job, map: {api-service: medium}}"},
		"severity-annotation": {
			webhook: oneFires, exporter: "incident::severity: {annotation: priority}", annotations: map[string]string{"priority": "p3"},
		},
		"severity-template":  {webhook: oneFires, exporter: `incident::severity: {template: "{{ if eq .Labels.job \"api-service\" }}page{{ end }}"}`},
		"severity-min":       {webhook: threeFire, exporter: "incident::severity: {min: critical}"},
		"severity-ignore":    {webhook: threeFire, exporter: "incident::severity: {ignore: [Warning]}"},
		"tags-labels":        {webhook: oneFires, exporter: "incident::tags: {labels: [job, nothing]}"},
		"tags-template":      {webhook: oneFires, exporter: "incident::tags: {labels: [], template: \"on-call\\n{{ .Labels.instance }}\"}"},
		"services":           {webhook: threeFire, alias: "[alertname]", exporter: "incident::services: {label: instance, map: {\"db-00.prod:9100\": svc-0, \"db-02.prod:9100\": svc-2}}"},
		"assigned-to":        {webhook: oneFires, exporter: "incident::assigned_to: {label: job, map: {api-service: user-7}}"},
		"impact-description": {webhook: oneFires, exporter: "incident::impact_description: \"Requests to {{ .Labels.instance }} fail.\""},
		"initial-status":     {webhook: oneFires, exporter: "incident::initial_status: investigating"},
		"send-labels-never":  {webhook: oneFires, exporter: "incident::send_labels: never"},
		"source":             {webhook: oneFires, exporter: "incident::source: metrics-eu"},
		"resolve-delay":      {webhook: oneResolves, exporter: "lifecycle::resolve_delay: 5m"},
		"one-alias":          {webhook: twoResolve, alias: "[alertname]"},
		"annotations": {webhook: oneFires, annotations: map[string]string{
			"alert24_title": "From the rule", "alert24_description": "What the rule says.", "alert24_severity": "low", "alert24_service": "svc-1, svc-2",
		}},
		"annotation-resolve": {webhook: oneResolves, annotations: map[string]string{"alert24_resolve": "false"}},
		"annotation-ignore":  {webhook: oneFires, annotations: map[string]string{"alert24_ignore": "true"}},
		"attributes": {
			webhook: oneFires, annotations: map[string]string{"alert24_title": "From the rule", "alert24_severity": "low"},
			exporter: `incident::title: "From the configuration"`,
			attributes: map[string]any{
				attrs.OverrideAlias: "checkout", attrs.OverrideTitle: "From the pipeline", attrs.OverrideDescription: "What the pipeline says.",
				attrs.OverrideSeverity: "p1", attrs.OverrideTags: "team:payments, tier:1", attrs.OverrideAffectedServices: []any{"svc-3"},
			},
		},
		"attribute-status": {webhook: oneFires, attributes: map[string]any{attrs.OverrideStatus: attrs.StatusResolved}},
	} {
		t.Run(name, func(t *testing.T) { golden(t, filepath.Join("options", name), s.requests(t)) })
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join(requestsDir, name+".http")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update")
	assert.Equal(t, string(want), got)
}

// scenario is a webhook, its changes on the way, and the configuration.
type scenario struct {
	webhook     string
	annotations map[string]string // added to each alert
	attributes  map[string]any    // set on each record, as a processor does
	alias       string            // labels, as YAML
	exporter    string            // as YAML
}

// requests returns the requests as readable text.
func (s scenario) requests(t *testing.T) string {
	t.Helper()
	receiver := alertmanagerreceiver.NewFactory().CreateDefaultConfig()
	exporter := alert24exporter.NewFactory().CreateDefaultConfig()
	read(t, "api_key: not-sent\n"+s.exporter, exporter)
	if s.alias != "" {
		read(t, "alias: {labels: "+s.alias+"}", receiver)
	}
	logs := convert(t, receiver.(*alertmanagerreceiver.Config), s.body(t))
	s.process(t, logs)
	alerts := newPreview(t, exporter.(*alert24exporter.Config)).Records(t.Context(), logs, arrival)
	require.Len(t, alerts, logs.LogRecordCount())

	var b strings.Builder
	for line := range strings.Lines(s.exporter) {
		fmt.Fprintf(&b, "# %s\n", strings.TrimSpace(line))
	}
	shown := map[*preview.Call]bool{}
	for _, a := range alerts {
		fmt.Fprintf(&b, "# %s %s: %s\n", a.Alias, a.Status, a.Why)
		if a.Call == nil || shown[a.Call] {
			continue
		}
		shown[a.Call] = true
		for _, note := range slices.Concat(a.Notes, a.Incident.Notes) {
			fmt.Fprintf(&b, "# %s\n", note)
		}
		if a.Delay > 0 {
			fmt.Fprintf(&b, "# after %s\n", a.Delay)
		}
		require.NoError(t, a.Call.Body.Indent(jsontext.WithIndent("  ")))
		fmt.Fprintf(&b, "%s %s\n\n%s\n\n", a.Call.Method, a.Call.Path, a.Call.Body)
	}
	return b.String()
}

// arrival is when all webhooks arrive. It is also the end of an alert whose end is unknown.
var arrival = time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)

// convert returns the records that a receiver makes of a webhook.
func convert(t require.TestingT, cfg *alertmanagerreceiver.Config, body []byte) plog.Logs {
	converter, err := cfg.NewConverter(component.MustNewID("alertmanager"), "test")
	require.NoError(t, err)
	hook, err := webhook.Decode(body)
	require.NoError(t, err)
	logs, _ := converter.Logs(hook, &webhook.Delivery{Epoch: "test", Arrival: 1, Received: arrival})
	return logs
}

func newPreview(t require.TestingT, cfg *alert24exporter.Config) *preview.Preview {
	p, err := preview.New(preview.Options{
		Incident: cfg.Incident, Policy: cfg.Policy(), Endpoint: cfg.ClientConfig.Endpoint,
	})
	require.NoError(t, err)
	return p
}

// read adds YAML to a component's configuration, as the collector does.
func read(t *testing.T, yaml string, cfg any) {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(yaml))
	require.NoError(t, err)
	conf, err := retrieved.AsConf()
	require.NoError(t, err)
	require.NoError(t, conf.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
}

func (s scenario) body(t *testing.T) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(webhooksDir, s.webhook))
	require.NoError(t, err)
	if s.annotations == nil {
		return body
	}
	var hook map[string]any
	require.NoError(t, json.Unmarshal(body, &hook))
	for _, alert := range hook["alerts"].([]any) {
		annotations := alert.(map[string]any)["annotations"].(map[string]any)
		for name, value := range s.annotations {
			annotations[name] = value
		}
	}
	body, err = json.Marshal(hook)
	require.NoError(t, err)
	return body
}

func (s scenario) process(t *testing.T, logs plog.Logs) {
	t.Helper()
	for _, rl := range logs.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				for name, value := range s.attributes {
					require.NoError(t, lr.Attributes().PutEmpty(name).FromRaw(value))
				}
			}
		}
	}
}
