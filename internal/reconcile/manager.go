// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Manager is the incident manager. Each method carries out one call of the protocol and says what became of it; the error
// is the same for people, nil where the result is [protocol.Done]. Whatever happens is an answer. Its methods are safe for concurrent use,
// bound their own time, and pass the gate once for every request that leaves.
type Manager interface {
	// Create opens an incident. The answer says if it met an open one (Met), or one that is not ours ([protocol.Foreign]).
	Create(ctx context.Context, d Draft) (protocol.Answer, error)
	// Read shows one incident, in Answer.Incident.
	Read(ctx context.Context, id string) (protocol.Answer, error)
	// Update writes the fields of d that are in the set to the incident. Answer.Wrote are those that were sent.
	Update(ctx context.Context, id string, d Draft, fields protocol.FieldSet) (protocol.Answer, error)
	// Close resolves the incident at the time; a zero time is not sent.
	Close(ctx context.Context, id string, at time.Time) (protocol.Answer, error)
	// Reopen sets a closed incident open again.
	Reopen(ctx context.Context, id string) (protocol.Answer, error)
	// Find reads what the questions need, once for all of them, and returns an answer for each in their order: Found, Began, and
	// Incomplete if it did not see all that this question needs.
	Find(ctx context.Context, questions []Question) ([]protocol.Answer, error)
	// Open lists all open incidents.
	Open(ctx context.Context) (Listing, error)
}

// Draft is an incident as it should be.
type Draft struct {
	Alias   string
	Content incident.Content
	// Minimal leaves out what is optional and shortens the rest: the API refused the full content.
	Minimal bool
}

// Question asks for the incidents of one alias.
type Question struct {
	Alias string
	// ID is the known incident, which is read by its id too; "" if there is none.
	ID    string
	Depth protocol.Depth
	// Since is when the doubt began, by our clock; zero if it is not known.
	Since time.Time
	// Titles are hashes of the titles that we sent for the alias: an incident without a mark of ours, but with one of these, makes the
	// answer incomplete. AnyTitle says that every incident without a mark does.
	Titles   []uint64
	AnyTitle bool
}

// Listing is what Open found.
type Listing struct {
	// Ours are the open incidents that carry our mark, by alias tag (see incident.AliasTag).
	Ours []Listed
	// IDs are those of all open incidents, ours or not.
	IDs map[string]bool
}

// Listed is an open incident of ours.
type Listed struct {
	Tag string
	ID  string
	// CreatedAt is by our clock; zero if the API does not show it.
	CreatedAt time.Time
}
