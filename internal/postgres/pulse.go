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
	// beats is how often a pulse beats, and stopped how long it may be silent in a process that runs.
	beats   = 200 * time.Millisecond
	stopped = time.Second
	// backlog is how long a process that goes on needs to take what has waited in its sockets.
	backlog = time.Second
)

// pulse notices that the process was stopped. What arrives afterwards may have waited in a socket since, and its sender may have
// sent something newer to another replica.
type pulse struct {
	mu          sync.Mutex
	beat        time.Time // the last one; zero: there was none
	from, until time.Time // what seems to arrive until then may have arrived since from
}

// since returns the earliest moment at which what is here now may have arrived.
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

// notice sees a silence. The caller holds mu.
func (p *pulse) notice(now time.Time) {
	if !p.beat.IsZero() && now.Sub(p.beat) > stopped {
		p.from, p.until = p.beat, now.Add(backlog)
	}
}

// Pulse beats until ctx ends. Without it, [DB.Arrival] does not notice that the process was stopped.
func (db *DB) Pulse(ctx context.Context) {
	for {
		db.pulse.beatAt(db.now())
		if !sleep.For(ctx, beats) {
			return
		}
	}
}
