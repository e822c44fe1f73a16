// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Event is one alert's firing or resolve, as it arrived.
type Event struct {
	Alias string
	// Pinned: the alias was chosen for this event, and stays even if the alert fires under another one.
	Pinned bool
	Key    Key
	Firing bool
	// Ignored: the alert must not have an incident. If it has one from before, the event counts as a resolve.
	Ignored bool
	Alert   incident.Packed
	// Undated: the start of Alert is only the time of its log record. A repeat has a later one.
	Undated bool
	// EndsAt is the alert's end; only for a resolve, and zero if it is not known.
	EndsAt time.Time
	// Wait is how long, at most, a resolve waits for a snapshot that may contradict it; 0: it counts at once.
	Wait time.Duration
	// Waited is how long the event waited in the inbox of replicas after it was accepted.
	Waited time.Duration
	// Witness is the source of the alert; Guarded: its resolve waits until the source is known to be alive.
	Witness Witness
	Guarded bool
	// Heartbeat: the alert is a watchdog, and fires. It has no incident.
	Heartbeat bool
	// Final: a person's close of the incident counts until the episode ends, whatever the policy says.
	Final bool
	// StaleAfter, if it is not 0, replaces the policy's, for an alert whose resolve is never sent.
	StaleAfter time.Duration
	// Epoch and Seq are the order of arrival at one receiver process; an empty Epoch means order unknown.
	Epoch string
	Seq   int64
	// Sender tells replicas apart.
	Sender string
	// ListedBy is the source whose list brought the firing; "" if a webhook did.
	ListedBy string
}
