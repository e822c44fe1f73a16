// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// seeds are the recorded webhooks and the malformed inputs.
func seeds(f *testing.F) (bodies [][]byte) {
	f.Helper()
	for _, file := range webhookFiles(f) {
		if body := readFile(f, file); len(body) < 16<<10 {
			bodies = append(bodies, body)
		}
	}
	for _, tt := range malformed {
		if len(tt.body) < 16<<10 {
			bodies = append(bodies, []byte(tt.body))
		}
	}
	return bodies
}

// FuzzDecode: whatever decodes is JSON to the standard library too, converts to one sound record per alert within the
// limits, and gives the same records when a used decoder reads it again.
func FuzzDecode(f *testing.F) {
	for _, body := range seeds(f) {
		f.Add(body)
	}
	cfg := defaultConfig()
	cfg.Limits = limitsConfig{Alerts: 50, LabelsPerAlert: 5, ValueBytes: minValueBytes, ConcurrentRequests: 1}
	conv := newConverter(cfg, "test")
	used := newDecoder()
	f.Fuzz(func(t *testing.T, body []byte) {
		w, err := newDecoder().decode(body, cfg.Limits.Alerts)
		again, errAgain := used.decode(body, cfg.Limits.Alerts)
		require.Equal(t, err == nil, errAgain == nil)
		if err != nil {
			require.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, asRefusal(err).status)
			return
		}
		require.True(t, json.Valid(body))
		require.LessOrEqual(t, len(w.Alerts), cfg.Limits.Alerts)
		logs, _ := conv.logs(w, testDelivery(), nil)
		require.Equal(t, len(w.Alerts), logs.LogRecordCount())
		for _, lr := range recordsOf(logs) {
			checkRecord(t, lr)
		}
		shared, _ := conv.logs(again, testDelivery(), used.strings)
		require.Equal(t, marshal(t, logs), marshal(t, shared))
	})
}

func checkRecord(t *testing.T, lr plog.LogRecord) {
	t.Helper()
	for _, key := range []string{attrs.Alias, attrs.Epoch, attrs.AlertStatus, attrs.AlertFingerprint} {
		require.NotEmpty(t, stringOf(t, lr.Attributes(), key))
	}
	require.LessOrEqual(t, len(stringOf(t, lr.Attributes(), attrs.Alias)), maxAliasBytes)
	require.NotEmpty(t, lr.Body().Str())
	for key, v := range lr.Attributes().All() {
		require.True(t, utf8.ValidString(key))
		if v.Type() == pcommon.ValueTypeStr && key != attrs.Alias {
			require.LessOrEqual(t, len(v.Str()), minValueBytes, key)
			require.True(t, utf8.ValidString(v.Str()), key)
		}
	}
}

func marshal(t *testing.T, logs plog.Logs) []byte {
	t.Helper()
	b, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	require.NoError(t, err)
	return b
}

// FuzzHandler: whatever comes, the answer is one of the contract, on one line, and 200 exactly if the pipeline got the
// alerts.
func FuzzHandler(f *testing.F) {
	for _, body := range seeds(f) {
		f.Add(http.MethodPost, defaultPath, "application/json", "", body)
	}
	f.Add(http.MethodPut, defaultPath, "application/json; charset=utf-8", "gzip", []byte(zipped(good)))
	f.Add(http.MethodPost, defaultPath, "application/json", "zstd", []byte("\x28\xb5\x2f\xfd\x00\x00"))
	f.Add(http.MethodPost, defaultPath, "", "deflate", []byte("\x78\x9c"))
	f.Add(http.MethodGet, "/", "text/html", "br", []byte{})
	statuses := []int{200, 400, 404, 405, 413, 415}
	f.Fuzz(func(t *testing.T, method, path, contentType, encoding string, body []byte) {
		sink := new(consumertest.LogsSink)
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Method, r.URL.Path = method, path
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Content-Encoding", encoding)
		w := httptest.NewRecorder()
		serverOf(t, defaultConfig(), sink).ServeHTTP(w, r)

		require.Contains(t, statuses, w.Code)
		if w.Code == http.StatusOK {
			require.Empty(t, w.Body.String())
			return
		}
		require.Zero(t, sink.LogRecordCount())
		require.Equal(t, 1, strings.Count(w.Body.String(), "\n"))
		require.Less(t, w.Body.Len(), 256)
		require.True(t, utf8.Valid(w.Body.Bytes()))
	})
}
