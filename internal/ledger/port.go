// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Change is the new record under a key; a nil Record deletes it.
type Change struct {
	Key    string
	Record []byte
	// Entry is the one whose record it is, for stores that show people what is in it. Nil where the record is not of a whole entry.
	Entry *protocol.Entry
	// Pending is since when Alert24 does not hold what Entry asks for; zero while it does.
	Pending time.Time
}

// Loaded is a record as Load found it.
type Loaded struct {
	// Key is empty where records are lost and nothing tells their keys.
	Key string
	// Record is only valid until each returns; nil where it is lost or damaged.
	Record []byte
	// Suspect: a newer record of this key may be lost.
	Suspect bool
	// Where the store has it, for people who look into the storage.
	Where string
}

// Store keeps records by key. The ledger is its only user: calls never overlap, except for Size.
type Store interface {
	// Load calls each for every record, in any order. A record that is lost or damaged is reported with a nil record, and
	// suspect those whose newer record may be lost with it; both are reported again at the next start, until they are
	// committed anew. With the error ErrUnreadable of each the store keeps a copy aside and goes on; any other ends Load.
	// A store that writes records again, to use the space of old ones, asks current for them: it appends the record under a
	// key, or nothing if there is none.
	Load(ctx context.Context, each func(r Loaded) error, current func(key string, b []byte) []byte) error
	// Commit makes all changes durable, or none; their keys differ. It does not keep the records. makesRoom lets it use what
	// is kept back for writes that free space. With an error that is ErrUncertain the changes may be there: Settle tells.
	Commit(ctx context.Context, changes []Change, makesRoom bool) error
	// Settle reports whether the changes of the last Commit are there. An error means that it is not known yet.
	Settle(ctx context.Context) (there bool, err error)
	// Check returns why new records would not be taken now, nil if they would.
	Check(ctx context.Context) error
	// Size returns the bytes of all records.
	Size() int64
	Close(ctx context.Context) error
}

// ErrUnreadable is what the ledger says of a record that it cannot use.
var ErrUnreadable = errors.New("the record cannot be read")

// ErrUncertain marks the error of a Commit whose changes may be there.
var ErrUncertain = errors.New("the changes may be there")

// Uncertain marks err as ErrUncertain. Its text stays.
func Uncertain(err error) error { return uncertain{err} }

type uncertain struct{ error }

func (u uncertain) Unwrap() error { return u.error }

func (u uncertain) Is(target error) bool { return target == ErrUncertain }
