// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"time"
)

// Elect chooses one of several replicas that share a store: only that one has a ledger.
type Elect interface {
	// Campaign waits until this replica leads. Its error is ctx's.
	Campaign(ctx context.Context) (Leadership, error)
}

// Leadership is the store of the replica that leads, for as long as it does. Closing it lets another one lead.
type Leadership interface {
	Store
	Inbox
	// Lost is closed when the leadership ends, and Err then tells why.
	Lost() <-chan struct{}
	Err() error
	// MayCall reports whether a call whose write-ahead began at since may still leave.
	MayCall(since time.Time) bool
	// Unsettled is how long a call of the former leader may still be on the wire.
	Unsettled() time.Duration
	// Publish tells the other replicas how many aliases are live.
	Publish(live int)
	// Wake receives when the inbox should be read.
	Wake() <-chan struct{}
}

// Inbox holds webhooks that other replicas accepted. The ledger applies them before its own, in the transaction that removes
// them. A webhook joins a transaction before the inbox is read: everything that its sender had acknowledged before is there by then.
type Inbox interface {
	// Inbox returns all rows that are there, in the order in which their senders were answered.
	Inbox(ctx context.Context) ([]Row, error)
	// CommitInbox is [Store.Commit] together with the rows that the changes come from. With neither it only makes sure that
	// this replica leads.
	CommitInbox(ctx context.Context, changes []Change, done Consumed) error
}

// Row is one webhook in the inbox.
type Row struct {
	ID      int64
	Waited  time.Duration // since it was put there, by the store's clock and with the time that reading it took
	Source  string        // not empty: a snapshot, which replaced its predecessor
	Payload []byte
}

// Consumed says which rows of the inbox a commit takes with it.
type Consumed struct {
	IDs []int64
	// Aside gives rows that cannot be used with the reason. The store keeps them for people, and does not return them again.
	Aside map[int64]string
}

// ErrDeposed is what a Leadership that has ended says to a commit: it changed nothing.
var ErrDeposed = errors.New("another replica leads")
