// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"time"
)

// Leadership is the leader's store while it leads. Close lets another replica lead.
type Leadership interface {
	Store
	Inbox
	// Lost is closed when the leadership ends.
	Lost() <-chan struct{}
	// MayCall reports whether a call whose write-ahead began at since may still leave.
	MayCall(since time.Time) bool
	// Unsettled is how long a call of the former leader may still be under way.
	Unsettled() time.Duration
	// Publish tells the other replicas how many aliases are live.
	Publish(live int)
	// Wake delivers a value when the inbox should be read.
	Wake() <-chan struct{}
}

// Inbox holds webhooks that other replicas accepted. The ledger applies them before its own webhooks, each in the transaction that removes
// it. A webhook joins a transaction before the inbox is read, so the inbox then holds everything that its sender got acknowledged before.
type Inbox interface {
	// Inbox returns the first rows of those with these ids, in the order in which their senders were answered, and the ids of the rest. All
	// rows of an inbox could take too much memory and time. Nil ids mean the rows that are there now.
	Inbox(ctx context.Context, ids []int64) (rows []Row, rest []int64, err error)
	// CommitInbox is [Store.Commit], and also takes away the rows that caused the changes. Without changes and rows it only verifies that
	// this replica leads.
	CommitInbox(ctx context.Context, changes []Change, done Consumed) error
}

// Row is one webhook in the inbox.
type Row struct {
	ID      int64
	Waited  time.Duration // since it was stored, by the store's clock, including the time to read it
	Payload []byte
}

// Consumed lists the rows of the inbox that a commit takes away.
type Consumed struct {
	IDs []int64
	// Aside maps unusable rows to the reason. The store keeps them for people, and does not return them again.
	Aside map[int64]string
}

// ErrDeposed is the error of a commit after the leadership has ended. The commit changed nothing.
var ErrDeposed = errors.New("another replica leads")
