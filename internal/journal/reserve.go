// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const (
	// checkPrefix begins the keys of bytes of no meaning that a Check writes and removes: as many as the reserve takes at once,
	// and more than most webhooks need, because less can fit where no webhook does.
	checkPrefix = "check/"
	// reservePrefix begins the keys of bytes of no meaning. They are given up when the storage is full, so that closes,
	// which need a write-ahead, and the removal of expired entries go on: otherwise nothing would ever free space
	// again. There are many small ones, because a large one would need as much space in one piece.
	reservePrefix = "reserve/"
	reserveBytes  = 1 << 10 // each
	// reserveChunk keys are taken or given up together.
	reserveChunk = 64
	// reserveLeast chunks are wanted, a quarter of the journal, which lets it be cleaned in a full storage, and reserveEach
	// bytes for each record, which grows until its entry expires.
	reserveLeast = 4
	reserveEach  = 64
)

var blank [reserveBytes]byte

// fillers returns what fills a chunk of the keys with a prefix, and without what empties it again.
func fillers(prefix string, chunk int) []*storage.Operation {
	ops := make([]*storage.Operation, reserveChunk)
	for i := range ops {
		ops[i] = storage.SetOperation(fmt.Sprintf("%s%03d", prefix, chunk*reserveChunk+i), blank[:])
	}
	return ops
}

func without(fillers []*storage.Operation) []*storage.Operation {
	for i, f := range fillers {
		fillers[i] = storage.DeleteOperation(f.Key)
	}
	return fillers
}

// reserve is space in the storage for the writes that make room.
type reserve struct {
	client       storage.Client
	held, wanted int  // chunks
	short        bool // the storage had no room for what is wanted
}

// want says how many bytes the journal takes on disk, and for how many records.
func (r *reserve) want(journal, records int) {
	r.wanted = reserveLeast + (journal/4+records*reserveEach)/(reserveChunk*reserveBytes)
	r.short = r.short && r.held < r.wanted
}

// fill takes what is wanted, as far as there is room.
func (r *reserve) fill(ctx context.Context) {
	for r.held < r.wanted {
		if r.batch(ctx, false, nil) != nil {
			return
		}
	}
}

// taking and giving return what changes the reserve by its last chunk.
func (r *reserve) taking() []*storage.Operation { return fillers(reservePrefix, r.held) }

func (r *reserve) giving() []*storage.Operation { return without(fillers(reservePrefix, r.held-1)) }

// give gives up a chunk in a full storage, or as much of it as it can, and reports whether that was anything. What is left
// of a chunk is written over when it is taken again.
func (r *reserve) give(ctx context.Context) bool {
	if r.held == 0 {
		return false
	}
	given := false
	left := r.giving()
	for part := r.givePart(ctx, left); len(part) > 0; part = r.givePart(ctx, left) {
		given = true
		left = slices.DeleteFunc(left, func(op *storage.Operation) bool { return slices.Contains(part, op) })
	}
	if given {
		r.held--
	}
	return given
}

// givePart carries out some of the operations, and returns which. Deleting needs room, too: bbolt writes each page that it
// touches anew before it frees the old one. It needs none for a page that becomes empty, and a page holds at most four of these
// values. So after all together smaller parts are tried, each at every offset at which a page may begin. What one transaction
// frees, the next can use.
func (r *reserve) givePart(ctx context.Context, ops []*storage.Operation) []*storage.Operation {
	for _, n := range []int{reserveChunk, 16, 4, 3, 2, 1} {
		for from := 0; from < min(n, 4) && from < len(ops); from++ {
			part := ops[from:min(from+n, len(ops))]
			if r.client.Batch(ctx, part...) == nil {
				return slices.Clone(part)
			}
			if len(part) < n {
				break
			}
		}
	}
	return nil
}

// batch writes ops, and with them a chunk of the reserve that is wanted, or wanted no longer. Only writes that make room may
// use what is left for the reserve, or of it.
func (r *reserve) batch(ctx context.Context, makesRoom bool, ops []*storage.Operation) error {
	full := storage.ErrStorageFull
	var err error
	switch {
	case r.held < r.wanted:
		if err = r.client.Batch(ctx, append(r.taking(), ops...)...); err == nil {
			r.held++
			r.short = r.short && r.held < r.wanted
			return nil
		}
		if !errors.Is(err, full) {
			return err
		}
		if r.short = true; !makesRoom {
			return err
		}
		err = r.client.Batch(ctx, ops...)
	case r.held > r.wanted+1:
		if err = r.client.Batch(ctx, append(r.giving(), ops...)...); err == nil {
			r.held--
			return nil
		}
	default:
		err = r.client.Batch(ctx, ops...)
	}
	for errors.Is(err, full) && (makesRoom || r.held > r.wanted) && r.give(ctx) {
		err = r.client.Batch(ctx, ops...)
	}
	r.short = r.short || r.held < r.wanted
	return err
}
