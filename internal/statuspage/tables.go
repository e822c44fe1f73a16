// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/status"
)

const (
	// tableAge is how long a table is used at least.
	tableAge = 200 * time.Millisecond
	// tableKept is how long a table is kept that nobody asks for.
	tableKept = time.Minute
	// tableShare bounds the making of tables: at most about 1/tableShare of the time.
	tableShare = 10
)

// tables makes a table when somebody asks and something has changed, and not too often: all who ask share it.
type tables struct {
	source Source
	now    func() time.Time

	mu       sync.Mutex
	table    *status.Table
	revision string
	at       time.Time // when it was made
	took     time.Duration
	idle     *time.Timer
}

// get returns the table and its revision.
func (t *tables) get(ctx context.Context) (*status.Table, string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idle == nil {
		t.idle = time.AfterFunc(tableKept, t.drop)
	}
	t.idle.Reset(tableKept)
	began := t.now()
	if t.table != nil && began.Sub(t.at) < max(tableAge, tableShare*t.took) {
		return t.table, t.revision, nil
	}
	revision := t.source.Revision(ctx) // before the table: what changes meanwhile is in the next one
	if t.table != nil && revision == t.revision {
		return t.table, t.revision, nil
	}
	table, err := t.source.Table(ctx)
	if err != nil {
		return nil, revision, err
	}
	t.table, t.revision, t.at = table, revision, t.now()
	t.took = t.at.Sub(began)
	return t.table, t.revision, nil
}

// drop forgets the table: it is as large as the ledger.
func (t *tables) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.table = nil
	t.source.Idle()
}
