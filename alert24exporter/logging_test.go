// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	logobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

// startObserved runs an exporter in memory and keeps its log.
func startObserved(t *testing.T, box *sandboxtest.Sandbox, change func(*Config)) (exporter.Logs, *logobserver.ObservedLogs) {
	t.Helper()
	core, logged := logobserver.New(zap.DebugLevel)
	set := exportertest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	cfg := configOf(box)
	cfg.RetryConfig.InitialInterval, cfg.RetryConfig.MaxInterval = tick, tick
	change(cfg)
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, exp.Start(t.Context(), host{}))
	return exp, logged
}

// One line tells what happened to which incident, and why. All other lines are for debugging.
func TestOneLineForEachChange(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, logged := startObserved(t, box, func(*Config) {})
	said := func(message, alias, reason string) {
		t.Helper()
		var lines *logobserver.ObservedLogs
		require.Eventually(t, func() bool {
			lines = logged.FilterMessage(message)
			return lines.Len() == 1
		}, soon, tick, message)
		fields := lines.All()[0].ContextMap()
		assert.Equal(t, alias, fields["alias"])
		assert.Contains(t, fields["reason"], reason)
		if incidents := box.Incidents(); len(incidents) > 0 && incidents[0].Alias == alias {
			assert.Equal(t, incidents[0].ID, fields["incident_id"])
			assert.EqualValues(t, incidents[0].Number, fields["incident_number"])
		}
	}
	firing, resolved := alertAttributes("firing"), alertAttributes("resolved")
	alias := firing[attrs.Alias]
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	said("Incident opened", alias, "an alert fires")
	firing[attrs.AlertAnnotationPrefix+"summary"] = "It got worse"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	said("Incident updated", alias, "its alerts have changed")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(resolved)))
	said("Incident closed", alias, "no alert fires any more")

	_, err := box.AddFault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Status: http.StatusBadRequest})
	require.NoError(t, err)
	firing[attrs.Alias] = "Refused:api-01.prod"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	said("Alert24 refused the incident; it is tried again less and less often, and when its alerts change", firing[attrs.Alias], "400")
	require.NoError(t, exp.Shutdown(t.Context()))

	changes := logged.Filter(func(e logobserver.LoggedEntry) bool {
		return e.Level >= zapcore.InfoLevel && e.Message != "A request to Alert24 failed"
	})
	assert.Equal(t, 5, changes.Len(), "the warning of no storage, and one line each")
}

// An update that writes nothing, because a person edited the changed fields, is not logged as a change.
func TestAnEditThatStaysIsNoUpdate(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, logged := startObserved(t, box, func(*Config) {})
	learned := func(message string, fields ...zap.Field) {
		t.Helper()
		require.Eventually(t, func() bool {
			lines := logged.FilterMessage(message)
			for _, f := range fields {
				lines = lines.FilterField(f)
			}
			return lines.Len() == 1
		}, soon, tick, message)
	}
	firing := alertAttributes("firing")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	learned("Incident opened")
	require.NoError(t, box.PersonEdits(box.Open(firing[attrs.Alias])[0].ID, sandbox.Patch{Title: new("Mine")}))

	firing[attrs.AlertAnnotationPrefix+"summary"] = "It got worse"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	learned("Result learned", zap.Stringer("call", protocol.Update), zap.Stringer("change", protocol.Updated))
	require.NoError(t, exp.Shutdown(t.Context()))
	assert.Equal(t, "Mine", box.Open(firing[attrs.Alias])[0].Title)
	assert.Zero(t, logged.FilterMessage("Incident updated").Len())
	assert.Zero(t, box.Stats().Updates())
}

func TestUnencryptedKeyIsWarnedOf(t *testing.T) {
	const message = "The API key and all incidents travel unencrypted; change the key endpoint to https://"
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, logged := startObserved(t, box, func(*Config) {})
	assert.Zero(t, logged.FilterMessage(message).Len(), "this machine may be asked so")
	require.NoError(t, exp.Shutdown(t.Context()))
	exp, logged = startObserved(t, box, func(c *Config) { c.ClientConfig.Endpoint = "http://alert24.example.com/api/v1" })
	assert.Equal(t, 1, logged.FilterMessage(message).Len())
	require.NoError(t, exp.Shutdown(t.Context()))
}

// However many webhooks fail, and for whatever reasons, our own log lines are few. The exporter helper logs one line per webhook, as
// for every exporter: the collector's sampling bounds these.
func TestFailuresDoNotFlood(t *testing.T) {
	const pushes = 300
	box := sandboxtest.Start(t, sandbox.Options{})
	_, err := box.AddFault(sandbox.Fault{Status: http.StatusInternalServerError})
	require.NoError(t, err)
	exp, logged := startObserved(t, box, func(c *Config) { c.Limits.Aliases = 1 })
	began := time.Now()
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	for i := range pushes {
		another := alertAttributes("firing")
		another[attrs.Alias] = fmt.Sprint("another-", i)
		require.ErrorContains(t, exp.ConsumeLogs(t.Context(), logs(another)), "limits::aliases")
		require.Error(t, exp.ConsumeLogs(t.Context(), logs(map[string]string{"no": "alias"})))
	}
	require.NoError(t, exp.Shutdown(t.Context()))
	messages := map[string]int{}
	for _, line := range logged.All() {
		if line.Level >= zapcore.WarnLevel {
			messages[line.Message]++
		}
	}
	const helpers = "Exporting failed. Rejecting data."
	assert.Equal(t, 2*pushes, messages[helpers])
	delete(messages, helpers)
	assert.NotEmpty(t, messages)
	more := int(time.Since(began)/time.Minute) * seldom.PerMinute // in case the test is slow
	for message, n := range messages {
		assert.LessOrEqual(t, n, 2*seldom.PerMinute+more, message)
	}
}

// A template fails on one alert of many, so the line says on which.
func TestFailedTemplateNamesTheAlias(t *testing.T) {
	core, logged := logobserver.New(zap.WarnLevel)
	set := exportertest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	tel, err := newTelemetry(set, &TelemetryConfig{})
	require.NoError(t, err)
	defer tel.shutdown()
	tel.templateFailed("incident::title", "A:a", assert.AnError)
	tel.templateFailed("incident::severity::template", "", assert.AnError)
	lines := logged.All()
	require.Len(t, lines, 2)
	assert.Equal(t, "A:a", lines[0].ContextMap()["alias"])
	assert.NotContains(t, lines[1].ContextMap(), "alias")
}
