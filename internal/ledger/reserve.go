// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const (
	// reservePrefix begins the keys of bytes of no meaning. They are given up when the storage is full, so that closes,
	// which need a write-ahead, and the removal of entries that are over go on: otherwise nothing would ever free space
	// again. There are many small ones: one large value would share a page with the last alias and be written again
	// with each change of it, and would need as much space in one piece.
	reservePrefix = "reserve/"
	reserveKeys   = 256
	reserveBytes  = 1 << 10 // each
)

var blank [64 << 10]byte

// reserve is space in the storage for the writes that make room.
type reserve struct {
	client storage.Client
	spent  bool
}

// keep takes the space, or marks it spent when there is none.
func (r *reserve) keep(ctx context.Context) {
	r.spent = r.client.Batch(ctx, reserveOperations(func(key string) *storage.Operation {
		return storage.SetOperation(key, blank[:reserveBytes])
	})...) != nil
}

func reserveOperations(operation func(key string) *storage.Operation) []*storage.Operation {
	ops := make([]*storage.Operation, reserveKeys)
	for i := range ops {
		ops[i] = operation(fmt.Sprintf("%s%03d", reservePrefix, i))
	}
	return ops
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
	if !makesRoom || r.spent || !errors.Is(err, storage.ErrStorageFull) || !r.give(ctx) {
		return err
	}
	return r.client.Batch(ctx, ops...)
}

// give gives the space up and reports whether there is some now. It takes a transaction for each part, because deleting
// changes pages, too, and what a transaction frees is of use only to the next.
func (r *reserve) give(ctx context.Context) bool {
	const part = reserveKeys / 4
	for ops := range slices.Chunk(reserveOperations(storage.DeleteOperation), part) {
		if r.client.Batch(ctx, ops...) == nil {
			r.spent = true
		}
	}
	return r.spent
}
