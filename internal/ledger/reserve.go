// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const (
	// reserveKey holds bytes of no meaning. They are given up when the storage is full, so that closes, which need a
	// write-ahead, and the removal of entries that are over go on: otherwise nothing would ever free space again.
	reserveKey   = "reserve"
	reserveBytes = 256 << 10
)

var blank [reserveBytes]byte

// reserve is space in the storage for the writes that make room.
type reserve struct {
	client storage.Client
	spent  bool
}

// keep takes the space, or marks it spent when there is none.
func (r *reserve) keep(ctx context.Context) {
	r.spent = r.client.Set(ctx, reserveKey, blank[:]) != nil
}

// batch writes ops. While the reserve is spent, only writes that make room may use what it left.
func (r *reserve) batch(ctx context.Context, makesRoom bool, ops []*storage.Operation) error {
	if r.spent {
		r.keep(ctx)
		if r.spent && !makesRoom {
			return storage.ErrStorageFull
		}
	}
	err := r.client.Batch(ctx, ops...)
	if !makesRoom || r.spent || !errors.Is(err, storage.ErrStorageFull) {
		return err
	}
	if err := r.client.Delete(ctx, reserveKey); err != nil {
		return err
	}
	r.spent = true
	return r.client.Batch(ctx, ops...)
}
