// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/alert24/otelcol-alert24/internal/webhook"
)

const (
	// placeWait is how long a webhook waits for memory.
	placeWait = 5 * time.Second
	// memoryBudget bounds the memory of all webhooks in progress. It leaves most of the 512 MiB of memory_limiter in the documented
	// configuration to other components.
	memoryBudget = 192 << 20
)

// places bounds the number of webhooks in progress and their memory: each body and the records of one chunk.
type places struct {
	free     *semaphore.Weighted
	budget   int64
	least    int64 // cost of the smallest webhook
	maxBytes int64 // of a body
}

func newPlaces(cfg *Config) *places {
	p := &places{maxBytes: cfg.ServerConfig.MaxRequestBodySize}
	p.budget = max(memoryBudget, p.most())
	p.least = max(1, p.budget/int64(cfg.Limits.ConcurrentRequests))
	p.free = semaphore.NewWeighted(p.budget)
	return p
}

// of returns the memory for a webhook with a body of length bytes. If the length is unknown, it assumes a usual webhook.
func (p *places) of(length int64) int64 {
	if length < 0 {
		length = 2 * maxPooledBytes
	}
	return min(p.budget, max(p.least, min(length, p.maxBytes)+webhook.ChunkBytes))
}

// most returns the memory for a large webhook whose length is unknown: the memory of its body grows by doubling.
func (p *places) most() int64 { return 2*p.maxBytes + webhook.ChunkBytes }

// place is the memory that one webhook holds.
type place struct {
	of   *places
	held int64
}

// take waits up to placeWait for n bytes. The body is read only afterwards, so waiting costs no memory.
func (p *places) take(ctx context.Context, n int64) (*place, error) {
	held := &place{of: p}
	err := held.acquire(ctx, n)
	return held, err
}

// more waits until the webhook holds n bytes, at most as long as for its first bytes, because its sender waits, too.
func (h *place) more(ctx context.Context, n int64) error {
	if n <= h.held {
		return nil
	}
	return h.acquire(ctx, n-h.held)
}

func (h *place) acquire(ctx context.Context, n int64) error {
	if !h.of.free.TryAcquire(n) {
		ctx, cancel := context.WithTimeout(ctx, placeWait)
		defer cancel()
		if h.of.free.Acquire(ctx, n) != nil {
			return errBusy
		}
	}
	h.held += n
	return nil
}

func (h *place) leave() { h.of.free.Release(h.held) }
