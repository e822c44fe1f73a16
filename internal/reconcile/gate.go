// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gate lets requests through: not while the API asked to wait, and not faster than the user allows.
type gate struct {
	limiter *rate.Limiter
	now     func() time.Time
	waited  func(time.Duration) // hears how long each request was held back

	mu    sync.Mutex
	until time.Time
}

func newGate(requestsPerSecond float64, burst int, now func() time.Time, waited func(time.Duration)) *gate {
	limit := rate.Inf
	if requestsPerSecond > 0 {
		limit = rate.Limit(requestsPerSecond)
	}
	return &gate{limiter: rate.NewLimiter(limit, burst), now: now, waited: waited}
}

// pause holds all requests back for d from now; a pause that lasts longer already stays.
func (g *gate) pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.now().Add(d); until.After(g.until) {
		g.until = until
	}
}

func (g *gate) paused() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until.Sub(g.now())
}

// wait returns when a request may leave, or with ctx's error.
func (g *gate) wait(ctx context.Context) error {
	began := g.now()
	err := g.limiter.Wait(ctx)
	for err == nil {
		d := g.paused()
		if d <= 0 {
			err = ctx.Err()
			break
		}
		if !sleep(ctx, d) {
			err = ctx.Err()
		}
	}
	if d := g.now().Sub(began); d >= noWait {
		g.waited(d)
	}
	return err
}

// noWait is less than any request is held back on purpose.
const noWait = time.Millisecond

// sleep reports false at once when ctx ends.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
