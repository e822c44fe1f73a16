// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package inprocess

import "github.com/alert24/otelcol-alert24/internal/labels"

// Rejection is a refused webhook.
type Rejection struct {
	// Text is the answer: one line with nothing of the request but positions. Detail is only for the log; it is bounded.
	Text, Detail string
	// Busy means that the webhook is not at fault, and that the sender sends it again.
	Busy bool
	Sender
}

// Skipped is an unusable alert of a webhook.
type Skipped struct {
	// Alias is the alias it would have; "" if unknown.
	Alias  string
	Labels labels.Set
	// Text is the reason in one line, and may quote the alert.
	Text string
	Sender
}

// Sender is the sender of a webhook, and the receiver it names. From is an address.
type Sender struct{ Receiver, From string }

// Group is a group of alerts that Alertmanager cut to max_alerts, or that came whole after it was cut.
type Group struct {
	// ID identifies the group among those of all receivers.
	ID string
	// Name is the group's name for people: one line, bounded.
	Name string
	Cut  bool
}

// Listener gets the reports of receivers. Its functions must not block.
type Listener struct {
	Rejected func(Rejection)
	Skipped  func(Skipped)
	Grouped  func(Group)
	Accepted func()
}

var listeners registry[Listener]

// Listen adds a listener until the returned function is called.
func Listen(l Listener) (unregister func()) { return listeners.register(l) }

// ReportRejected reports a refused webhook to all listeners.
func ReportRejected(r Rejection) { listeners.each(func(l Listener) { l.Rejected(r) }) }

// ReportSkipped reports an unusable alert to all listeners.
func ReportSkipped(s Skipped) { listeners.each(func(l Listener) { l.Skipped(s) }) }

// ReportGroup reports a group that was cut, or is whole again, to all listeners.
func ReportGroup(g Group) { listeners.each(func(l Listener) { l.Grouped(g) }) }

// ReportAccepted reports an accepted webhook to all listeners.
func ReportAccepted() { listeners.each(func(l Listener) { l.Accepted() }) }
