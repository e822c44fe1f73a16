// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

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
