// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sight

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
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// traces is an OTLP server that keeps the spans it receives.
type traces struct {
	*httptest.Server

	mu    sync.Mutex
	spans map[string]ptrace.Span // by name
	text  strings.Builder        // everything received
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

// chain returns the span names from the root's child down to the named span, all of one trace.
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
func TestOneTraceFromWebhookToAlert24(t *testing.T) { //nolint:funlen // one story: each step needs the one before
	const traceID, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	server := startTraces(t)
	s, c := kit.StartCollector(t, append(kit.Quick(),
		"service.telemetry.traces.propagators=[tracecontext]",
		"service.telemetry.traces.processors=[{simple: {exporter: {otlp: {protocol: http/protobuf, endpoint: "+server.URL+"}}}}]",
	)...)
	body, err := json.Marshal(kit.Firing("api-01.prod", "critical"))
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Webhook, strings.NewReader(string(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+harness.WebhookToken)
	request.Header.Set("Traceparent", "00-"+traceID+"-"+parent+"-01")
	response, err := kit.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	kit.OnlyIncident(t, s, kit.IsOpen)

	var root pcommon.SpanID
	_, err = hex.Decode(root[:], []byte(parent))
	require.NoError(t, err)
	push := []string{"Server POST /alertmanager", "Internal receiver/alertmanager/LogsReceived", "Internal exporter/alert24/logs"}
	for last, want := range map[string][]string{
		"Internal alert24 ledger write": append(slices.Clip(push), "Internal alert24 ledger write"),
		"Client HTTP POST":              append(slices.Clip(push), "Internal alert24 create", "Client HTTP POST"),
	} {
		var chain []string
		kit.Eventually(t, func(context.Context) (err error) {
			chain, err = server.chain(last, root)
			return err
		})
		assert.Equal(t, want, chain)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	api, err := url.Parse(s.Endpoint)
	require.NoError(t, err)
	incident := s.Incidents()[0]
	for name, want := range map[string]map[string]string{
		"Server POST /alertmanager": {
			"http.request.method": "POST", "http.route": "/alertmanager", "url.path": "/alertmanager", "url.scheme": "http", "http.response.status_code": "200",
			"client.address": "127.0.0.1",
		},
		"Internal alert24 ledger write": {"alert24.events": "1"},
		"Internal alert24 create":       {"alert24.alias": incident.Alias, "alert24.incident.id": incident.ID, "alert24.result": "done"},
		"Client HTTP POST": {
			"http.request.method": "POST", "url.full": s.Endpoint + "/incidents", "server.address": api.Hostname(),
			"server.port": api.Port(), "http.response.status_code": "201",
		},
	} {
		for key, value := range want {
			got, _ := server.spans[name].Attributes().Get(key)
			assert.Equal(t, value, got.AsString(), "%s of %s", key, name)
		}
	}
	for name, span := range server.spans {
		if name == "Client HTTP GET" { // the check of the key at the start, which no webhook caused
			assert.NotEqual(t, traceID, span.TraceID().String(), name)
			continue
		}
		assert.Equal(t, traceID, span.TraceID().String(), name)
	}
	for _, secret := range []string{s.Key, harness.WebhookToken} {
		assert.NotContains(t, server.text.String(), secret)
	}
}
