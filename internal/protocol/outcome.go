// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

// Outcome is what an event did.
type Outcome uint8

// Outcomes of an event.
const (
	Fired            Outcome = iota // a member began to fire
	Changed                         // a firing member says something else, or has other settings
	Repeated                        // nothing new
	RefreshDue                      // nothing new, but the incident was last seen long ago
	Resolved                        // a firing member resolved
	ResolveRepeated                 // a resolve for a member that does not fire
	ResolveUnknown                  // a resolve for an alias that we never opened
	NeverOpened                     // resolved before anything was sent
	OlderDropped                    // provably older than what is known
	StaleResolve                    // a resolve of an instance that ended before this one began
	EchoHeld                        // a firing held as a replica's echo
	EchoIgnored                     // another firing of a held member that neither releases nor extends the hold
	EchoReleased                    // a held member fires after all
	EchoCancelled                   // a resolve ended the hold
	ResolveWaits                    // a resolve waits for the next snapshot
	ResolveWithdrawn                // a firing ended that wait
	NoRoom                          // not applied: a new alias or alert, and the ledger is full
	Ignored                         // the alert must not have an incident, and has none
	Repaired                        // a member began to fire because a list has it and no webhook came

	NumOutcomes
)

// String names the outcome for logs and metrics.
func (o Outcome) String() string {
	return [...]string{
		"fired", "changed", "repeated", "refresh_due", "resolved", "resolve_repeated", "resolve_unknown", "never_opened",
		"older_dropped", "stale_resolve", "echo_held", "echo_ignored", "echo_released", "echo_cancelled",
		"resolve_waits", "resolve_withdrawn", "no_room", "ignored", "repaired",
	}[o]
}

// changes reports whether the event changed the entry.
func (o Outcome) changes() bool {
	return o != OlderDropped && o != StaleResolve && o != NoRoom && o != Ignored
}

// Durable reports whether events with these outcomes must be stored. A repeat need not be stored, because it changes only what no restart
// needs: the place in the order of one receiver process, the time when this process last heard the alert, and texts that are not news.
func Durable(outcomes []Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.changes() && o != Repeated && o != RefreshDue })
}

// Wakes reports whether a call may have become due.
func (o Outcome) Wakes() bool {
	return o != Repeated && o != OlderDropped && o != StaleResolve && o != NoRoom && o != Ignored
}
