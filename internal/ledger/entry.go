// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Schema is the version of the records that this code writes.
const Schema = 1

// Entry is all that is known of one alias. Entries are never changed in place: the functions of this package
// return a changed copy, so whoever holds one may read it without a lock.
type Entry struct {
	Alias    string   `json:"-"`
	Members  []Member `json:"members,omitempty"` // in order of first arrival
	Incident Incident `json:"incident,omitzero"`
	// Written is the hash of the content that the API confirmed; empty means it must be written again.
	Written string `json:"written,omitempty"`
	// Inflight is the write-ahead: the one write that may be on the wire.
	Inflight Call  `json:"inflight,omitzero"`
	Doubt    Doubt `json:"doubt,omitzero"`
	// Extra lists further open incidents of this alias that a look-up showed.
	Extra   []string `json:"extra,omitempty"`
	Refused Refusal  `json:"refused,omitzero"`
	// Reopening is an incident that a create updated although it was closed; Reopened that this happened before.
	Reopening string `json:"reopening,omitempty"`
	Reopened  bool   `json:"reopened,omitzero"`
	// Dismissed: a person closed the incident and policy says to leave it, until the episode ends.
	Dismissed bool `json:"dismissed,omitzero"`
	// Peak is the worst severity of the episode.
	Peak incident.Severity `json:"peak,omitzero"`
	// Left: the alerts that are over ask to leave closing to a person.
	Left bool `json:"left,omitzero"`
	// QuietSince is when the last firing member resolved; zero while one fires.
	QuietSince time.Time `json:"quiet_since,omitzero"`
	// ConfirmedAt is when the API last confirmed the incident.
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`
	// Version counts the changes that make a look-up's result stale.
	Version uint64 `json:"version"`

	volatile `json:"-"`
}

// volatile is what a restart may forget. Deadlines carry the monotonic clock.
type volatile struct {
	desired  string            // hash of the content that the firing members ask for, or unrendered; empty while none fires
	content  *incident.Content // with that hash, from when the need of a call shows until its answer is learnt
	settleAt time.Time
	probeAt  time.Time
	retryAt  time.Time
	since    time.Time // when Alert24 ceased to hold what the entry asks for; zero while it does
	place    uint64    // number of the segment with the record; 0 while disk has none
	size     int32     // of the record, in bytes

	probes, attempts, failedLookups int32
	absent                          int8 // complete look-ups in a row that found nothing for an unknown alias

	armed   bool // Inflight is on disk, but its request has not left
	verify  bool
	bareTry bool // a close was refused: leave resolved_at out
	draft   bool // ApplyAll is at work on this copy
	loaded  bool // since a restart: disk still holds what Load began with
	former  bool // the record has a key of its own, as in former versions
}

// Member is one alert of the alias.
type Member struct {
	Alert  incident.Packed `json:"alert"`
	Firing bool            `json:"firing,omitzero"`
	// HeldUntil is set on a firing that may be the echo of a replica: it does not count until then.
	HeldUntil time.Time `json:"held_until,omitzero"`
	Epoch     string    `json:"epoch,omitempty"`
	Seq       int64     `json:"seq,omitzero"`
	LastSeen  time.Time `json:"last_seen"`
	// Of the last resolve: the alert's end, who sent it, when it came.
	EndsAt     time.Time `json:"ends_at,omitzero"`
	ResolvedBy string    `json:"resolved_by,omitempty"`
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
}

func (m *Member) held() bool { return !m.HeldUntil.IsZero() }

// State is what we believe of the incident. What may still happen to it is Doubt.
type State uint8

// States of an incident.
const (
	None    State = iota // nothing known, never tried
	Open                 // open under ID
	Closed               // closed; ID is the last one
	Unknown              // a resolve came for an alias that we never opened
)

// Incident is the incident of an alias as far as we know it.
type Incident struct {
	State State  `json:"state,omitzero"`
	ID    string `json:"id,omitempty"`
	// Number is Alert24's number of the incident, for people.
	Number int64 `json:"number,omitzero"`
	// StartedAt is Alert24's own start: a resolved_at before it would be refused.
	StartedAt time.Time `json:"started_at,omitzero"`
}

// Doubt lies across the states: requests that nobody answered may still be carried out. Only a look-up begun
// after the settle time ends it.
type Doubt struct {
	Set bool `json:"set,omitzero"`
	// Finished: the close of Closing was tried again since the alert fired again, or a create made it moot.
	Finished bool `json:"finished,omitzero"`
	// Creates counts unanswered creates; Closing is the id of an unanswered close.
	Creates int32  `json:"creates,omitzero"`
	Closing string `json:"closing,omitempty"`
	// Since bounds how far back a look-up must read.
	Since time.Time `json:"since,omitzero"`
}

// Refusal is content that the API refused; it belongs to the call and the content, never to the alias.
type Refusal struct {
	Kind Kind `json:"kind,omitzero"`
	// Minimal: the minimal form of a create was refused as well.
	Minimal bool   `json:"minimal,omitzero"`
	Hash    string `json:"hash,omitempty"`
}

// Kind is what a call does.
type Kind uint8

// Kinds of calls.
const (
	NoCall Kind = iota
	Create
	Update
	Close
	Reopen
	Lookup
)

// String names the kind for logs and metrics.
func (k Kind) String() string {
	return [...]string{"none", "create", "update", "close", "reopen", "lookup"}[k]
}

// Call is one request to the API, as decided, and as the write-ahead keeps it.
type Call struct {
	Kind Kind `json:"kind,omitzero"`
	// Minimal asks for a create without anything optional; Bare for a close without resolved_at.
	Minimal bool `json:"-"`
	Bare    bool `json:"-"`
	// Finish marks the one try to finish a close begun before the alert fired again.
	Finish bool `json:"-"`
	// Wide asks a look-up for all open incidents as well: a create may have opened one again that we do not know.
	Wide bool `json:"-"`

	ID string    `json:"id,omitempty"`
	At time.Time `json:"at,omitzero"`
	// Hash identifies the content that a create or update sends.
	Hash string `json:"-"`
	// Version of the entry when a look-up began.
	Version uint64 `json:"-"`
}

// copy returns a copy that shares the members, which must not be changed; nil of nil.
func (e *Entry) copy() *Entry {
	if e == nil {
		return nil
	}
	c := *e
	return &c
}

// clone returns a copy whose members may be changed; a draft is one already.
func (e *Entry) clone() *Entry {
	if e.draft {
		return e
	}
	c := *e
	c.Members = slices.Clone(e.Members)
	return &c
}

func (e *Entry) member(fingerprint string) int {
	for i := range e.Members {
		if e.Members[i].Alert.Fingerprint == fingerprint {
			return i
		}
	}
	return -1
}

// Firing reports whether the incident should be open.
func (e *Entry) Firing() bool {
	for i := range e.Members {
		if e.Members[i].Firing {
			return true
		}
	}
	return false
}

// leaves: an alert of the alias asks to leave closing to a person.
func (e *Entry) leaves() bool {
	return slices.ContainsFunc(e.Members, func(m Member) bool { return m.Alert.LeftOpen })
}

// live is 1 for what counts against the bound on aliases: everything that is not over.
func (e *Entry) live() int {
	if e == nil || !e.Firing() && e.over() {
		return 0
	}
	return 1
}

// written says where disk has the record of the entry.
func (e *Entry) written(place uint64, size int) {
	e.place, e.size, e.loaded, e.former = place, int32(min(size, math.MaxInt32)), false, false //nolint:gosec // it fits
}

// weight is what the record takes of a journal that holds nothing in vain, in bytes before they are compressed.
func (e *Entry) weight() int {
	if e == nil || e.place == 0 {
		return 0
	}
	return int(e.size) + 1 + fills(int(e.size)+1, e.Alias)*segmentCost/segmentBytes
}

// effort is what it takes to write the entry's record again, in records of usual size, as far as its last one tells.
func (e *Entry) effort() int {
	if e == nil {
		return 1
	}
	return 1 + int(e.size)/segmentBytes
}

// Worst returns the severity of the worst firing alert, or 0 when none fires.
func (e *Entry) Worst() incident.Severity {
	var worst incident.Severity
	for i := range e.Members {
		if m := &e.Members[i]; m.Firing {
			worst = max(worst, m.Alert.Severity)
		}
	}
	return worst
}

// firing passes over what the firing members say.
func (e *Entry) firing() iter.Seq[*incident.Packed] {
	return func(yield func(*incident.Packed) bool) {
		for i := range e.Members {
			if e.Members[i].Firing && !yield(&e.Members[i].Alert) {
				return
			}
		}
	}
}

// FiringAlerts returns the firing alerts, worst first, then the oldest.
func (e *Entry) FiringAlerts() []incident.Alert {
	alerts := make([]incident.Alert, 0, len(e.Members))
	for i := range e.Members {
		if e.Members[i].Firing {
			alerts = append(alerts, e.Members[i].Alert.Unpack())
		}
	}
	slices.SortStableFunc(alerts, worstFirst)
	return alerts
}

// EndedAt returns when the last alert of the episode ended, never before Alert24's own start of the incident.
func (e *Entry) EndedAt() time.Time {
	var end time.Time
	for i := range e.Members {
		if m := &e.Members[i]; !m.Firing && m.EndsAt.After(end) {
			end = m.EndsAt
		}
	}
	if end.Before(e.Incident.StartedAt) {
		return e.Incident.StartedAt
	}
	return end
}

// FirstStart returns the earliest start of the firing alerts.
func (e *Entry) FirstStart() time.Time {
	var first time.Time
	for i := range e.Members {
		m := &e.Members[i]
		if m.Firing && (first.IsZero() || m.Alert.StartsAt.Before(first)) {
			first = m.Alert.StartsAt
		}
	}
	return first
}
