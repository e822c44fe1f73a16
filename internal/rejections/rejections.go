// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package rejections is where receivers of this process say which webhooks they took and what they did not, and where exporters hear it:
// their status page shows why an alert has no incident. It keeps nothing.
package rejections

import "github.com/alert24/otelcol-alert24/internal/registry"

// Rejection is a webhook or some alerts that were not taken.
type Rejection struct {
	// Alerts: only these of a webhook were skipped; otherwise the whole webhook was refused.
	Alerts bool
	Count  int64
	// Text is one line with the reason, and holds nothing of the request but positions.
	Text string
	Sender
}

// Sender is who sent a webhook, and to which receiver. From is an address.
type Sender struct{ Receiver, From string }

// Ear hears what receivers say. Its functions must not block.
type Ear struct {
	Rejected func(Rejection)
	Accepted func(Sender)
}

var ears registry.Of[Ear]

// Register lets an ear hear until the returned function is called.
func Register(ear Ear) (unregister func()) { return ears.Register(ear) }

// Tell tells all ears of a rejection.
func Tell(r Rejection) { ears.Each(func(ear Ear) { ear.Rejected(r) }) }

// Took tells all ears that a webhook was accepted.
func Took(s Sender) { ears.Each(func(ear Ear) { ear.Accepted(s) }) }
