// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package pauses notices pauses of the process, such as SIGSTOP or a suspended machine. A webhook that is read after a pause may have
// waited in a socket, and its sender may have sent newer ones since. Start reading with Pauses.Since.
package pauses

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// tickInterval is the time between two ticks. If there is no tick for longer than stopped, the process was paused.
	tickInterval = 200 * time.Millisecond
	stopped      = time.Second
	// Backlog is how long a resumed process needs to read what waited in its sockets.
	Backlog = time.Second
)

// Pauses notices pauses while Watch runs. The zero value is ready.
type Pauses struct {
	mu          sync.Mutex
	ticked      time.Time // when the last tick came; zero: there was none
	from, until time.Time // a webhook seen before until may have arrived since from
}

// Since returns the earliest time at which a webhook that is seen now may have arrived.
func (p *Pauses) Since(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notice(now)
	if now.Before(p.until) {
		return p.from
	}
	return now
}

// Tick notes that the process runs.
func (p *Pauses) Tick(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notice(now)
	p.ticked = now
}

// notice detects a pause. The caller holds mu.
func (p *Pauses) notice(now time.Time) {
	if p.ticked.IsZero() || now.Sub(p.ticked) <= stopped {
		return
	}
	if !p.ticked.Before(p.until) { // otherwise what waited before has not been read yet
		p.from = p.ticked
	}
	p.until = now.Add(Backlog)
}

// Watch ticks until ctx ends. Without it, Since cannot notice that the process was paused.
func (p *Pauses) Watch(ctx context.Context, now func() time.Time) {
	for {
		p.Tick(now())
		if !sleep.For(ctx, tickInterval) {
			return
		}
	}
}
