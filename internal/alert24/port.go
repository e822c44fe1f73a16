// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Draft is an incident as it should be.
type Draft struct {
	Alias   string
	Content incident.Content
	// Short leaves out optional fields and shortens the rest, because the API refused the full content or failed on it.
	Short bool
}

// Question asks for the incidents of one alias.
type Question struct {
	Alias string
	// ID is the known incident, which is also read by its id; "" if there is none.
	ID    string
	Depth protocol.Depth
	// Fresh: lists may not show yet what is known of the incidents, so open ones are also read by their ids.
	Fresh bool
	// Since is when the doubt began, by our clock; zero if it is not known.
	Since time.Time
	// Titles are hashes of the titles that we sent for the alias. An incident with such a title but without a mark of ours makes
	// the answer incomplete. With AnyTitle, every incident without a mark does.
	Titles   []uint64
	AnyTitle bool
}

// Listing is what Open found.
type Listing struct {
	// Ours are the open incidents that carry our mark, by alias tag (see incident.AliasTag).
	Ours []Listed
	// IDs has the ids of all open incidents, ours or not.
	IDs map[string]bool
}

// Listed is an open incident of ours.
type Listed struct {
	Tag string
	ID  string
	// CreatedAt is by our clock; zero if the API does not show it.
	CreatedAt time.Time
}

// Gate lets requests leave. Every request passes it, also each page of a list and each repeat without a field.
type Gate interface {
	// Enter returns when a request of the kind may leave. A read before an update counts as an update, every other read as a
	// lookup. The caller makes the request and then calls leave once, with the result and how long the API asked us to wait: 0 if
	// it did not ask, negative if it asked without a time. After an error, the request must not leave.
	Enter(ctx context.Context, kind protocol.Kind) (leave func(result protocol.Result, retryAfter time.Duration), err error)
}

// openGate lets everything through.
type openGate struct{}

func (openGate) Enter(ctx context.Context, _ protocol.Kind) (leave func(protocol.Result, time.Duration), err error) {
	return func(protocol.Result, time.Duration) {}, ctx.Err()
}
