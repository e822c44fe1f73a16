// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"io"
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

	"github.com/alert24/otelcol-alert24/internal/webhook"
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

		w := post(h, strings.NewReader(good)) // waits for a place until the bubble's clock ends the wait
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
		_, err := h.places.take(t.Context(), h.places.budget)
		require.NoError(t, err)
		before := time.Now()
		_, err = h.places.take(gone, 1)
		require.ErrorIs(t, err, errBusy)
		require.Equal(t, before, time.Now(), "a sender that has gone does not wait")
	})
}

func TestLargeWebhooksCountMore(t *testing.T) {
	const chunk = webhook.ChunkBytes
	for _, tt := range []struct {
		requests    int
		length, max int64
		want        int64
	}{
		{64, 0, 64 << 20, 3 << 20},
		{64, 1 << 20, 64 << 20, 3 << 20},
		{64, 10 << 20, 64 << 20, 10<<20 + chunk},
		{64, 64 << 20, 64 << 20, 64<<20 + chunk},
		{64, 99 << 20, 64 << 20, 64<<20 + chunk}, // is refused
		{64, -1, 64 << 20, 2<<20 + chunk},        // of unknown length
		{1000, 10, 64 << 20, 10 + chunk},
		{1, 10, 64 << 20, memoryBudget},
		{1000, 1 << 30, 1 << 30, 1<<30 + chunk},
	} {
		cfg := defaultConfig()
		cfg.Limits.ConcurrentRequests, cfg.ServerConfig.MaxRequestBodySize = tt.requests, tt.max
		assert.Equal(t, tt.want, newPlaces(cfg).of(tt.length), "%+v", tt)
	}
}

// TestMemoryBudget: all webhooks together stay within the budget, which fits the documented memory_limiter.
func TestMemoryBudget(t *testing.T) {
	for length, want := range map[int64]int{64 << 20: 2, 1 << 20: defaultConfig().Limits.ConcurrentRequests, 1000: defaultConfig().Limits.ConcurrentRequests} {
		p := newPlaces(defaultConfig())
		assert.EqualValues(t, memoryBudget, p.budget)
		atOnce := 0
		for held := int64(0); ; atOnce++ {
			place, err := tryTake(p, length)
			if err != nil {
				break
			}
			held += place.held
			require.LessOrEqual(t, held, p.budget)
			require.GreaterOrEqual(t, place.held, length+webhook.ChunkBytes)
		}
		assert.Equal(t, want, atOnce, "webhooks of %d bytes at once", length)
	}
}

// TestALargeBodyOfUnknownLengthWaits: it counts as a usual body until it turns out to be large.
func TestALargeBodyOfUnknownLengthWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handlerOf(t, defaultConfig(), consumertest.NewNop())
		others, err := tryTake(h.places, 64<<20)
		require.NoError(t, err)
		more, err := tryTake(h.places, 32<<20)
		require.NoError(t, err)

		unknown := func(size int) int {
			body := io.MultiReader(strings.NewReader(strings.Repeat(" ", size)), strings.NewReader(good))
			return post(h, body).Code // httptest would know the length of other readers
		}
		assert.Equal(t, http.StatusOK, unknown(10))
		assert.Equal(t, http.StatusServiceUnavailable, unknown(2*maxPooledBytes))
		others.leave()
		assert.Equal(t, http.StatusOK, unknown(2*maxPooledBytes))
		more.leave()
		assert.True(t, h.places.free.TryAcquire(h.places.budget), "all memory is free again")
	})
}

// TestALargeBodyOfUnknownLengthHoldsItsMemory: its buffer grows by doubling.
func TestALargeBodyOfUnknownLengthHoldsItsMemory(t *testing.T) {
	cfg := defaultConfig()
	cfg.ServerConfig.MaxRequestBodySize = 8 << 20
	h := handlerOf(t, cfg, consumertest.NewNop())
	held, err := tryTake(h.places, -1)
	require.NoError(t, err)
	var ws workspace
	body := io.MultiReader(strings.NewReader(strings.Repeat(" ", 8<<20)))
	require.NoError(t, h.read(t.Context(), &ws, httptest.NewRequest(http.MethodPost, defaultPath, body), held))
	assert.GreaterOrEqual(t, held.held, int64(ws.body.Cap()))
	assert.Equal(t, h.places.most(), held.held, "and no more")
	require.NoError(t, held.more(t.Context(), 1))
	assert.Equal(t, h.places.most(), held.held)
}

func tryTake(p *places, length int64) (*place, error) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	return p.take(gone, p.of(length))
}
