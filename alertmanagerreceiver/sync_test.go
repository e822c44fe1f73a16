// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// world is a set of Alertmanagers without a network, by host.
type world struct {
	mu     sync.Mutex
	began  time.Time
	asked  []string // time and host of each poll
	answer map[string]func() (status, list string, err error)
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	status, list, err := w.answer[r.URL.Host]()
	if err != nil {
		return nil, err
	}
	body := status
	if strings.HasSuffix(r.URL.Path, "/alerts") {
		w.asked = append(w.asked, fmt.Sprintf("%v %s", time.Since(w.began), r.URL.Host))
		body = list
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (w *world) says(host, status, list string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer[host] = func() (string, string, error) { return status, list, nil }
}

// polls returns the polls so far.
func (w *world) polls() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked)
}

// polled runs a poller for two Alertmanagers, a and b, in a bubble.
func polled(t *testing.T, w *world, next consumer.Logs, change ...func(c *SyncConfig)) (*handler, func()) {
	t.Helper()
	cfg := defaultConfig()
	cfg.Sync.Endpoints = []string{"http://a:9093", "http://b:9093"}
	for _, f := range change {
		f(&cfg.Sync)
	}
	h, err := newHandler(receivertest.NewNopSettings(metadata.Type), cfg, next)
	require.NoError(t, err)
	w.began = time.Now()
	h.poller.open(&http.Client{Transport: w})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.poller.run(ctx) })
	return h, func() { cancel(); running.Wait() }
}

const (
	peerA = `{"uptime":"1999-01-01T00:00:00Z","cluster":{"status":"ready","name":"A","peers":[{"name":"A"},{"name":"B"}]}}`
	peerB = `{"uptime":"1999-01-01T00:00:00Z","cluster":{"status":"ready","name":"B","peers":[{"name":"A"},{"name":"B"}]}}`
	solo  = `{"uptime":"1999-01-01T00:00:00Z","cluster":{"status":"disabled","peers":[]}}`
)

// lastSync is the last sync record. It must be the only record of its batch.
func lastSync(t *testing.T, sink *consumertest.LogsSink) pcommon.Map {
	t.Helper()
	all := sink.AllLogs()
	require.NotEmpty(t, all)
	records := recordsOf(all[len(all)-1])
	require.Len(t, records, 1)
	require.Equal(t, attrs.SyncEventName, records[0].EventName())
	return records[0].Attributes()
}

func get(t *testing.T, m pcommon.Map, name string) any {
	t.Helper()
	v, ok := m.Get(name)
	require.True(t, ok, name)
	return v.AsRaw()
}

// TestPoller: each interval it asks the Alertmanagers one after the other, and sends one record about all of them.
func TestPoller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: map[string]func() (string, string, error){}}
		w.says("a:9093", peerA, "["+listedAlert("X", "active")+","+listedAlert("Y", "suppressed")+"]")
		w.says("b:9093", peerB, "["+listedAlert("X", "suppressed")+","+listedAlert("Y", "active")+","+listedAlert("Z", "suppressed")+"]")
		sink := new(consumertest.LogsSink)
		h, stop := polled(t, w, sink)
		assert.Equal(t, 2*time.Minute, h.poller.resolveWait(), "nobody has said yet that they are peers")
		time.Sleep(95 * time.Second)
		assert.Equal(t, []string{"0s a:9093", "30s b:9093", "1m0s a:9093", "1m30s b:9093"}, w.polls())
		require.Len(t, sink.AllLogs(), 2)
		m := lastSync(t, sink)
		assert.Equal(t, "alertmanager", strings.FieldsFunc(get(t, m, attrs.SyncSource).(string), func(r rune) bool { return r == '/' || r == '@' })[0])
		assert.Equal(t, true, get(t, m, attrs.SyncComplete))
		assert.Len(t, get(t, m, attrs.SyncActive), 2*16, "what one of them sends is active")
		assert.Len(t, get(t, m, attrs.SyncSuppressed), 16)
		assert.EqualValues(t, 120_000, get(t, m, attrs.SyncAbsentFor))
		assert.EqualValues(t, 30_001, get(t, m, attrs.SyncAge), "rounded up: a list must not seem newer than it is")
		assert.Equal(t, h.epoch, get(t, m, attrs.Epoch))
		assert.EqualValues(t, 2<<24, get(t, m, attrs.Seq))
		assert.Zero(t, h.poller.resolveWait(), "they are peers")
		stop()
	})
}

// TestPollerOrder: webhooks that arrive between the polls of a round are newer than the round.
func TestPollerOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: map[string]func() (string, string, error){}}
		w.says("a:9093", peerA, "[]")
		w.says("b:9093", peerB, "[]")
		sink := new(consumertest.LogsSink)
		h, stop := polled(t, w, sink)
		time.Sleep(59 * time.Second) // the first round ended 30 s ago
		first := h.arrive("").Arrival
		time.Sleep(2 * time.Second)
		second := h.arrive("").Arrival
		time.Sleep(30 * time.Second)
		m := lastSync(t, sink)
		seq := get(t, m, attrs.Seq).(int64) >> 24
		assert.Greater(t, seq, first)
		assert.Less(t, seq, second)
		stop()
	})
}

// TestPollerIsIncomplete: if an Alertmanager does not answer, the list is incomplete, but the listed alerts are reported.
func TestPollerIsIncomplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: map[string]func() (string, string, error){}}
		w.says("a:9093", solo, "["+listedAlert("X", "active")+"]")
		w.answer["b:9093"] = func() (string, string, error) { return "", "", errors.New("no route") }
		sink := new(consumertest.LogsSink)
		h, stop := polled(t, w, sink)
		time.Sleep(35 * time.Second)
		m := lastSync(t, sink)
		assert.Equal(t, false, get(t, m, attrs.SyncComplete))
		assert.Len(t, get(t, m, attrs.SyncActive), 16)
		w.says("b:9093", solo, "[]")
		time.Sleep(time.Minute)
		m = lastSync(t, sink)
		assert.Equal(t, true, get(t, m, attrs.SyncComplete))
		assert.Equal(t, 2*time.Minute, h.poller.resolveWait(), "they are no cluster")
		stop()
	})
}

// TestPollerWasPaused: after a pause within a round, its answers are too old to end or open anything.
func TestPollerWasPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: map[string]func() (string, string, error){}}
		w.says("a:9093", peerA, "[]")
		w.answer["b:9093"] = func() (string, string, error) {
			time.Sleep(21 * time.Second) // the client's timeout did not run either
			return peerB, "[]", nil
		}
		sink := new(consumertest.LogsSink)
		_, stop := polled(t, w, sink, func(c *SyncConfig) { c.ClientConfig.Timeout = time.Hour })
		time.Sleep(75 * time.Second)
		require.Len(t, sink.AllLogs(), 1)
		m := lastSync(t, sink)
		assert.EqualValues(t, 72_001, get(t, m, attrs.SyncAge))
		assert.Equal(t, false, get(t, m, attrs.SyncComplete))
		stop()
	})
}

// TestPollerGoesOn: after the pipeline refuses a record, the poller sends the next one.
func TestPollerGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: map[string]func() (string, string, error){}}
		w.says("a:9093", peerA, "[]")
		w.says("b:9093", peerB, "[]")
		refusing := consumertest.NewErr(consumererror.NewPermanent(errors.New("full")))
		_, stop := polled(t, w, refusing)
		time.Sleep(3*time.Minute - time.Second)
		assert.Len(t, w.polls(), 6)
		stop()
	})
}

// TestResolvesWait: resolves wait if the Alertmanagers are not one cluster; firings do not.
func TestResolvesWait(t *testing.T) {
	cfg := defaultConfig()
	cfg.Sync.Endpoints = []string{"http://a:9093", "http://b:9093"}
	sink := new(consumertest.LogsSink)
	h, err := newHandler(receivertest.NewNopSettings(metadata.Type), cfg, sink)
	require.NoError(t, err)
	body := `{"version":"4","alerts":[{"status":"resolved","labels":{"alertname":"A"},"startsAt":"2026-11-26T10:00:00Z","endsAt":"2026-11-26T11:00:00Z"},` +
		`{"status":"firing","labels":{"alertname":"B"},"startsAt":"2026-11-26T10:00:00Z"}]}`
	require.Equal(t, 200, post(h, strings.NewReader(body)).Code)
	records := recordsOf(sink.AllLogs()[0])
	assert.EqualValues(t, 120_000, get(t, records[0].Attributes(), attrs.ResolveWait))
	_, there := records[1].Attributes().Get(attrs.ResolveWait)
	assert.False(t, there)

	h.poller.apart.Store(false)
	require.Equal(t, 200, post(h, strings.NewReader(body)).Code)
	_, there = recordsOf(sink.AllLogs()[1])[0].Attributes().Get(attrs.ResolveWait)
	assert.False(t, there)
}

// TestSyncOfAReceiver: the poller runs only while the receiver runs.
func TestSyncOfAReceiver(t *testing.T) {
	address := scripted(t, alertmanagers{
		"/api/v2/status": statusOf(time.Hour, alone),
		"/api/v2/alerts": listOf(listedAlert("A", "active")),
	})
	cfg := defaultConfig()
	cfg.ServerConfig.NetAddr.Endpoint = "localhost:0"
	cfg.Sync.Endpoints = []string{address}
	sink := new(consumertest.LogsSink)
	r, err := newReceiver(receivertest.NewNopSettings(metadata.Type), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	require.Eventually(t, func() bool { return len(sink.AllLogs()) > 0 }, time.Minute, time.Millisecond)
	m := lastSync(t, sink)
	assert.Equal(t, true, get(t, m, attrs.SyncComplete))
	require.NoError(t, r.Shutdown(t.Context()))
}

// TestPanicDoesNotEndTheSync: a list on which the pipeline panics does not end the process, and the next one is sent.
func TestPanicDoesNotEndTheSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: map[string]func() (string, string, error){}}
		w.says("a:9093", solo, "[]")
		lists := 0
		_, stop := polled(t, w, consumeFunc(func(context.Context, plog.Logs) error {
			lists++
			panic("a bug")
		}), func(c *SyncConfig) { c.Endpoints = c.Endpoints[:1] })
		time.Sleep(61 * time.Second)
		stop()
		assert.Equal(t, 2, lists)
	})
}

// TestShutdownLeavesAStuckSync: a pipeline that takes a list and ignores its context cannot block a shutdown.
func TestShutdownLeavesAStuckSync(t *testing.T) {
	cfg := localConfig()
	cfg.Sync.Endpoints = []string{scripted(t, alertmanagers{
		"/api/v2/status": statusOf(time.Hour, alone),
		"/api/v2/alerts": listOf(listedAlert("A", "active")),
	})}
	shutDownStuck(t, cfg, func(*alertmanagerReceiver) {})
}

// TestSyncRecordTellsWhoSilences: two Alertmanagers share their silences, and each silence is reported once.
func TestSyncRecordTellsWhoSilences(t *testing.T) {
	h, err := newHandler(receivertest.NewNopSettings(metadata.Type), func() *Config {
		cfg := defaultConfig()
		cfg.Sync.Endpoints = []string{"http://a:9093"}
		return cfg
	}(), consumertest.NewNop())
	require.NoError(t, err)
	until := time.Date(2026, 11, 26, 16, 0, 0, 0, time.UTC)
	r := round{silences: map[string]*silence{}}
	for _, first := range []byte{1, 1, 2} {
		r.silenced(&answer{
			silenced: map[string][]webhook.Key{"s1": {{first}}}, silences: map[string]webhook.Silence{"s1": {By: "jane", Until: until}},
		})
	}
	m := recordsOf(h.poller.record(&r))[0].Attributes()
	assert.Equal(t, []any{map[string]any{
		attrs.SilenceID: "s1", attrs.SilenceBy: "jane", attrs.SilenceUntil: "2026-11-26T16:00:00Z",
		attrs.SilenceKeys: append(append([]byte{1}, make([]byte, 15)...), append([]byte{2}, make([]byte, 15)...)...),
	}}, get(t, m, attrs.SyncSilences))
}
