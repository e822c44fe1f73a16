// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package rejections is where receivers of this process say which webhooks they took and what they did not, and where exporters hear it:
// their status page shows why an alert has no incident. It keeps nothing.
package rejections

import "sync"

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

var registry struct {
	sync.RWMutex
	ears map[*Ear]struct{}
}

// Register lets an ear hear until the returned function is called.
func Register(ear Ear) (unregister func()) {
	registry.Lock()
	defer registry.Unlock()
	if registry.ears == nil {
		registry.ears = map[*Ear]struct{}{}
	}
	key := &ear
	registry.ears[key] = struct{}{}
	return func() {
		registry.Lock()
		defer registry.Unlock()
		delete(registry.ears, key)
	}
}

// Tell tells all ears of a rejection.
func Tell(r Rejection) {
	registry.RLock()
	defer registry.RUnlock()
	for ear := range registry.ears {
		ear.Rejected(r)
	}
}

// Took tells all ears that a webhook was accepted.
func Took(s Sender) {
	registry.RLock()
	defer registry.RUnlock()
	for ear := range registry.ears {
		ear.Accepted(s)
	}
}
