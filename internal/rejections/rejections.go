// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package rejections is where receivers of this process say which webhooks they took and what they did not, and where exporters hear it:
// their status page shows why an alert has no incident. It keeps nothing.
package rejections

import (
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/registry"
)

// Rejection is a webhook that was not taken.
type Rejection struct {
	// Text is the answer, one line that holds nothing of the request but positions. Detail is what only the log says; it is bounded.
	Text, Detail string
	// Busy: nothing is wrong with it, and the sender sends it again.
	Busy bool
	Sender
}

// Skipped is an alert of a webhook that cannot be used.
type Skipped struct {
	// Alias is what it would have, "" if that is not known.
	Alias  string
	Labels labels.Set
	// Text is one line with the reason, and may quote the alert.
	Text string
	Sender
}

// Sender is who sent a webhook, and to which receiver. From is an address.
type Sender struct{ Receiver, From string }

// Ear hears what receivers say. Its functions must not block.
type Ear struct {
	Rejected func(Rejection)
	Skipped  func(Skipped)
	Accepted func()
}

var ears registry.Of[Ear]

// Register lets an ear hear until the returned function is called.
func Register(ear Ear) (unregister func()) { return ears.Register(ear) }

// Tell tells all ears of a rejection.
func Tell(r Rejection) { ears.Each(func(ear Ear) { ear.Rejected(r) }) }

// Skip tells all ears of an alert that cannot be used.
func Skip(s Skipped) { ears.Each(func(ear Ear) { ear.Skipped(s) }) }

// Took tells all ears that a webhook was accepted.
func Took() { ears.Each(func(ear Ear) { ear.Accepted() }) }
