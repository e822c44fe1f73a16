// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/postgres"
)

// looked is the result of the last look at the database.
type looked struct {
	standing    *postgres.Status // nil: unknown
	err         error            // why it is unknown
	recoveredAt time.Time        // when the database recovered; zero: it never failed
	at          time.Time        // zero: never, or the inbox has changed since
}

// looks keeps the last result. It is safe for concurrent use.
type looks struct {
	mu   sync.Mutex
	seen looked
}

func (l *looks) last() looked {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

func (l *looks) add(s postgres.Status, err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := looked{err: err, recoveredAt: l.seen.recoveredAt, at: now}
	if err == nil {
		next.standing = &s
		if l.seen.err != nil {
			next.recoveredAt = now
		}
	}
	l.seen = next
}

// outdated notes that the inbox has changed.
func (l *looks) outdated() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen.at = time.Time{}
}

// look reads the state from the database.
func (r *replica) look(ctx context.Context) error {
	s, err := r.db.Status(ctx)
	r.looks.add(s, err, time.Now())
	return err
}

// lookAgain reads the state unless it is fresh. A change of the inbox makes it outdated.
func (r *replica) lookAgain(ctx context.Context) {
	if time.Since(r.looks.last().at) > time.Second/2 {
		_ = r.look(context.WithoutCancel(ctx)) // looks keeps the error
	}
}
