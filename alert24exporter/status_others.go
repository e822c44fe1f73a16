// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// othersShare bounds how much a follower reads the database for its page: at most about 1/othersShare of the time.
const othersShare = 10

// others are the entries of the replica that leads, as the database has them.
type others struct {
	mu     sync.Mutex
	listed []ledger.Listed
	at     time.Time
	took   time.Duration
}

// list reads the database, unless it just did.
func (o *others) list(ctx context.Context, db *postgres.DB) ([]ledger.Listed, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	began := time.Now()
	if o.listed != nil && began.Sub(o.at) < max(time.Second/2, othersShare*o.took) {
		return o.listed, nil
	}
	entries, _, err := ledger.Read(ctx, db.Load)
	if err != nil {
		return nil, err
	}
	o.listed = make([]ledger.Listed, len(entries))
	for i, e := range entries {
		o.listed[i] = ledger.Listed{Entry: e, Pending: waits(e)}
	}
	o.at, o.took = time.Now(), time.Since(began)
	return o.listed, nil
}

func (o *others) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.listed = nil
}

// waits is since when an entry may wait for Alert24, as far as its record tells; zero if it does not.
func waits(e *protocol.Entry) time.Time {
	switch {
	case !protocol.Pending(e, nil):
		return time.Time{}
	case e.Firing():
		return e.FirstStart()
	default:
		return e.QuietSince
	}
}
