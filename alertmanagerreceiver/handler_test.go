// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// consumeFunc is a pipeline in one function.
type consumeFunc func(context.Context, plog.Logs) error

func (f consumeFunc) ConsumeLogs(ctx context.Context, logs plog.Logs) error { return f(ctx, logs) }
func (consumeFunc) Capabilities() consumer.Capabilities                     { return consumer.Capabilities{} }

func handlerOf(tb testing.TB, cfg *Config, next consumer.Logs) *handler {
	tb.Helper()
	h, err := newHandler(receivertest.NewNopSettings(metadata.Type), cfg, next)
	require.NoError(tb, err)
	return h
}

func post(h http.Handler, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, defaultPath, body))
	return w
}

func TestAccepted(t *testing.T) {
	for _, tt := range []struct{ method, contentType, body string }{
		{http.MethodPost, "application/json", good},
		{http.MethodPut, "application/json", good},
		{http.MethodPost, "application/json; charset=utf-8", good},
		{http.MethodPost, "application/vnd.alerts+json", good},
		{http.MethodPost, "", good},
		{http.MethodPost, "application/json", " \n" + good + "\r\n "},
		{http.MethodPost, "application/json", withMembers(`"version":"","groupKey":null,"groupLabels":null,"truncatedAlerts":null`)},
		{http.MethodPost, "application/json", firing(`"labels":null,"endsAt":"","startsAt":null,"fingerprint":null`)},
		{http.MethodPost, "application/json", firing(`"values":[1],"orgId":"one","ruleUID":7,"imageURL":null,"valueString":{}`)},
		{http.MethodPost, "application/json", withMembers(`"version":4,"receiver":["a"],"groupLabels":[],"truncatedAlerts":-1,"groupKey":true`)},
		{http.MethodPost, "application/json", withMembers(`"status":"","commonLabels":7,"somethingNew":{"a":[null,{"b":1e5}]}`)},
	} {
		t.Run(tt.method+" "+tt.contentType+tt.body, func(t *testing.T) {
			sink := new(consumertest.LogsSink)
			r := httptest.NewRequest(tt.method, defaultPath, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.contentType)
			w := httptest.NewRecorder()
			serverOf(t, defaultConfig(), sink).ServeHTTP(w, r)

			assert.Equal(t, http.StatusOK, w.Code, w.Body)
			assert.Empty(t, w.Body.String())
			assert.Empty(t, w.Header())
			assert.Equal(t, 1, sink.LogRecordCount())
		})
	}
}

func TestNoAlertsNeedNoPipeline(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewErr(errors.New("not to be asked")))
	assert.Equal(t, http.StatusOK, post(h, strings.NewReader(`{"alerts":[]}`)).Code)
}

func TestAnswerFollowsThePipeline(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		answer string
	}{
		{errors.New("s3cret"), 503, "the pipeline cannot take the alerts now: see the collector's log\n"},
		{context.DeadlineExceeded, 503, "the pipeline cannot take the alerts now: see the collector's log\n"},
		{consumererror.NewRetryableError(errors.New("s3cret")), 503, "the pipeline cannot take the alerts now: see the collector's log\n"},
		{consumererror.NewOTLPHTTPError(errors.New("s3cret"), 429), 503, "the pipeline cannot take the alerts now: see the collector's log\n"},
		{consumererror.NewPermanent(errors.New("s3cret")), 400, "the pipeline refused the alerts permanently: see the collector's log\n"},
		{
			fmt.Errorf("s3cret: %w", consumererror.NewPermanent(errors.New("x"))), 400,
			"the pipeline refused the alerts permanently: see the collector's log\n",
		},
		// Of several exporters, one that can take the alerts later decides: the sender must not wait for its group_interval.
		{errors.Join(consumererror.NewPermanent(errors.New("x")), errors.New("y")), 503, "the pipeline cannot take the alerts now: see the collector's log\n"},
		{
			fmt.Errorf("s3cret: %w", errors.Join(errors.New("x"), consumererror.NewPermanent(errors.New("y")))), 503,
			"the pipeline cannot take the alerts now: see the collector's log\n",
		},
		{
			errors.Join(consumererror.NewPermanent(errors.New("x")), consumererror.NewPermanent(errors.New("y"))), 400,
			"the pipeline refused the alerts permanently: see the collector's log\n",
		},
		{
			consumererror.NewPermanent(errors.Join(errors.New("x"), errors.New("y"))), 400,
			"the pipeline refused the alerts permanently: see the collector's log\n",
		},
	} {
		t.Run(fmt.Sprint(tt.status, tt.err), func(t *testing.T) {
			w := post(handlerOf(t, defaultConfig(), consumertest.NewErr(tt.err)), strings.NewReader(good))
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.answer, w.Body.String())
		})
	}
}

func TestPanicIsAnswered(t *testing.T) {
	panics := true
	h := handlerOf(t, defaultConfig(), consumeFunc(func(context.Context, plog.Logs) error {
		if panics {
			panic("a bug")
		}
		return nil
	}))
	w := post(h, strings.NewReader(good))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "internal error: see the collector's log\n", w.Body.String())

	panics = false
	for range 2 * h.places.budget / h.places.least { // all memory is free again
		assert.Equal(t, http.StatusOK, post(h, strings.NewReader(good)).Code)
	}
}

// TestArrivalIsCountedBeforeTheBody: a webhook that is stuck in the network is older than one that overtakes it.
func TestArrivalIsCountedBeforeTheBody(t *testing.T) {
	sink := new(consumertest.LogsSink)
	h := handlerOf(t, defaultConfig(), sink)
	body, stuck := io.Pipe()
	var first sync.WaitGroup
	first.Go(func() { post(h, body) })
	_, err := stuck.Write([]byte(`{"alerts":[`)) // returns once the handler reads
	require.NoError(t, err)

	post(h, strings.NewReader(good))
	_, err = stuck.Write([]byte(goodAlert + "," + goodAlert + `]}`))
	require.NoError(t, err)
	require.NoError(t, stuck.Close())
	first.Wait()

	require.Len(t, sink.AllLogs(), 2)
	overtaking, overtaken := recordsOf(sink.AllLogs()[0]), recordsOf(sink.AllLogs()[1])
	require.Len(t, overtaking, 1)
	require.Len(t, overtaken, 2)
	assert.Greater(t, seqOf(t, overtaking[0]), seqOf(t, overtaken[1]))
	assert.Greater(t, seqOf(t, overtaken[1]), seqOf(t, overtaken[0]), "later in the webhook is later")
	assert.Equal(t, epochOf(t, overtaking[0]), epochOf(t, overtaken[0]))
}

func TestEpochIsOfTheReceiver(t *testing.T) {
	a, b := handlerOf(t, defaultConfig(), consumertest.NewNop()), handlerOf(t, defaultConfig(), consumertest.NewNop())
	assert.NotEmpty(t, a.epoch)
	assert.NotEqual(t, a.epoch, b.epoch)
}

func recordsOf(logs plog.Logs) (all []plog.LogRecord) {
	for _, lr := range logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		all = append(all, lr)
	}
	return all
}

func seqOf(t *testing.T, lr plog.LogRecord) int64 {
	t.Helper()
	v, ok := lr.Attributes().Get(attrs.Seq)
	require.True(t, ok)
	return v.Int()
}

func epochOf(t *testing.T, lr plog.LogRecord) string {
	t.Helper()
	v, ok := lr.Attributes().Get(attrs.Epoch)
	require.True(t, ok)
	return v.Str()
}

// failing is a body that fails after some bytes.
type failing struct {
	io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = f.err
	}
	return n, err
}

func TestBodyThatDoesNotArrive(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewErr(errors.New("not to be asked")))
	late := failing{strings.NewReader(good[:10]), os.ErrDeadlineExceeded}
	w := post(h, late)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code, "the sender shall try again")
	assert.Equal(t, "the body did not arrive in time: see read_timeout\n", w.Body.String())

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(gone, http.MethodPost, defaultPath, failing{strings.NewReader(""), io.ErrUnexpectedEOF})
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	assert.Equal(t, http.StatusServiceUnavailable, recorder.Code)
}

// TestIdentityIsNoEncoding: a request with this encoding gets the same answer as one without the header.
func TestIdentityIsNoEncoding(t *testing.T) {
	for status, algorithms := range map[int][]string{200: {""}, 415: {"gzip"}} {
		cfg := defaultConfig()
		cfg.ServerConfig.CompressionAlgorithms = algorithms
		for _, encoding := range []string{"", "identity"} {
			r := httptest.NewRequest(http.MethodPost, defaultPath, strings.NewReader(good))
			r.Header.Set("Content-Encoding", encoding)
			w := httptest.NewRecorder()
			serverOf(t, cfg, new(consumertest.LogsSink)).ServeHTTP(w, r)
			assert.Equal(t, status, w.Code, "%q", encoding)
		}
	}
}

func TestTelemetry(t *testing.T) {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	var answer error
	cfg := defaultConfig()
	cfg.Telemetry.OptionalMetrics = true
	cfg.Limits.ValueBytes = minValueBytes
	h, err := newHandler(set, cfg, consumeFunc(func(context.Context, plog.Logs) error { return answer }))
	require.NoError(t, err)

	two := `{"alerts":[` + goodAlert + `,{"status":"firing","annotations":{"a":"` + strings.Repeat("x", 100) + `"}}],"truncatedAlerts":5}`
	post(h, strings.NewReader(two))
	post(h, strings.NewReader(good))
	answer = errors.New("not now")
	post(h, strings.NewReader(two))
	answer = consumererror.NewPermanent(errors.New("never"))
	post(h, strings.NewReader(two))
	post(h, strings.NewReader("{"))
	h.refuseEarly(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, defaultPath, http.NoBody), "no", http.StatusUnauthorized)

	id := attribute.String("receiver", h.id)
	byStatus := func(status int, n int64) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(attribute.Int("http.response.status_code", status), id)}
	}
	assertMetric(t, tel, "webhooks", sumOf(byStatus(200, 2), byStatus(400, 2), byStatus(401, 1), byStatus(503, 1)))
	once := func(n int64) metricdata.Sum[int64] {
		return sumOf(metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(id)})
	}
	assertMetric(t, tel, "truncated_webhooks", once(1))
	assertMetric(t, tel, "truncated_alerts", once(5))
	assertMetric(t, tel, "cut_values", once(1))
	assertSum(t, tel, "otelcol_receiver_accepted_log_records", 3)
	assertSum(t, tel, "otelcol_receiver_refused_log_records", 4)

	// Every operation that was started has ended: its span is there.
	assert.Len(t, tel.SpanRecorder.Ended(), 5)
	assert.Len(t, tel.SpanRecorder.Started(), 5)
}

func assertSum(t *testing.T, tel *componenttest.Telemetry, name string, want int64) {
	t.Helper()
	m, err := tel.GetMetric(name)
	require.NoError(t, err)
	sum, ok := m.Data.(metricdata.Sum[int64])
	require.True(t, ok)
	require.Len(t, sum.DataPoints, 1)
	assert.Equal(t, want, sum.DataPoints[0].Value, name)
}
