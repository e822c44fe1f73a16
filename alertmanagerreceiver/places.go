// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// placeWait is how long a webhook waits for its places.
	placeWait = 5 * time.Second
	// largestShare is the part of all places that the largest webhook takes: one fourth.
	largestShare = 4
)

// places bound how many webhooks are worked on at once, and so their memory: the records of a webhook may take 35
// times as much as its body. A usual webhook takes one place, and a larger one more.
type places struct {
	free     *semaphore.Weighted
	all      int64
	maxBytes int64 // of a body
}

func newPlaces(cfg *Config) *places {
	all := int64(cfg.Limits.ConcurrentRequests)
	return &places{free: semaphore.NewWeighted(all), all: all, maxBytes: cfg.ServerConfig.MaxRequestBodySize}
}

// of is how many places a request takes. A body of unknown length, such as a compressed one, counts as the largest.
func (p *places) of(r *http.Request) int64 {
	size := p.maxBytes
	if r.ContentLength >= 0 {
		size = min(size, r.ContentLength)
	}
	share := float64(size) / float64(p.maxBytes) / largestShare
	return max(1, int64(share*float64(p.all)))
}

// take waits for n places, but not for long, and says whether it got them. The body is not read before, so waiting
// costs no memory.
func (p *places) take(ctx context.Context, n int64) bool {
	if p.free.TryAcquire(n) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, placeWait)
	defer cancel()
	return p.free.Acquire(ctx, n) == nil
}

func (p *places) leave(n int64) { p.free.Release(n) }
