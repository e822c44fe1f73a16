// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/postgres"
)

// looked is what the last look at the database found.
type looked struct {
	standing *postgres.Status // nil: not known
	err      error            // why it is not
	mended   time.Time        // when the database could be used again; zero: it always could
	at       time.Time        // zero: the inbox has changed since, or nobody has looked
}

// looks keep the last one. They are safe for concurrent use.
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
	next := looked{err: err, mended: l.seen.mended, at: now}
	if err == nil {
		next.standing = &s
		if l.seen.err != nil {
			next.mended = now
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

// look learns how things stand.
func (r *replica) look(ctx context.Context) error {
	s, err := r.db.Status(ctx)
	r.looks.add(s, err, time.Now())
	return err
}

// lookAgain learns how things stand, unless it just did: who asks may have sent a webhook a moment ago.
func (r *replica) lookAgain(ctx context.Context) {
	if time.Since(r.looks.last().at) > time.Second/2 {
		_ = r.look(context.WithoutCancel(ctx)) // looks have it
	}
}
