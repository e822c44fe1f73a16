// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
)

// seeds are the recorded webhooks and the malformed inputs.
func seeds(f *testing.F) (bodies [][]byte) {
	f.Helper()
	for _, body := range recorded(f) {
		if len(body) < 16<<10 {
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

// FuzzHandler: for any request, the answer is one of the documented ones, on one line. It is 200 exactly if the pipeline got the
// alerts.
func FuzzHandler(f *testing.F) {
	for _, body := range seeds(f) {
		f.Add(http.MethodPost, defaultPath, "application/json", "", body)
	}
	f.Add(http.MethodPut, defaultPath, "application/json; charset=utf-8", "gzip", []byte(zipped(good)))
	f.Add(http.MethodPost, defaultPath, "application/json", "zstd", []byte("\x28\xb5\x2f\xfd\x00\x00"))
	f.Add(http.MethodPost, defaultPath, "", "deflate", []byte("\x78\x9c"))
	f.Add(http.MethodGet, "/", "text/html", "br", []byte{})
	statuses := []int{200, 307, 400, 404, 405, 413, 415} // 307: a redirect to the cleaned path
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
		if w.Code == http.StatusTemporaryRedirect {
			return
		}
		require.Equal(t, 1, strings.Count(w.Body.String(), "\n"))
		require.Less(t, w.Body.Len(), 512)
		require.True(t, utf8.Valid(w.Body.Bytes()))
	})
}
