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

// Ledger is what the loop needs of all entries. Its methods are safe for concurrent use.
type Ledger interface {
	// Prepare returns what the alias needs now, without doing it, and what its incident should say if that had to be rendered. It
	// renders outside of any lock.
	Prepare(alias string) (protocol.Decision, *incident.Content)
	// Claim returns the next call of the alias with the entry it is for, after the store knows of it; or when to ask again.
	Claim(ctx context.Context, alias string) (*protocol.Entry, protocol.Decision, error)
	// Content is all that the incident of a firing entry should say, and the same as hashes.
	Content(e *protocol.Entry) (incident.Content, protocol.Content)
	// Learn commits what answers taught.
	Learn(ctx context.Context, answers []*protocol.Answered) error
	// Get returns the entry of an alias, or nil.
	Get(alias string) *protocol.Entry
	// Aliases returns all aliases.
	Aliases() []string
	// Hurry lets a slow alias that has not called since that time call before its turn, see [protocol.Policy.Hurry], and reports
	// whether it did.
	Hurry(ctx context.Context, alias string, since time.Time) (bool, error)
	// Suspect and Missing apply [protocol.Policy.Suspect] and [protocol.Policy.Missing] to the alias, durably, and report whether
	// its entry changed.
	Suspect(ctx context.Context, alias, id string, created time.Time) (bool, error)
	Missing(ctx context.Context, alias string) (bool, error)
	// Expected returns by alias the id that the list of open incidents should have, see [protocol.Entry.OpenID].
	Expected() map[string]string
}

// Observer hears what happens. Its methods are called concurrently and must not block.
type Observer interface {
	// Called reports one call and its answer; err is nil when the API carried it out. What the audit, the check at start
	// and the lookout for recovery read are lookups, too, and for no alias. The gate knows already of a pause that the answer asks for.
	Called(alias string, kind protocol.Kind, result protocol.Result, took time.Duration, err error)
	// Learned reports what an answer changed, after it is on disk.
	Learned(a *protocol.Answered, err error)
	// Audited reports a comparison of Alert24's open incidents with the ledger.
	Audited(orphans int, err error)
	// StorageFailed reports a write to storage that will be tried again.
	StorageFailed(err error)
}

// Manager is the incident manager. Each method carries out one call of the protocol and says what became of it; the error
// is the same for people, nil where the result is [protocol.Done]. Whatever happens is an answer. Its methods are safe for concurrent use,
// bound their own time, and pass the gate once for every request that leaves.
type Manager interface {
	// Create opens an incident. The answer says if it met an open one (Met), or one that is not ours ([protocol.Foreign]).
	Create(ctx context.Context, d alert24.Draft) (protocol.Answer, error)
	// Read shows one incident, in Answer.Incident.
	Read(ctx context.Context, id string) (protocol.Answer, error)
	// Update writes the fields of d that are in the set to the incident. Answer.Wrote are those that were sent.
	Update(ctx context.Context, id string, d alert24.Draft, fields protocol.FieldSet) (protocol.Answer, error)
	// Close resolves the incident at the time; a zero time is not sent.
	Close(ctx context.Context, id string, at time.Time) (protocol.Answer, error)
	// Reopen sets a closed incident open again.
	Reopen(ctx context.Context, id string) (protocol.Answer, error)
	// Find reads what the questions need, once for all of them, and returns an answer for each in their order: Found, Began, and
	// Incomplete if it did not see all that this question needs.
	Find(ctx context.Context, questions []alert24.Question) ([]protocol.Answer, error)
	// Open lists all open incidents.
	Open(ctx context.Context) (alert24.Listing, error)
}
