// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// beats is the interval of the pulse. stopped is the longest silence in a process that runs.
	beats   = 200 * time.Millisecond
	stopped = time.Second
	// backlog is how long a resumed process needs to read what waited in its sockets.
	backlog = time.Second
)

// pulse notices that the process was stopped. A webhook that arrives afterwards may have waited in a socket, and its sender may have
// sent newer ones to another replica.
type pulse struct {
	mu          sync.Mutex
	beat        time.Time // the last one; zero: there was none
	from, until time.Time // a webhook seen before until may have arrived since from
}

// since returns the earliest time at which a webhook that is seen now may have arrived.
func (p *pulse) since(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notice(now)
	if now.Before(p.until) {
		return p.from
	}
	return now
}

func (p *pulse) beatAt(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notice(now)
	p.beat = now
}

// notice detects a silence. The caller holds mu.
func (p *pulse) notice(now time.Time) {
	if p.beat.IsZero() || now.Sub(p.beat) <= stopped {
		return
	}
	if !p.beat.Before(p.until) { // otherwise what waited before has not been read yet
		p.from = p.beat
	}
	p.until = now.Add(backlog)
}

// Pulse beats until ctx ends. Without it, [DB.Arrival] cannot notice that the process was stopped.
func (db *DB) Pulse(ctx context.Context) {
	for {
		db.pulse.beatAt(db.now())
		if !sleep.For(ctx, beats) {
			return
		}
	}
}
