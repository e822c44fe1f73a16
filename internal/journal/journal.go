// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package journal is a ledger.Store over any storage extension that can list its keys. It appends records to segments of
// a few KiB, one key each, and cleans the oldest ones as it goes. Start reading at Journal.Commit.
//
// It buys speed: the records of a webhook lie on pages side by side, compressed together, however far apart their keys
// are. A key for each record costs bbolt a page for each. This command measures both, with 100,000 records on disk:
//
//	go test ./internal/journal -run '^$' -bench Commit
//
// It costs a map entry of about 50 bytes for each record, and up to three times the space of what counts.
package journal

import (
	"context"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// Journal implements ledger.Store.
type Journal struct {
	client  storage.Client
	reserve reserve
	log     log
	size    atomic.Int64 // log.records, for those who ask at any time
	// current appends the record under a key as the ledger has it.
	current func(key string, b []byte) []byte
	buffers buffers

	open  *transaction // the last one, if it seemed to fail and the storage has not been asked about it
	there bool         // the last Commit failed, but the storage has its changes
}

var _ ledger.Store = (*Journal)(nil)

// New returns a journal over client, which must be a storage.Walker too. Load comes first.
func New(client storage.Client) *Journal {
	return &Journal{client: client, reserve: reserve{client: client}, log: newLog(), buffers: newBuffers()}
}

// Commit implements ledger.Store. Every error of the storage is uncertain: a transaction that seemed to fail may be there.
func (j *Journal) Commit(ctx context.Context, changes []ledger.Change, makesRoom bool) error {
	if err := j.ask(ctx); err != nil {
		return err
	}
	j.there = false
	err := j.write(ctx, makesRoom, j.commit(changes))
	if errors.Is(err, storage.ErrStorageFull) && j.cleanFull(ctx) && j.ask(ctx) == nil {
		err = j.write(ctx, makesRoom, j.commit(changes))
	}
	if err != nil {
		return ledger.Uncertain(err)
	}
	return nil
}

// Settle implements ledger.Store.
func (j *Journal) Settle(ctx context.Context) (there bool, err error) {
	err = j.ask(ctx)
	return j.there, err
}

// Check implements ledger.Store: it takes as much room as most webhooks need, and gives it back.
func (j *Journal) Check(ctx context.Context) error {
	err := j.reserve.batch(ctx, false, fillers(checkPrefix, 0))
	if errors.Is(err, storage.ErrStorageFull) {
		j.cleanFull(ctx)
		err = j.reserve.batch(ctx, false, fillers(checkPrefix, 0))
	}
	if err != nil {
		return err
	}
	return j.client.Batch(ctx, without(fillers(checkPrefix, 0))...)
}

// Size implements ledger.Store.
func (j *Journal) Size() int64 { return j.size.Load() }

// Close implements ledger.Store.
func (j *Journal) Close(ctx context.Context) error { return j.client.Close(ctx) }
