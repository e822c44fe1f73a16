// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package journal is a ledger.Store over any storage extension that can list its keys. It appends records to segments of a few KiB,
// each under its own key, and cleans the oldest segments as it goes. Start reading at Journal.Commit.
//
// The gain is speed: the records of a webhook lie next to each other and compressed, however far apart their keys are. With one key per
// record, bbolt would write a page for each. This command measures both, with 100,000 records on disk:
//
//	go test ./internal/journal -run '^$' -bench Commit
//
// The price is a map entry of about 50 bytes per record, and up to three times the space of the live records.
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
	client  client
	reserve reserve
	log     log
	size    atomic.Int64 // copy of log.records for concurrent readers
	// current appends the ledger's record of a key.
	current func(key string, b []byte) []byte
	buffers buffers

	open  *transaction // the last one, if it seemed to fail and its result is still unknown
	there bool         // the last Commit failed, but the storage has its changes
}

var _ ledger.Store = (*Journal)(nil)

// New returns a journal over from, which must also be a storage.Walker. Call Load first.
func New(from storage.Client) *Journal {
	c := client{from}
	return &Journal{client: c, reserve: reserve{client: c}, log: newLog(), buffers: newBuffers()}
}

// Commit implements ledger.Store. Every error of the storage is uncertain: the changes may be there in spite of it.
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

// Check implements ledger.Store: it writes as much as most webhooks need, and deletes it again.
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
