// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/postgres"
)

// reading is the result of one reading of the database's status.
type reading struct {
	status      *postgres.Status // nil: unknown
	err         error            // why it is unknown
	recoveredAt time.Time        // when the database recovered; zero: it never failed
	at          time.Time        // zero: never, or the inbox has changed since
}

// databaseStatus keeps the last reading. It is safe for concurrent use.
type databaseStatus struct {
	mu   sync.Mutex
	last reading
}

func (d *databaseStatus) get() reading {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

func (d *databaseStatus) set(s postgres.Status, err error, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := reading{err: err, recoveredAt: d.last.recoveredAt, at: now}
	if err == nil {
		next.status = &s
		if d.last.err != nil {
			next.recoveredAt = now
		}
	}
	d.last = next
}

// expire notes that the inbox has changed.
func (d *databaseStatus) expire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last.at = time.Time{}
}

// readStatus reads the state from the database.
func (r *replica) readStatus(ctx context.Context) error {
	s, err := r.db.Status(ctx)
	r.database.set(s, err, time.Now())
	return err
}

// refreshStatus reads the state unless it is fresh. A change of the inbox makes it outdated.
func (r *replica) refreshStatus(ctx context.Context) {
	if time.Since(r.database.get().at) > time.Second/2 {
		_ = r.readStatus(context.WithoutCancel(ctx)) // the status page shows the error
	}
}
