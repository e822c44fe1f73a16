// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/matcher"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/watchdog"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 26, 14, 22, 0, 0, time.UTC)

func newPreview(t *testing.T, change func(*Options)) *Preview {
	t.Helper()
	usual := webhook.AliasRule{Labels: []string{"alertname"}, Separator: ":", MissingLabel: webhook.MissingHash}
	rule := usual
	rule.Matchers, rule.Labels = []string{`team="db"`}, []string{"alertname", "team"}
	converter, err := webhook.NewConverter(webhook.Options{ReceiverID: "r", LabelsPerAlert: 10, ValueBytes: 100, Alias: usual, Rules: []webhook.AliasRule{rule}})
	require.NoError(t, err)
	o := Options{
		Converter: converter, Incident: incident.DefaultConfig(), Policy: &protocol.Policy{Members: 10, ClosedRetention: time.Hour},
		Endpoint: "https://example.com/api/v1/",
	}
	if change != nil {
		change(&o)
	}
	p, err := New(o)
	require.NoError(t, err)
	return p
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

func TestAlertsOfOneAlias(t *testing.T) {
	const annotation = attrs.AlertAnnotationPrefix
	type want struct{ method, path, why string }
	open := want{"POST", "/api/v1/incidents", "an alert fires and no open incident is known"}
	closes := want{"PUT", "/api/v1/incidents/{id}", "no alert fires any more"}
	ignored := want{why: "its annotation alert24_ignore says so: it opens no incident, and one from before would close"}
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
		"what resolves was ignored": {func(l plog.Logs) { add(l, "resolved", "1", annotation+"alert24_ignore", "true") }, []want{ignored}},
		"left to a person": {
			func(l plog.Logs) { add(l, "resolved", "1", annotation+"alert24_resolve", "false") },
			[]want{{why: "its annotation alert24_resolve leaves closing to a person"}},
		},
		"the pipeline decides": {func(l plog.Logs) { add(l, "firing", "1", attrs.OverrideStatus, "resolved") }, []want{closes}},
		"over before it was sent": {
			func(l plog.Logs) { add(l, "firing", "1"); add(l, "resolved", "1") },
			[]want{{why: "it resolved before anything was sent"}, {why: "it resolved before anything was sent"}},
		},
		"a record that cannot be used": {
			func(l plog.Logs) { add(l, "flapping", "1"); add(l, "firing", "2") },
			[]want{{why: "the record's status is neither firing nor resolved"}, open},
		},
	} {
		t.Run(name, func(t *testing.T) {
			logs := plog.NewLogs()
			tt.add(logs)
			alerts := newPreview(t, nil).Records(t.Context(), logs, now)
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

func TestAlertsOfOneAliasShareWhatFollows(t *testing.T) {
	logs := plog.NewLogs()
	add(logs, "firing", "1")
	add(logs, "firing", "2", attrs.OverrideSeverity, "critical")
	alerts := newPreview(t, nil).Records(t.Context(), logs, now)
	assert.Same(t, alerts[0].Call, alerts[1].Call)
	assert.Same(t, alerts[0].Incident, alerts[1].Incident)
	assert.Equal(t, incident.Critical, alerts[0].Incident.Severity)
	assert.Equal(t, incident.Medium, alerts[0].Severity.Severity)
	assert.Equal(t, `the record: "critical", a known word`, alerts[1].Severity.From)
}

func TestDelayOfACloseIsToldAndNotWaitedFor(t *testing.T) {
	logs := plog.NewLogs()
	add(logs, "resolved", "1", attrs.AlertEndsAt, "2026-11-26T14:20:00Z")
	alerts := newPreview(t, func(o *Options) { o.Policy.ResolveDelay = time.Hour }).Records(t.Context(), logs, now)
	assert.Equal(t, time.Hour, alerts[0].Delay)
	assert.Equal(t, "Name", alerts[0].Incident.Title)
	assert.JSONEq(t, `{"status":"resolved","resolved_at":"2026-11-26T14:20:00Z"}`, string(alerts[0].Call.Body))
}

// Two processors may disagree about one alert: one says firing, the other resolved.
func TestHoldOfAnEchoIsTold(t *testing.T) {
	logs := plog.NewLogs()
	add(logs, "resolved", "1")
	add(logs, "firing", "1")
	p := newPreview(t, func(o *Options) {
		o.Policy.EchoAnySender, o.Policy.EchoWindow, o.Policy.EchoHold = true, time.Minute, 2*time.Minute
	})
	alerts := p.Records(t.Context(), logs, now)
	assert.Nil(t, alerts[0].Call)
	assert.Equal(t, "POST", alerts[1].Call.Method)
	assert.Equal(t, 2*time.Minute, alerts[1].Delay)
	assert.Equal(t, "it may be the echo of a replica, and is held for echo::hold", alerts[1].Why)
}

func TestNotesAreToldOnce(t *testing.T) {
	p := newPreview(t, func(o *Options) {
		o.Incident.Title = "{{ index .Members 7 }}"
		o.Incident.Services = incident.ServicesConfig{By: incident.ServicesByID, Label: "team", Map: map[string]string{"web": "svc-1"}}
	})
	for range 2 {
		logs := plog.NewLogs()
		add(logs, "resolved", "1", attrs.AlertLabelPrefix+"severity", "ticket", attrs.AlertLabelPrefix+"team", "db")
		alerts := p.Records(t.Context(), logs, now)
		assert.Equal(t, []string{"A label's value has no entry in the map; add one: key incident::severity::map, value ticket"}, alerts[0].Notes)
		require.Len(t, alerts[0].Incident.Notes, 2)
		assert.Equal(t, "A label's value has no entry in the map; add one: key incident::services, value db", alerts[0].Incident.Notes[0])
		assert.Contains(t, alerts[0].Incident.Notes[1], "A template failed on an alert; the default is used instead: key incident::title, error incident::title:1:3:")
	}
}

func TestWatchdogHasNoIncident(t *testing.T) {
	matchers, err := matcher.Parse(`alertname="Watchdog"`)
	require.NoError(t, err)
	p := newPreview(t, func(o *Options) { o.Watchdogs = watchdog.Rules{Matchers: matchers} })
	logs := plog.NewLogs()
	add(logs, attrs.StatusFiring, "1", attrs.AlertLabelPrefix+"alertname", "Watchdog")
	add(logs, attrs.StatusResolved, "1", attrs.AlertLabelPrefix+"alertname", "Watchdog")
	alerts := p.Records(t.Context(), logs, now)
	require.Len(t, alerts, 2)
	for i, status := range []string{attrs.StatusFiring, attrs.StatusResolved} {
		assert.Equal(t, status, alerts[i].Status)
		assert.Nil(t, alerts[i].Call)
		assert.Equal(t, "it is a watchdog: it opens no incident, but its silence does", alerts[i].Why)
	}
}

func TestWebhook(t *testing.T) {
	const alert = `{"status":"firing","labels":{"alertname":"A","team":"` + "db" + `"},"startsAt":"2026-11-26T14:00:00Z"}`
	p := newPreview(t, func(o *Options) { o.Incident.InitialStatus = "investigating" })
	w, err := p.Webhook(t.Context(), []byte(`{"version":"4","alerts":[3,`+alert+`,`+strings.Replace(alert, "db", strings.Repeat("x", 200), 1)+`]}`), now)
	require.NoError(t, err)
	assert.Equal(t, 1, w.Skipped)
	assert.Equal(t, []string{
		"alerts that cannot be used are skipped, 1 in all: alerts[0]: must be an object",
		"the receiver's limits cut texts or leave them out, 1 in all",
	}, w.Notes)
	require.Len(t, w.Alerts, 2)
	assert.Equal(t, 1, w.Alerts[0].Position)
	assert.Equal(t, "A:db", w.Alerts[0].Alias)
	assert.Equal(t, 1, w.Alerts[0].Rule)
	assert.Contains(t, string(w.Alerts[0].Call.Body), `"status":"investigating"`)
	assert.Equal(t, "A", w.Alerts[1].Alias)
	assert.Zero(t, w.Alerts[1].Rule)

	w, err = p.Webhook(t.Context(), []byte(`{"version":"4","alerts":[]}`), now)
	require.NoError(t, err)
	assert.Equal(t, &Webhook{Alerts: []Alert{}}, w)
	_, err = p.Webhook(t.Context(), []byte(`{"version":"4","alerts":[3]}`), now)
	require.EqualError(t, err, "no alert can be used: alerts[0]: must be an object")
	_, err = p.Webhook(t.Context(), nil, now)
	require.EqualError(t, err, "the body is empty")
}

func TestNewRefuses(t *testing.T) {
	_, err := New(Options{Endpoint: ":"})
	require.Error(t, err)
	_, err = New(Options{Incident: incident.Config{Title: "{{"}})
	require.ErrorContains(t, err, "incident::title")
}
