// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// statusGate makes health_check report the status of components.
const statusGate = "--feature-gates=extension.healthcheck.useComponentStatus"

// While Alert24 refuses the key, webhooks are accepted and every probe passes; metrics, status and log tell, and all goes
// well again by itself.
func TestRefusedKeyStopsNoWebhook(t *testing.T) {
	for name, args := range map[string][]string{"health_check as deployed": nil, "health_check with component status": {statusGate}} {
		t.Run(name, func(t *testing.T) {
			s, err := harness.StartSandbox(t.Context())
			require.NoError(t, err)
			t.Cleanup(s.Close)
			s.SetKeys(map[string][]string{"ak_live_another": {"write"}})
			c, err := harness.StartCollector(t.Context(), harness.CollectorOptions{
				Binary: binaries(t, harness.CollectorEnv).Collector, Endpoint: s.Endpoint(), APIKey: s.Key,
				Dir: t.TempDir(), Set: quick(), Args: args,
			})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, c.Stop()) })
			deliver(t, c, firing("api-01.prod", "critical"))
			requireMetric(t, c, "otelcol_exporter_alert24_api_up", 0)

			deliver(t, c, firing("api-02.prod", "critical"))
			requireMetric(t, c, "otelcol_exporter_alert24_pending_aliases", 2)
			requireMetric(t, c, "otelcol_exporter_alert24_storage_up", 1)
			assert.Contains(t, scrape(t.Context(), t, c)["otelcol_exporter_alert24_requests"], `{answer="denied",operation="create"}`)
			assert.Contains(t, c.Log(), "check the API key")
			assert.NotContains(t, c.Log(), s.Key)
			assert.Empty(t, s.Incidents())
			requireStatus(t, c, args, "StatusRecoverableError")
			require.NoError(t, readiness(t.Context(), t, c, http.StatusOK, "ready"))

			s.SetKeys(map[string][]string{s.Key: {"write"}})
			requireMetric(t, c, "otelcol_exporter_alert24_open_incidents", 2)
			requireMetric(t, c, "otelcol_exporter_alert24_api_up", 1)
			requireMetric(t, c, "otelcol_exporter_alert24_pending_aliases", 0)
			requireStatus(t, c, args, "StatusOK")
			assert.Equal(t, 2, s.Stats().Open)
		})
	}
}

// A bridge whose storage is full is not ready. Once there is room it is ready again by itself: while it is not, an orchestrator
// may keep all webhooks from it.
func TestReadinessFollowsTheStorage(t *testing.T) {
	s, c := startCollector(t, append(quick(),
		fmt.Sprint(storageRoom, 2<<20),
		// What is not heard of ends after a while, and soon leaves the ledger: that makes room.
		"exporters.alert24.lifecycle.stale_after=10s", "exporters.alert24.timeout=1s", "exporters.alert24.echo.window=1s",
		"exporters.alert24.echo.hold=1s", "exporters.alert24.lifecycle.closed_retention=2s",
	)...)
	require.NoError(t, readiness(t.Context(), t, c, http.StatusOK, "ready"))
	_, refused := fill(t, c)
	becomes := func(status int, said string) {
		t.Helper()
		eventually(t, func(ctx context.Context) error { return readiness(ctx, t, c, status, said) })
	}
	becomes(http.StatusServiceUnavailable, "not ready: the storage is full")
	requireMetric(t, c, "otelcol_exporter_alert24_storage_up", 0)
	read(t.Context(), t, c.Health) // it lives
	answered := scrape(t.Context(), t, c)["otelcol_receiver_alertmanager_webhooks"]

	becomes(http.StatusOK, "ready")
	assert.Equal(t, answered, scrape(t.Context(), t, c)["otelcol_receiver_alertmanager_webhooks"], "no webhook was needed")
	requireMetric(t, c, "otelcol_exporter_alert24_storage_up", 1)
	deliver(t, c, refused)
	eventually(t, func(context.Context) error {
		for _, i := range s.Incidents() {
			if i.Open() && i.Alias == "HighErrorRate:"+refused.Alerts[0].Labels["instance"] {
				return nil
			}
		}
		return errors.New("the refused alert has no incident")
	})
}

// In a storm of alerts, too, the log says of each incident what became of it, in one line.
func TestOneLogLineForEachIncident(t *testing.T) {
	const alerts = 40
	s, c := startCollector(t, quick()...)
	storm := firing("host-0", "critical")
	for i := 1; i < alerts; i++ {
		storm.Alerts = append(storm.Alerts, firing(fmt.Sprintf("host-%d", i), "critical").Alerts...)
	}
	deliver(t, c, storm)
	line := regexp.MustCompile(`\tIncident opened\t.*"alias": "HighErrorRate:(host-\d+)", "incident_id": "(\S+)", "incident_number": (\d+), "reason": "an alert fires"`)
	eventually(t, func(context.Context) error {
		if n := len(line.FindAllString(c.Log(), -1)); n != alerts {
			return fmt.Errorf("%d lines", n)
		}
		return nil
	})
	said := map[string]string{}
	for _, found := range line.FindAllStringSubmatch(c.Log(), -1) {
		said["HighErrorRate:"+found[1]] = found[2] + " " + found[3]
	}
	for _, i := range s.Incidents() {
		assert.Equal(t, fmt.Sprint(i.ID, " ", i.Number), said[i.Alias])
	}
}

// readiness asks, without a token, whether webhooks are taken, and wants this answer.
func readiness(ctx context.Context, t *testing.T, c *harness.Collector, status int, said string) error {
	t.Helper()
	got, body, err := get(ctx, t, c.Ready)
	if err != nil {
		return err
	}
	if body = strings.TrimSpace(body); got != status || body != said {
		return fmt.Errorf("%s is %d %q, not %d %q", c.Ready, got, body, status, said)
	}
	return nil
}

// requireStatus wants the health check to answer 200 and, where it knows components, to say the exporter's status.
func requireStatus(t *testing.T, c *harness.Collector, args []string, want string) {
	t.Helper()
	said := read(t.Context(), t, c.Health+"?verbose") // fails unless it is 200
	if len(args) == 0 {
		assert.Contains(t, said, "Server available")
		return
	}
	type status struct {
		Healthy    bool              `json:"healthy"`
		Status     string            `json:"status"`
		Components map[string]status `json:"components"`
	}
	var all status
	require.NoError(t, json.Unmarshal([]byte(said), &all), said)
	assert.True(t, all.Healthy, said)
	assert.Equal(t, want, all.Components["pipeline:logs"].Components["exporter:alert24"].Status, said)
}

// requireMetric waits until all series of a metric are want.
func requireMetric(t *testing.T, c *harness.Collector, name string, want float64) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		found := scrape(ctx, t, c)[name]
		if len(found) == 0 {
			return fmt.Errorf("there is no %s", name)
		}
		for labels, got := range found {
			if got != want {
				return fmt.Errorf("%s%s is %v, not %v", name, labels, got, want)
			}
		}
		return nil
	})
}

// traces is an OTLP server that keeps the spans it is sent.
type traces struct {
	*httptest.Server

	mu    sync.Mutex
	spans map[string]ptrace.Span // by name
	text  strings.Builder        // all that was sent
}

func startTraces(t *testing.T) *traces {
	t.Helper()
	server := &traces{spans: map[string]ptrace.Span{}}
	server.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		request := ptraceotlp.NewExportRequest()
		if err = errors.Join(err, request.UnmarshalProto(body)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		server.keep(request.Traces(), body)
		answer, _ := ptraceotlp.NewExportResponse().MarshalProto()
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(answer)
	}))
	t.Cleanup(server.Close)
	return server
}

func (s *traces) keep(sent ptrace.Traces, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(body)
	for _, resource := range sent.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				s.spans[span.Kind().String()+" "+span.Name()] = span
			}
		}
	}
}

// chain returns the names of the spans from the root's child down to the named one, all of one trace.
func (s *traces) chain(name string, root pcommon.SpanID) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	byID := map[pcommon.SpanID]string{}
	for name, span := range s.spans {
		byID[span.SpanID()] = name
	}
	var names []string
	for {
		span, ok := s.spans[name]
		if !ok {
			return nil, fmt.Errorf("no span %q among %v", name, byID)
		}
		names = append([]string{name}, names...)
		parent := span.ParentSpanID()
		if parent == root {
			return names, nil
		}
		if name, ok = byID[parent]; !ok {
			return nil, fmt.Errorf("the parent of %q is missing among %v", names[0], byID)
		}
	}
}

// A webhook with a traceparent, the write of the ledger and the call of Alert24 are one trace.
func TestOneTraceFromWebhookToAlert24(t *testing.T) {
	const traceID, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	server := startTraces(t)
	s, c := startCollector(t, append(quick(),
		"service.telemetry.traces.propagators=[tracecontext]",
		"service.telemetry.traces.processors=[{simple: {exporter: {otlp: {protocol: http/protobuf, endpoint: "+server.URL+"}}}}]",
	)...)
	body, err := json.Marshal(firing("api-01.prod", "critical"))
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Webhook, strings.NewReader(string(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+harness.WebhookToken)
	request.Header.Set("Traceparent", "00-"+traceID+"-"+parent+"-01")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	onlyIncident(t, s, isOpen)

	var root pcommon.SpanID
	_, err = hex.Decode(root[:], []byte(parent))
	require.NoError(t, err)
	push := []string{"Server POST /alertmanager", "Internal receiver/alertmanager/LogsReceived", "Internal exporter/alert24/logs"}
	for last, want := range map[string][]string{
		"Internal alert24 ledger write": append(slices.Clip(push), "Internal alert24 ledger write"),
		"Client HTTP POST":              append(slices.Clip(push), "Internal alert24 create", "Client HTTP POST"),
	} {
		var chain []string
		eventually(t, func(context.Context) (err error) {
			chain, err = server.chain(last, root)
			return err
		})
		assert.Equal(t, want, chain)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	api, err := url.Parse(s.Endpoint())
	require.NoError(t, err)
	incident := s.Incidents()[0]
	for name, want := range map[string]map[string]string{
		"Server POST /alertmanager": {
			"http.request.method": "POST", "http.route": "/alertmanager", "url.path": "/alertmanager", "url.scheme": "http", "http.response.status_code": "200",
			"client.address": "127.0.0.1",
		},
		"Internal alert24 ledger write": {"alert24.events": "1"},
		"Internal alert24 create":       {"alert24.alias": incident.Alias, "alert24.incident.id": incident.ID, "alert24.answer": "accepted"},
		"Client HTTP POST": {
			"http.request.method": "POST", "url.full": s.Endpoint() + "/incidents", "server.address": api.Hostname(),
			"server.port": api.Port(), "http.response.status_code": "201",
		},
	} {
		for key, value := range want {
			got, _ := server.spans[name].Attributes().Get(key)
			assert.Equal(t, value, got.AsString(), "%s of %s", key, name)
		}
	}
	for name, span := range server.spans {
		assert.Equal(t, traceID, span.TraceID().String(), name)
	}
	for _, secret := range []string{s.Key, harness.WebhookToken} {
		assert.NotContains(t, server.text.String(), secret)
	}
}
