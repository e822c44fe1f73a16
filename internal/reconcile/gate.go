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

	mu    sync.Mutex
	until time.Time
}

func newGate(requestsPerSecond float64, burst int, now func() time.Time) *gate {
	limit := rate.Inf
	if requestsPerSecond > 0 {
		limit = rate.Limit(requestsPerSecond)
	}
	return &gate{limiter: rate.NewLimiter(limit, burst), now: now}
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
	if err := g.limiter.Wait(ctx); err != nil {
		return err
	}
	for {
		d := g.paused()
		if d <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(d)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}
