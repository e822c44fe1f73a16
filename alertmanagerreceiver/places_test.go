// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
)

func TestConcurrentRequestsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := defaultConfig()
		cfg.Limits.ConcurrentRequests = 1
		release := make(chan struct{})
		h := handlerOf(t, cfg, consumeFunc(func(context.Context, plog.Logs) error {
			<-release
			return nil
		}))
		var first sync.WaitGroup
		first.Go(func() { assert.Equal(t, http.StatusOK, post(h, strings.NewReader(good)).Code) })
		synctest.Wait()

		w := post(h, strings.NewReader(good)) // waits in vain, on the bubble's clock
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "too many webhooks at once: see limits::concurrent_requests\n", w.Body.String())

		var second sync.WaitGroup
		second.Go(func() { assert.Equal(t, http.StatusOK, post(h, strings.NewReader(good)).Code) })
		synctest.Wait()
		close(release)
		first.Wait()
		second.Wait()

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.True(t, h.places.take(t.Context(), 1))
		before := time.Now()
		require.False(t, h.places.take(gone, 1))
		require.Equal(t, before, time.Now(), "a sender that has gone does not wait")
	})
}

func TestLargeWebhooksTakeMorePlaces(t *testing.T) {
	for _, tt := range []struct {
		all         int
		length, max int64
		want        int64
	}{
		{64, 0, 10 << 20, 1},
		{64, 20 << 10, 10 << 20, 1},
		{64, 1 << 20, 10 << 20, 1},
		{64, 5 << 20, 10 << 20, 8},
		{64, 10 << 20, 10 << 20, 16},
		{64, 99 << 20, 10 << 20, 16}, // is refused once it is read
		{64, -1, 10 << 20, 16},       // of unknown length
		{8, -1, 10 << 20, 2},
		{3, -1, 10 << 20, 1},
		{1, -1, 10 << 20, 1},
		{1 << 40, 1 << 40, 1 << 40, 1 << 38},
	} {
		cfg := defaultConfig()
		cfg.Limits.ConcurrentRequests, cfg.ServerConfig.MaxRequestBodySize = tt.all, tt.max
		assert.Equal(t, tt.want, newPlaces(cfg).of(&http.Request{ContentLength: tt.length}), "%+v", tt)
	}
}

// TestLargeWebhooksWaitForEachOther: four of the largest fill the receiver, and a small one has to wait as well.
func TestLargeWebhooksWaitForEachOther(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	large := httptest.NewRequest(http.MethodPost, defaultPath, http.NoBody)
	large.ContentLength = -1
	for range largestShare {
		require.True(t, h.places.free.TryAcquire(h.places.of(large)))
	}
	assert.False(t, h.places.free.TryAcquire(1))
	h.places.leave(h.places.of(large))
	assert.True(t, h.places.free.TryAcquire(1))
}
