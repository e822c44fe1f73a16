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
	// checkPrefix begins the keys of the filler that a Check writes and removes: as much as one chunk of the reserve. This is more than
	// most webhooks need, because less may still fit when no webhook does.
	checkPrefix = "check/"
	// reservePrefix begins the keys of filler that is deleted when the storage is full. Its space lets closes, which need a write-ahead, and
	// the removal of expired entries go on: otherwise nothing would ever free space again. There are many small values, because a large
	// one would need one large piece of space.
	reservePrefix = "reserve/"
	reserveBytes  = 1 << 10 // each
	// reserveChunk is how many keys are taken or given up together.
	reserveChunk = 64
	// The reserve has reserveLeast chunks, a quarter of the journal, which allows cleaning in a full storage, and reserveEach bytes per
	// record, which grows until its entry expires.
	reserveLeast = 4
	reserveEach  = 64
)

var blank [reserveBytes]byte

// fillers returns the operations that fill a chunk of keys with a prefix. without turns them into deletions.
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
	lacksRoom    bool // the storage has no room for all wanted chunks
}

// want takes the journal's size on disk in bytes, and its number of records.
func (r *reserve) want(journal, records int) {
	r.wanted = reserveLeast + (journal/4+records*reserveEach)/(reserveChunk*reserveBytes)
	r.lacksRoom = r.lacksRoom && r.held < r.wanted
}

// fill takes the wanted chunks, as long as there is room.
func (r *reserve) fill(ctx context.Context) {
	for r.held < r.wanted {
		if r.batch(ctx, false, nil) != nil {
			return
		}
	}
}

// taking and giving return the operations that add and remove the last chunk.
func (r *reserve) taking() []*storage.Operation { return fillers(reservePrefix, r.held) }

func (r *reserve) giving() []*storage.Operation { return without(fillers(reservePrefix, r.held-1)) }

// give gives up a chunk in a full storage, or as much of it as possible, and reports whether it freed anything. The rest of a chunk is
// written over when the chunk is taken again.
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

// givePart carries out some of the operations, and returns those. Deleting needs room, too: bbolt rewrites each page that it touches
// before it frees the old one. A page that becomes empty needs none, and a page holds at most four of these values. So givePart tries
// all operations together and then smaller parts, each at every offset at which a page may begin. The next transaction can use what one has freed.
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

// batch writes ops, and with them adds a wanted chunk of the reserve or removes an excess one. Only writes that make room may use the
// last free space or the wanted chunks.
func (r *reserve) batch(ctx context.Context, makesRoom bool, ops []*storage.Operation) error {
	full := storage.ErrStorageFull
	var err error
	switch {
	case r.held < r.wanted:
		if err = r.client.Batch(ctx, append(r.taking(), ops...)...); err == nil {
			r.held++
			r.lacksRoom = r.lacksRoom && r.held < r.wanted
			return nil
		}
		if !errors.Is(err, full) {
			return err
		}
		if r.lacksRoom = true; !makesRoom {
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
	r.lacksRoom = r.lacksRoom || r.held < r.wanted
	return err
}
