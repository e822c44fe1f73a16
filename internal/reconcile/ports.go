// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Ledger is the loop's view of all entries. Its methods are safe for concurrent use.
type Ledger interface {
	// Prepare returns what the alias needs now, without changing anything. It also returns the content of the incident if that had to be
	// rendered. It renders outside of any lock.
	Prepare(alias string) (protocol.Decision, *incident.Content)
	// Claim returns the next call of the alias with its entry, once the write-ahead is stored. Without a call, it returns when to ask again.
	Claim(ctx context.Context, alias string) (*protocol.Entry, protocol.Decision, error)
	// Content returns the desired content of the incident of a firing entry, also as hashes.
	Content(e *protocol.Entry) (incident.Content, protocol.Content)
	// Learn commits what the answers show.
	Learn(ctx context.Context, answers []*protocol.Answered) error
	// Timed returns the entry of an alias with its timers; without an entry if there is none.
	Timed(alias string) protocol.Timed
	// Aliases returns all aliases.
	Aliases() []string
	// Hurry lets a slow alias call early if it has not called since that time, see [protocol.Policy.Hurry]. It reports whether the alias may.
	Hurry(ctx context.Context, alias string, since time.Time) (bool, error)
	// Suspect and Missing apply [protocol.Policy.Suspect] and [protocol.Policy.Missing] to the alias, durably, and report whether
	// its entry changed.
	Suspect(ctx context.Context, alias, id string, created time.Time) (bool, error)
	Missing(ctx context.Context, alias string) (bool, error)
	// Expected returns, by alias, the incident ids that the list of open incidents should contain, see [protocol.Entry.OpenID].
	Expected() map[string]string
}

// Observer is told what happens. Its methods are called concurrently and must not block.
type Observer interface {
	// Called reports one call and its answer; err is nil if the API carried the call out. The readings of the audit, the check at start
	// and the lookout for recovery count as lookups without an alias. The gate already knows of a pause that the answer asks for.
	Called(alias string, kind protocol.Kind, result protocol.Result, took time.Duration, err error)
	// Learned reports what an answer changed, after it is on disk.
	Learned(a *protocol.Answered, err error)
	// Audited reports a comparison of Alert24's open incidents with the ledger.
	Audited(orphans int, err error)
	// StorageFailed reports a failed write to storage. It will be tried again.
	StorageFailed(err error)
}

// Manager is the incident manager. Each method makes one call of the protocol and returns an answer in any case. The error explains the
// result to people; it is nil for [protocol.Done]. The methods are safe for concurrent use, bound their own time, and pass the gate
// once for every request that leaves.
type Manager interface {
	// Create opens an incident. The answer tells whether it met an open one (Met), or one that is not ours ([protocol.Foreign]).
	Create(ctx context.Context, d alert24.Draft) (protocol.Answer, error)
	// Read returns one incident, in Answer.Incident.
	Read(ctx context.Context, id string) (protocol.Answer, error)
	// Update writes the given fields of d to the incident. Answer.Wrote holds the fields that were sent.
	Update(ctx context.Context, id string, d alert24.Draft, fields protocol.FieldSet) (protocol.Answer, error)
	// Close resolves the incident at the given time; a zero time is not sent.
	Close(ctx context.Context, id string, at time.Time) (protocol.Answer, error)
	// Reopen opens a closed incident again.
	Reopen(ctx context.Context, id string) (protocol.Answer, error)
	// Find answers all questions with shared readings. It calls found once for each, by its index, as soon as its answer is known, also
	// concurrently. The answer has Found and Began, and is Incomplete if Find did not see everything that the question needs.
	Find(ctx context.Context, questions []alert24.Question, found func(i int, a protocol.Answer, err error))
	// Open lists all open incidents.
	Open(ctx context.Context) (alert24.Listing, error)
}
