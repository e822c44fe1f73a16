// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Change is the new record of a key; a nil Record deletes the key.
type Change struct {
	Key    string
	Record []byte
	// Entry is the entry in the record, for stores that show its content to people. It is nil for other records.
	Entry *protocol.Entry
	// Pending is the time since which Alert24 differs from Entry; zero while it matches.
	Pending time.Time
}

// Loaded is a record that Load found.
type Loaded struct {
	// Key is empty if records are lost and their keys are unknown.
	Key string
	// Record is only valid until each returns. It is nil if it is lost or damaged.
	Record []byte
	// Suspect: a newer record of this key may be lost.
	Suspect bool
	// Where the store keeps the record, for people who look into the storage.
	Where string
}

// Store keeps records by key. The ledger is its only user: calls never overlap, except for calls of Size.
type Store interface {
	// Load calls each for every record, in any order. It reports a lost or damaged record as a nil Record. Records whose newer version
	// may be lost as well are reported as Suspect. Load reports both again at each start, until they are committed anew. If each returns
	// ErrUnreadable, the store keeps a copy aside and continues; any other error ends Load. A store that rewrites records to reuse the
	// space of old ones gets them from current, which appends the record of a key, or nothing if there is none.
	Load(ctx context.Context, each func(r Loaded) error, current func(key string, b []byte) []byte) error
	// Commit makes all changes durable, or none. Their keys differ. It does not retain the records. With makesRoom it may use the space
	// that is reserved for writes that free space. After an ErrUncertain the changes may be there: ask Settle, or commit other changes
	// of the same keys.
	Commit(ctx context.Context, changes []Change, makesRoom bool) error
	// Settle reports whether the changes of the last Commit are there. An error means that this is not known yet.
	Settle(ctx context.Context) (there bool, err error)
	// Check returns why the store would refuse new records now, or nil.
	Check(ctx context.Context) error
	// Size returns the bytes of all records.
	Size() int64
	Close(ctx context.Context) error
}

// ErrUnreadable is the ledger's answer to a record that it cannot use.
var ErrUnreadable = errors.New("the record cannot be read")

// ErrUncertain marks an error of Commit after which the changes may be there.
var ErrUncertain = errors.New("the changes may be there")

// Uncertain marks err as ErrUncertain and keeps its text.
func Uncertain(err error) error { return uncertain{err} }

type uncertain struct{ error }

func (u uncertain) Unwrap() error { return u.error }

func (u uncertain) Is(target error) bool { return target == ErrUncertain }
