// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/alert24exporter"
	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
	"github.com/alert24/otelcol-alert24/internal/attrs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func receiverConfig() *alertmanagerreceiver.Config {
	return alertmanagerreceiver.NewFactory().CreateDefaultConfig().(*alertmanagerreceiver.Config)
}

func exporterConfig() *alert24exporter.Config {
	return alert24exporter.NewFactory().CreateDefaultConfig().(*alert24exporter.Config)
}

// add adds a record of one alias; pairs are names and values of further attributes.
func add(logs plog.Logs, status, fingerprint string, pairs ...string) {
	a := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Attributes()
	a.PutStr(attrs.Alias, "a")
	a.PutStr(attrs.AlertStatus, status)
	a.PutStr(attrs.AlertName, "Name")
	a.PutStr(attrs.AlertFingerprint, fingerprint)
	for pair := range slices.Chunk(pairs, 2) {
		a.PutStr(pair[0], pair[1])
	}
}

func TestConvert(t *testing.T) {
	logs, err := Convert(t.Context(), receiverConfig(), strings.NewReader(`{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"A"}}]}`))
	require.NoError(t, err)
	assert.Equal(t, 1, logs.LogRecordCount())
	logs, err = Convert(t.Context(), receiverConfig(), strings.NewReader(`{"version":"4","alerts":[]}`))
	require.NoError(t, err)
	assert.Zero(t, logs.LogRecordCount())

	cfg := receiverConfig()
	cfg.ServerConfig.MaxRequestBodySize = 10
	_, err = Convert(t.Context(), cfg, strings.NewReader(`{"version":"4","alerts":[]}`))
	require.ErrorContains(t, err, "max_request_body_size")
}

func TestAlertsOfOneAlias(t *testing.T) {
	const annotation = attrs.AlertAnnotationPrefix
	type want struct{ method, path, why string }
	open := want{"POST", "/api/v1/incidents", "an alert fires and no incident is known open"}
	closes := want{"PUT", "/api/v1/incidents/{id}", "no alert fires any more"}
	ignored := want{why: "it is to be ignored: it opens no incident, and one from before would close"}
	for name, tt := range map[string]struct {
		add  func(plog.Logs)
		want []want
	}{
		"two fire":    {func(l plog.Logs) { add(l, "firing", "1"); add(l, "firing", "2") }, []want{open, open}},
		"two resolve": {func(l plog.Logs) { add(l, "resolved", "1"); add(l, "resolved", "2") }, []want{closes, closes}},
		"one of two": {
			func(l plog.Logs) { add(l, "resolved", "1"); add(l, "firing", "2") },
			[]want{{why: "another alert of this alias still fires"}, open},
		},
		"one of two is ignored": {
			func(l plog.Logs) { add(l, "firing", "1", annotation+"alert24_ignore", "true"); add(l, "firing", "2") },
			[]want{ignored, open},
		},
		"what fires is ignored": {
			func(l plog.Logs) { add(l, "firing", "1", annotation+"alert24_ignore", "true"); add(l, "resolved", "2") },
			[]want{ignored, closes},
		},
		"left to a person": {
			func(l plog.Logs) { add(l, "resolved", "1", annotation+"alert24_resolve", "false") },
			[]want{{why: "its annotation alert24_resolve leaves closing to a person"}},
		},
		"the pipeline decides": {func(l plog.Logs) { add(l, "firing", "1", attrs.OverrideStatus, "resolved") }, []want{closes}},
	} {
		t.Run(name, func(t *testing.T) {
			logs := plog.NewLogs()
			tt.add(logs)
			alerts, err := Alerts(t.Context(), exporterConfig(), logs)
			require.NoError(t, err)
			require.Len(t, alerts, len(tt.want))
			for i, w := range tt.want {
				got := want{why: alerts[i].Why}
				if call := alerts[i].Call; call != nil {
					got.method, got.path = call.Method, call.Path
				}
				assert.Equal(t, w, got, i)
			}
		})
	}
}

func TestDelayOfACloseIsToldAndNotWaitedFor(t *testing.T) {
	cfg := exporterConfig()
	cfg.Lifecycle.ResolveDelay = time.Hour
	logs := plog.NewLogs()
	add(logs, "resolved", "1")
	alerts, err := Alerts(t.Context(), cfg, logs)
	require.NoError(t, err)
	assert.Equal(t, time.Hour, alerts[0].Delay)
	assert.Equal(t, "Name", alerts[0].Incident.Title)
}

func TestWarningsAreToldOnce(t *testing.T) {
	cfg := exporterConfig()
	cfg.Incident.Title = "{{ index .Members 7 }}"
	logs := plog.NewLogs()
	add(logs, "resolved", "1")
	alerts, err := Alerts(t.Context(), cfg, logs)
	require.NoError(t, err)
	require.Len(t, alerts[0].Notes, 1)
	assert.Contains(t, alerts[0].Notes[0], "A template failed on an alert; its default took its place: key incident::title, error incident::title:1:3:")
}

func TestRecordThatCannotBeUsed(t *testing.T) {
	logs := plog.NewLogs()
	add(logs, "flapping", "1")
	_, err := Alerts(t.Context(), exporterConfig(), logs)
	require.ErrorContains(t, err, "a: ")
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	logs := plog.NewLogs()
	add(logs, attrs.StatusFiring, "1")
	_, err := Alerts(ctx, exporterConfig(), logs)
	require.ErrorIs(t, err, context.Canceled)
}
