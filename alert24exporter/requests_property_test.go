// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/alert24exporter"
	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/preview"
)

// request is the body of a create.
type request struct {
	Title, Description, Severity, Alias, Source string
	Labels                                      map[string]string
	Tags                                        []string
	AffectedServices                            []string `json:"affected_services"`
	ImpactDescription                           string   `json:"impact_description"`
}

// text draws texts that JSON can represent, among them some that break hand-made JSON.
func text() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", " ", "\x00", "\x1b[2J", "\"}],\"status\":\"resolved\",", "\\", "\\u0000", "</script>", "\u202e\u2066", "\u2028", "\r\n\r\n",
		"`*_[]()<>#|~&", "https://h/\"?a=b#c", "javascript:alert(1)", "{{ .Labels }}", "critical", "true", "alert24-otel:00000000000000000000000000000000",
		strings.Repeat("é", 300), strings.Repeat("\U0001f525", 7000), strings.Repeat("x ", 20_000), strings.Repeat("\n", 300),
	}))
}

// anyBytes draws anything else that a log record can hold.
func anyBytes() *rapid.Generator[string] {
	return rapid.OneOf(text(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
}

func names(known ...string) *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(known), text().Filter(utf8.ValidString))
}

func hook(t *rapid.T) []byte {
	label := names("alertname", "instance", "severity", "team", "grafana_folder", "__name__")
	annotation := names("summary", "message", "description", "runbook_url", "dashboard_url", "panel_url",
		"alert24_title", "alert24_description", "alert24_severity", "alert24_service", "alert24_resolve")
	alerts := make([]any, rapid.IntRange(1, 2).Draw(t, "alerts"))
	for i := range alerts {
		alerts[i] = map[string]any{
			"status":       rapid.SampledFrom([]string{"firing", "resolved"}).Draw(t, "status"),
			"labels":       rapid.MapOfN(label, text(), 0, 70).Draw(t, "labels"),
			"annotations":  rapid.MapOfN(annotation, text(), 0, 20).Draw(t, "annotations"),
			"startsAt":     "2026-11-23T20:37:15Z",
			"generatorURL": text().Draw(t, "generator"),
		}
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "receiver": "r", "groupKey": "k", "externalURL": text().Draw(t, "external"), "alerts": alerts,
	})
	require.NoError(t, err)
	return body
}

// process changes records as a pipeline may, for better or worse.
func process(t *rapid.T, logs plog.Logs) {
	attribute := rapid.OneOf(
		rapid.SampledFrom([]string{
			attrs.OverrideAlias, attrs.OverrideTitle, attrs.OverrideDescription, attrs.OverrideSeverity, attrs.OverrideTags, attrs.OverrideAffectedServices,
		}),
		rapid.Map(anyBytes(), func(s string) string { return attrs.AlertLabelPrefix + s }),
		rapid.Map(anyBytes(), func(s string) string { return attrs.AlertAnnotationPrefix + s }),
	)
	for _, record := range logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		for name, value := range rapid.MapOfN(attribute, anyBytes(), 0, 8).Draw(t, "attributes") {
			record.Attributes().PutStr(name, value)
		}
	}
}

// TestNoAlertBreaksARequest: whatever labels, annotations and attributes contain, each request is JSON within Alert24's limits.
func TestNoAlertBreaksARequest(t *testing.T) {
	receiver := alertmanagerreceiver.NewFactory().CreateDefaultConfig().(*alertmanagerreceiver.Config)
	var previews []*preview.Preview
	for _, yaml := range []string{
		"",
		"incident::description_format: markdown\nincident::send_labels: never",
		"incident::title: \"{{ .Labels.team }}{{ .Annotations.summary }}\"\n" +
			"incident::description: \"{{ range .Labels.SortedPairs }}{{ .Name }}: {{ .Value }}\\n{{ end }}{{ .Annotations.description }}\"\n" +
			"incident::impact_description: \"{{ .Annotations.summary }}\"\n" +
			"incident::tags: {template: \"{{ .Annotations.description }}\"}",
	} {
		cfg := alert24exporter.NewFactory().CreateDefaultConfig()
		read(t, "api_key: not-sent\n"+yaml, cfg)
		previews = append(previews, newPreview(t, cfg.(*alert24exporter.Config)))
	}
	rapid.Check(t, func(rt *rapid.T) {
		logs := convert(rt, receiver, hook(rt))
		process(rt, logs)
		alerts := rapid.SampledFrom(previews).Draw(rt, "exporter").Records(t.Context(), logs, arrival)
		for _, a := range alerts {
			if a.Call != nil {
				requireSound(rt, a)
			}
		}
	})
}

func requireSound(t require.TestingT, a preview.Alert) {
	require.True(t, a.Call.Body.IsValid(), "%q", a.Call.Body) // and no name occurs twice
	var sent request
	require.NoError(t, json.Unmarshal(a.Call.Body, &sent))
	if a.Call.Method != http.MethodPost {
		require.Regexp(t, `^\{"status":"resolved","resolved_at":"[-0-9T:.]+Z"\}$`, string(a.Call.Body))
		return
	}
	require.Equal(t, a.Alias, sent.Alias)
	require.LessOrEqual(t, len(sent.Alias), 255)
	require.Equal(t, "prometheus", sent.Source)
	require.Contains(t, []string{"critical", "high", "medium", "low"}, sent.Severity)
	require.NotEmpty(t, sent.Title)
	requireLine(t, sent.Title, 255)
	require.LessOrEqual(t, len(sent.Description), 32<<10)
	require.LessOrEqual(t, utf8.RuneCountInString(sent.ImpactDescription), 1024)
	require.LessOrEqual(t, len(sent.Labels), 64)
	for name, value := range sent.Labels {
		require.LessOrEqual(t, utf8.RuneCountInString(name), 1024)
		require.LessOrEqual(t, utf8.RuneCountInString(value), 1024)
	}
	require.LessOrEqual(t, len(sent.AffectedServices), 50)
	require.LessOrEqual(t, len(sent.Tags), 50)
	for _, tag := range sent.Tags {
		requireLine(t, tag, 200)
	}
	require.Equal(t, incident.AliasTag(sent.Alias), sent.Tags[0])
}

func requireLine(t require.TestingT, s string, runes int) {
	require.LessOrEqual(t, utf8.RuneCountInString(s), runes)
	require.False(t, slices.ContainsFunc([]rune(s), unicode.IsControl), "%q", s)
}
