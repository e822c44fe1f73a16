// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/trace"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// localConfig listens on a free port of the loopback interface.
func localConfig() *Config {
	cfg := defaultConfig()
	cfg.ServerConfig.NetAddr.Endpoint = "127.0.0.1:0"
	return cfg
}

// started returns a running receiver and shuts it down at the end of the test.
func started(t *testing.T, set receiver.Settings, cfg *Config, host component.Host, next consumer.Logs) *alertmanagerReceiver {
	t.Helper()
	r, err := newReceiver(set, cfg, next)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), host))
	t.Cleanup(func() { require.NoError(t, r.Shutdown(context.WithoutCancel(t.Context()))) })
	return r
}

// send posts body to the receiver on a new connection, and returns the status.
func send(t require.TestingT, r *alertmanagerReceiver, client *http.Client, scheme, body string, header http.Header) (int, error) {
	url := scheme + "://" + r.listener.Addr().String() + r.cfg.Path
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Close = true
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestServes(t *testing.T) {
	sink := new(consumertest.LogsSink)
	r := started(t, receivertest.NewNopSettings(metadata.Type), localConfig(), componenttest.NewNopHost(), sink)
	before := time.Now()
	status, err := send(t, r, http.DefaultClient, "http", good, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)

	require.Equal(t, 1, sink.LogRecordCount())
	lr := recordsOf(sink.AllLogs()[0])[0]
	assert.Equal(t, "127.0.0.1", stringOf(t, lr.Attributes(), attrs.ClientAddress))
	assert.False(t, lr.ObservedTimestamp().AsTime().Before(before))
}

// TestTooLargeIsReported: a sender that has written nearly everything sees the answer. One that is still writing may see a closed
// connection. The incident reports both.
func TestTooLargeIsReported(t *testing.T) {
	cfg := localConfig()
	cfg.ServerConfig.MaxRequestBodySize = 1 << 20
	sink := new(consumertest.LogsSink)
	r := started(t, receivertest.NewNopSettings(metadata.Type), cfg, componenttest.NewNopHost(), sink)
	status, err := send(t, r, http.DefaultClient, "http", strings.Repeat(" ", 1<<20+1), nil)
	if err == nil {
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	}
	assert.Eventually(t, func() bool { return sink.LogRecordCount() == 1 }, 10*time.Second, time.Millisecond, "its own alert")
	alias := stringOf(t, recordsOf(sink.AllLogs()[0])[0].Attributes(), attrs.Alias)
	assert.Contains(t, alias, "AlertmanagerWebhookTooLarge:alertmanager/")
}

// TestTraceContinues: the pipeline's spans belong to the sender's trace.
func TestTraceContinues(t *testing.T) {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	var seen trace.SpanContext
	r := started(t, set, localConfig(), componenttest.NewNopHost(), consumeFunc(func(ctx context.Context, _ plog.Logs) error {
		seen = trace.SpanContextFromContext(ctx)
		return nil
	}))
	_, err := send(t, r, http.DefaultClient, "http", good,
		http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}})
	require.NoError(t, err)

	assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", seen.TraceID().String())
	spans := tel.SpanRecorder.Ended()
	require.NotEmpty(t, spans)
	parents := map[string]string{}
	for _, span := range spans {
		if span.SpanContext().TraceID() == seen.TraceID() {
			parents[path.Base(span.Name())] = span.Parent().SpanID().String()
		} else {
			assert.Equal(t, "POST /alertmanager", span.Name(), "strangers choose no trace, so this one is the server's own")
		}
	}
	assert.Equal(t, map[string]string{"LogsReceived": "b7ad6b7169203331"}, parents)
}

func TestShutdownIsBounded(t *testing.T) {
	cfg := localConfig()
	cfg.ShutdownTimeout = 10 * time.Millisecond
	entered := make(chan struct{})
	r, err := newReceiver(receivertest.NewNopSettings(metadata.Type), cfg, consumeFunc(func(ctx context.Context, _ plog.Logs) error {
		close(entered)
		<-ctx.Done() // the pipeline does not answer until it is cancelled
		return ctx.Err()
	}))
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))

	var sender sync.WaitGroup
	sender.Go(func() {
		status, err := send(t, r, http.DefaultClient, "http", good, nil)
		assert.True(t, err != nil || status == http.StatusServiceUnavailable, "the sender must send again, not take %d for yes", status)
	})
	<-entered
	require.NoError(t, r.Shutdown(context.WithoutCancel(t.Context())))
	sender.Wait()
	require.NoError(t, r.Shutdown(context.WithoutCancel(t.Context())), "again")
}

// TestShutdownLeavesAStuckPipeline: even a pipeline that ignores its context cannot block a shutdown.
func TestShutdownLeavesAStuckPipeline(t *testing.T) {
	shutDownStuck(t, localConfig(), func(r *alertmanagerReceiver) {
		_, err := send(t, r, http.DefaultClient, "http", good, nil)
		assert.Error(t, err, "the sender must send again")
	})
}

// shutDownStuck shuts a receiver down while its pipeline ignores the end of its context. ask makes the pipeline busy.
func shutDownStuck(t *testing.T, cfg *Config, ask func(r *alertmanagerReceiver)) {
	t.Helper()
	cfg.ShutdownTimeout = 10 * time.Millisecond
	entered, release, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
	r, err := newReceiver(receivertest.NewNopSettings(metadata.Type), cfg, consumeFunc(func(context.Context, plog.Logs) error {
		defer close(left)
		close(entered)
		<-release
		return nil
	}))
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	var asking sync.WaitGroup
	asking.Go(func() { ask(r) })
	<-entered
	require.NoError(t, r.Shutdown(context.WithoutCancel(t.Context())))
	asking.Wait()
	close(release)
	<-left
}

func TestShutdownWaitsForRequestsInProgress(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r, err := newReceiver(receivertest.NewNopSettings(metadata.Type), localConfig(), consumeFunc(func(context.Context, plog.Logs) error {
		close(entered)
		<-release
		return nil
	}))
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	var sender, shutdown sync.WaitGroup
	sender.Go(func() {
		status, err := send(t, r, http.DefaultClient, "http", good, nil)
		assert.NoError(t, err)
		assert.Equal(t, http.StatusOK, status)
	})
	<-entered
	shutdown.Go(func() { assert.NoError(t, r.Shutdown(context.WithoutCancel(t.Context()))) })
	close(release)
	sender.Wait()
	shutdown.Wait()
}

func TestStartFailsWithTheKey(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	cfg := localConfig()
	cfg.ServerConfig.NetAddr.Endpoint = taken.Addr().String()
	r, err := newReceiver(receivertest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), componenttest.NewNopHost()), "endpoint: cannot listen on")
	require.NoError(t, r.Shutdown(t.Context()))
}

func TestOpenEndpointIsWarnedOf(t *testing.T) {
	for endpoint, warned := range map[string]int{"127.0.0.1:0": 0, "0.0.0.0:0": 1} {
		set, logged := observed()
		cfg := localConfig()
		cfg.ServerConfig.NetAddr.Endpoint = endpoint
		started(t, set, cfg, componenttest.NewNopHost(), consumertest.NewNop())
		assert.Equal(t, warned, logged.FilterMessageSnippet("accepts webhooks from anybody").Len(), endpoint)
	}
}

// statusHost keeps the status that a component reports.
type statusHost struct {
	component.Host
	events chan *componentstatus.Event
}

func (h statusHost) Report(e *componentstatus.Event) { h.events <- e }

func TestBrokenServerIsFatal(t *testing.T) {
	host := statusHost{componenttest.NewNopHost(), make(chan *componentstatus.Event, 1)}
	r := started(t, receivertest.NewNopSettings(metadata.Type), localConfig(), host, consumertest.NewNop())
	require.NoError(t, r.listener.Close())
	event := <-host.events
	assert.Equal(t, componentstatus.StatusFatalError, event.Status())
	require.Error(t, event.Err())
}

// TestConsumeContract is the collector's own check of receivers: whatever the pipeline answers, every alert is accepted, or permanently
// refused, exactly once if its sender repeats after 503 and stops after 400.
func TestConsumeContract(t *testing.T) {
	const rounds = 200
	generator := &contractSender{t: t}
	factory := receiver.NewFactory(metadata.Type, createDefaultConfig, receiver.WithLogs(
		func(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
			r, err := newReceiver(set, cfg.(*Config), consumeFunc(func(ctx context.Context, logs plog.Logs) error {
				for _, lr := range recordsOf(logs) {
					id, _ := lr.Attributes().Get(attrs.AlertLabelPrefix + receivertest.UniqueIDAttrName)
					lr.Attributes().PutStr(receivertest.UniqueIDAttrName, id.Str())
				}
				return next.ConsumeLogs(ctx, logs)
			}))
			generator.receiver = r
			return r, err
		}, component.StabilityLevelAlpha))
	receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
		T: t, Factory: factory, Signal: pipeline.SignalLogs, Config: localConfig(), Generator: generator, GenerateCount: rounds,
	})
}

// contractSender sends webhooks of two alerts, as Alertmanager would.
type contractSender struct {
	t        *testing.T
	receiver *alertmanagerReceiver
	mu       sync.Mutex
	sent     int
}

func (*contractSender) Start() {}
func (*contractSender) Stop()  {}

func (s *contractSender) Generate() []receivertest.UniqueIDAttrVal {
	s.mu.Lock()
	first, second := receivertest.UniqueIDAttrVal("id-"+strconv.Itoa(s.sent)), receivertest.UniqueIDAttrVal("id-"+strconv.Itoa(s.sent+1))
	s.sent += 2
	s.mu.Unlock()
	body := `{"alerts":[{"status":"firing","labels":{"test_id":"` + string(first) + `"}},{"status":"resolved","labels":{"test_id":"` + string(second) + `"}}]}`
	for {
		status, err := send(s.t, s.receiver, http.DefaultClient, "http", body, nil)
		require.NoError(s.t, err)
		if status != http.StatusServiceUnavailable {
			return []receivertest.UniqueIDAttrVal{first, second}
		}
	}
}
