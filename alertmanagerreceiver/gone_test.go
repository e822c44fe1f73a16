// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/consumer/consumertest"
)

// A sender that has given up may have sent newer alerts since, so its webhook changes nothing.
func TestWebhookOfASenderThatHasGone(t *testing.T) {
	from := func(ctx context.Context, h *handler) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, defaultPath, strings.NewReader(good)))
		return w.Code
	}
	synctest.Test(t, func(t *testing.T) {
		sink := new(consumertest.LogsSink)
		h := handlerOf(t, defaultConfig(), sink)
		began := time.Now()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		assert.Equal(t, http.StatusServiceUnavailable, from(gone, h))
		assert.Equal(t, http.StatusOK, from(t.Context(), h))
		assert.Equal(t, began, time.Now(), "no webhook waits")
		assert.Equal(t, 1, sink.LogRecordCount())

		h.pauses.Tick(time.Now())
		time.Sleep(time.Minute) // a pause: the server has not noticed yet that the sender has gone
		gone, cancel = context.WithCancel(t.Context())
		time.AfterFunc(noticeGone/2, cancel)
		assert.Equal(t, http.StatusServiceUnavailable, from(gone, h))
		assert.Equal(t, 1, sink.LogRecordCount())
		assert.Equal(t, http.StatusOK, from(t.Context(), h), "this sender waits")
		assert.Equal(t, 2, sink.LogRecordCount())
	})
}
