// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
)

// othersShare bounds the time in which a follower reads the database for its page to about 1/othersShare.
const othersShare = 10

// others holds the leader's entries, read from the database.
type others struct {
	mu     sync.Mutex
	listed []ledger.Listed
	at     time.Time
	took   time.Duration
}

// list reads the database unless its last result is fresh.
func (o *others) list(ctx context.Context, db *postgres.DB) ([]ledger.Listed, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	began := time.Now()
	if o.listed != nil && began.Sub(o.at) < max(time.Second/2, othersShare*o.took) {
		return o.listed, nil
	}
	listed, _, err := ledger.Read(ctx, db.Load)
	if err != nil {
		return nil, err
	}
	o.listed = listed
	o.at, o.took = time.Now(), time.Since(began)
	return o.listed, nil
}

func (o *others) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.listed = nil
}
