// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

const backup = "backup/db-01"

// otlp sends logs to the collector's otlp receiver, which shares the pipeline of the webhooks. It listens on a socket in a folder
// of the test, so the test needs no free port.
type otlp struct {
	sandbox   *harness.Sandbox
	collector *harness.Collector
	client    *http.Client
	socket    string
}

func startOTLP(t *testing.T, switches func(*sandbox.Switches)) *otlp {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "otlp")
	s, c := kit.Start(t, kit.World{Switches: switches, Set: []string{
		"receivers.otlp.protocols.http={endpoint: " + socket + ", transport: unix}",
		"service.pipelines.logs.receivers=[alertmanager, otlp]",
	}})
	return &otlp{sandbox: s, collector: c, socket: socket, client: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}
}

// send exports records over OTLP/HTTP and returns the answer's status.
func (o *otlp) send(t *testing.T, records ...logRecord) int {
	t.Helper()
	logs := plog.NewLogs()
	all := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, r := range records {
		r.write(t, all.AppendEmpty())
	}
	body, err := plogotlp.NewExportRequestFromLogs(logs).MarshalProto()
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://otlp/v1/logs", bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-protobuf")
	response, err := o.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	return response.StatusCode
}

// logRecord is a log record of any program.
type logRecord struct {
	at         time.Time
	severity   string
	body       string
	attributes map[string]any
}

func (r logRecord) write(t *testing.T, to plog.LogRecord) {
	t.Helper()
	to.SetTimestamp(pcommon.NewTimestampFromTime(r.at))
	to.SetSeverityText(r.severity)
	to.Body().SetStr(r.body)
	require.NoError(t, to.Attributes().FromRaw(r.attributes))
}

// backupFails has no status, so it fires.
func backupFails() logRecord {
	return logRecord{
		at: kit.Milliseconds(time.Now()), severity: "ERROR", body: "The backup of db-01 failed",
		attributes: map[string]any{"alert24.alias": backup},
	}
}

func TestLogsOpenAndCloseAnIncident(t *testing.T) {
	o := startOTLP(t, nil)
	fails := backupFails()
	fails.attributes["alert24.tags"] = []any{"team:storage"}
	require.Equal(t, http.StatusOK, o.send(t, fails))
	opened := kit.OnlyIncident(t, o.sandbox, kit.IsOpen)
	assert.Equal(t, backup, opened.Alias)
	assert.Equal(t, "The backup of db-01 failed", opened.Title)
	assert.Equal(t, "high", opened.Severity)
	assert.Contains(t, opened.Tags, "team:storage")

	fails.attributes["alert24.title"] = "The backup of db-01 failed twice"
	fails.attributes["alert24.severity"] = "critical"
	require.Equal(t, http.StatusOK, o.send(t, fails))
	updated := kit.OnlyIncident(t, o.sandbox, func(i sandbox.Incident) error {
		if i.Title != "The backup of db-01 failed twice" || i.Severity != "critical" {
			return fmt.Errorf("it says %s: %s", i.Severity, i.Title)
		}
		return nil
	})
	assert.Equal(t, opened.ID, updated.ID)

	works := logRecord{
		at:         kit.Milliseconds(time.Now()),
		attributes: map[string]any{"alert24.alias": backup, "alert24.status": "resolved"},
	}
	require.Equal(t, http.StatusOK, o.send(t, works))
	closed := kit.OnlyIncident(t, o.sandbox, kit.IsResolved)
	assert.Equal(t, opened.ID, closed.ID)
	assert.Equal(t, works.at, closed.ResolvedAt.UTC())
}

// Every acknowledged record is kept, from any sender.
func TestLogsSurviveACrash(t *testing.T) { kit.EachReading(t, testLogsSurviveACrash) }

func testLogsSurviveACrash(t *testing.T, switches func(*sandbox.Switches)) {
	t.Helper()
	o := startOTLP(t, switches)
	fault, err := o.sandbox.AddFault(sandbox.Fault{Status: http.StatusServiceUnavailable})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, o.send(t, backupFails()))
	o.collector.Kill()
	require.NoError(t, os.Remove(o.socket)) // a socket that a crash leaves behind blocks a new one
	require.Empty(t, o.sandbox.Incidents())
	require.True(t, o.sandbox.RemoveFault(fault))
	require.NoError(t, o.collector.Start(t.Context()))
	assert.Equal(t, backup, kit.OnlyIncident(t, o.sandbox, kit.IsOpen).Alias)
}

// A record that cannot become an incident is refused alone.
func TestLogsThatCannotBecomeIncidents(t *testing.T) {
	o := startOTLP(t, nil)
	nameless := logRecord{at: time.Now(), body: "GET /health 200"}
	unclear := logRecord{at: time.Now(), body: "unclear", attributes: map[string]any{"alert24.alias": "x", "alert24.status": "maybe"}}

	assert.Equal(t, http.StatusBadRequest, o.send(t, nameless, unclear), "none is of use: the sender must not repeat them")
	assert.Equal(t, http.StatusOK, o.send(t, nameless, backupFails(), unclear), "one is of use: the sender must not repeat it")
	assert.Equal(t, backup, kit.OnlyIncident(t, o.sandbox, kit.IsOpen).Alias)
	kit.Deliver(t, o.collector, kit.Firing("api-01.prod", "critical"))
	kit.Eventually(t, func(context.Context) error {
		if len(o.sandbox.Open(kit.Alias)) != 1 {
			return errors.New("the alert of the webhook has no incident")
		}
		return nil
	})
	assert.Len(t, o.sandbox.Incidents(), 2)

	assert.Contains(t, o.collector.Log(), "the record has neither alert24.alias nor alertmanager.alias")
	assert.Regexp(t, `(?m)^otelcol_exporter_alert24_refused_records(_total)?(\{.*\})? 4$`, kit.Read(t.Context(), t, o.collector.Metrics))
}
