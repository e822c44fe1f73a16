// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package status describes entries and problems of the bridge for people and scripts. It has the types of the status API, the words for
// the state of an entry, and bounded lists of recent events. It may import the packages of entries and incidents, and does no input or
// output. Start reading at Read in entry.go; docs/status.md describes the JSON.
package status

import (
	"slices"
	"time"
)

// Paths of the API. An incompatible version gets another path.
const (
	PathOverview = "/api/v1/overview"
	PathAliases  = "/api/v1/aliases"
	PathExplain  = "/api/v1/explain"
)

// Overview says how the bridge is doing.
type Overview struct {
	Now time.Time `json:"now"`
	// Revision changes when the table or the notices change. It has no other meaning.
	Revision string `json:"revision"`
	Bridge   Bridge `json:"bridge"`
	// Trouble lists current problems, the worst first.
	Trouble []Trouble `json:"trouble"`
	// Affected are aliases. The trouble names some of them.
	Affected Affected `json:"-"`
	// Truncated are groups that Alertmanager cuts to max_alerts, the newest first. The trouble names some of them.
	Truncated []TruncatedGroup `json:"-"`
	// Counts is nil while the aliases cannot be read.
	Counts   *Counts   `json:"counts,omitempty"`
	API      API       `json:"api"`
	Storage  Storage   `json:"storage"`
	Replica  *Replica  `json:"replica,omitempty"`
	Webhooks Webhooks  `json:"webhooks"`
	Syncs    []Sync    `json:"syncs"`
	Watchdog *Watchdog `json:"watchdog,omitempty"`
	Services *Services `json:"services,omitempty"`
	// Notices are the newest reasons why alerts have no incident.
	Notices []Notice `json:"notices"`
}

// Bridge is the process that answers the request.
type Bridge struct {
	Component string    `json:"component"`
	Version   string    `json:"version"`
	Started   time.Time `json:"started"`
	DryRun    bool      `json:"dry_run"`
}

// Counts are numbers of aliases.
type Counts struct {
	Live     int `json:"live"`
	Closed   int `json:"closed"` // remembered for a while
	Firing   int `json:"firing"`
	Open     int `json:"open"`
	Pending  int `json:"pending"`
	Held     int `json:"held"`
	Parked   int `json:"parked"`
	Doubtful int `json:"doubtful"`
	Blocked  int `json:"blocked"`
	// Dismissed counts aliases whose incident a person closed, and which stays closed until the episode ends.
	Dismissed int `json:"dismissed"`
	// Failing counts the aliases whose last call failed.
	Failing int `json:"failing"`
	// PendingSince is when the oldest pending change began to wait.
	PendingSince time.Time `json:"pending_since,omitzero"`
}

// API is the state of Alert24's API.
type API struct {
	Endpoint    string    `json:"endpoint"`
	State       APIState  `json:"state"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastFailure time.Time `json:"last_failure,omitzero"`
	LastError   string    `json:"last_error,omitempty"`
	// FailingSince is the time of the first failure after the last success.
	FailingSince time.Time `json:"failing_since,omitzero"`
	// Calls are the calls of the last minute, Limit is the maximum of requests per second; 0 means no limit.
	Calls int     `json:"calls_last_minute"`
	Limit float64 `json:"requests_per_second_limit"`
	// No request leaves before PausedUntil, and no create before CreatesPausedUntil. Zero means that they may leave.
	PausedUntil        time.Time `json:"paused_until,omitzero"`
	CreatesPausedUntil time.Time `json:"creates_paused_until,omitzero"`
	// RateLimited means that an HTTP 429 paused the calls.
	RateLimited bool `json:"rate_limited,omitzero"`
}

// APIState is how Alert24 answered the last call.
type APIState string

// States of the API.
const (
	APINotAsked   APIState = "not_asked" // since the start, or since this replica became leader
	APIAnswers    APIState = "answers"
	APIFails      APIState = "fails"
	APIRefusesKey APIState = "refuses_key"
	APIUnknown    APIState = "unknown" // another replica makes the calls
)

// Storage is where the ledger is kept.
type Storage struct {
	Kind         string    `json:"kind"` // file, database or memory
	Up           bool      `json:"up"`
	FailingSince time.Time `json:"failing_since,omitzero"`
	// RecoveredAt is when the storage last recovered; zero if it never failed.
	RecoveredAt time.Time `json:"recovered_at,omitzero"`
	Bytes       int64     `json:"bytes"`
	Error       string    `json:"error,omitempty"`
}

// Replica describes this bridge as one of several.
type Replica struct {
	Leads     bool `json:"leads"`      // this replica leads
	HasLeader bool `json:"has_leader"` // some replica leads
	// LeaseAge is how long ago the leader renewed its lease, which lasts for Lease.
	LeaseAge float64 `json:"lease_age_seconds"`
	Lease    float64 `json:"lease_seconds"`
	// InboxWebhooks is how many accepted webhooks wait for the leader, InboxSince when the oldest arrived, InboxSetAside how many the
	// leader could not use.
	InboxWebhooks int       `json:"inbox_webhooks"`
	InboxSince    time.Time `json:"inbox_since,omitzero"`
	InboxSetAside int       `json:"inbox_set_aside"`
}

// Webhooks has the times when receivers of this process last accepted and refused a webhook; zero if they have not since the start.
type Webhooks struct {
	Since        time.Time `json:"since"` // the start
	LastAccepted time.Time `json:"last_accepted,omitzero"`
	LastRefused  time.Time `json:"last_refused,omitzero"`
	// Refusal is the answer to the last refused webhook, and its sender.
	Refusal string `json:"refusal,omitempty"`
	// SenderErrorAt and SenderError are the same for webhooks refused because of their sender or content, not because the bridge was unavailable (503).
	SenderErrorAt time.Time `json:"sender_error_at,omitzero"`
	SenderError   string    `json:"sender_error,omitempty"`
	// AlertsReceived means that alerts arrived, perhaps from another source than a webhook.
	AlertsReceived bool `json:"alerts_received"`
}

// Sync describes the last list of a source of alerts.
type Sync struct {
	Source   string    `json:"source"`
	At       time.Time `json:"at"`
	Complete bool      `json:"complete"`
	Alerts   int       `json:"alerts"`
}

// Watchdog counts the sources of alerts whose watchdog is heard, is missing, or was too rare to be watched.
type Watchdog struct {
	Heard     int `json:"heard"`
	Missing   int `json:"missing"`
	Unwatched int `json:"unwatched"`
	// MissingSources has the first of the missing sources.
	MissingSources []MissingSource `json:"missing_sources,omitempty"`
	// NeverHeard means that no watchdog has come for watchdog::missing_after since the start.
	NeverHeard bool `json:"never_heard,omitzero"`
}

// MissingSource is a source of alerts whose watchdog is missing.
type MissingSource struct {
	Source  string    `json:"source"`
	HeardAt time.Time `json:"heard_at"`
}

// Services counts Alert24's services whose names the bridge knows.
type Services struct {
	Known     int       `json:"known"`
	Refreshed time.Time `json:"refreshed,omitzero"`
	Error     string    `json:"error,omitempty"`
	// Unknown are names that alerts use but no service has.
	Unknown []UnknownName `json:"unknown"`
}

// UnknownName is a service name that alerts use and Alert24 does not know.
type UnknownName struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// Aliases is a part of the table.
type Aliases struct {
	Revision string `json:"revision"`
	Total    int    `json:"total"`
	Offset   int    `json:"offset"`
	Rows     []Row  `json:"rows"`
}

// Explanation is everything known about an alias, or about the aliases whose alerts have some labels.
type Explanation struct {
	Now time.Time `json:"now"`
	// DryRun means that nothing is sent to Alert24: the incidents exist only here.
	DryRun bool `json:"dry_run,omitzero"`
	// Trouble lists problems of the bridge that may be the reason.
	Trouble []Trouble `json:"trouble"`
	Entries []Entry   `json:"entries"`
	// Webhooks is the same as in the overview.
	Webhooks Webhooks `json:"webhooks"`
	// More means that further entries have these labels.
	More bool `json:"more,omitzero"`
	// Notices are reasons why alerts have no incident.
	Notices []Notice `json:"notices"`
	// DidYouMean is a known alias that differs only in case.
	DidYouMean string `json:"did_you_mean,omitempty"`
	// Do is what people can do, unless the trouble says it.
	Do *Remedy `json:"do,omitempty"`
}

// Known reports whether anything is known about the subject itself.
func (e *Explanation) Known() bool {
	return len(e.Entries) > 0 || slices.ContainsFunc(e.Notices, func(n Notice) bool { return !n.Anonymous() })
}

// Well reports whether there are incidents, and all are as they should be.
func (e *Explanation) Well() bool {
	return len(e.Entries) > 0 && !slices.ContainsFunc(e.Entries, func(entry Entry) bool { return !entry.well() })
}

// Subject is the subject of a question: an alias, or alerts with all of these labels.
type Subject struct {
	Alias  string
	Labels map[string]string
}

// Has reports whether labels include all labels of the subject.
func (s *Subject) Has(labels func(name string) (value string, found bool)) bool {
	for name, want := range s.Labels {
		if value, found := labels(name); !found || value != want {
			return false
		}
	}
	return true
}

// Problem is the body of every answer that is not 200.
type Problem struct {
	Error string `json:"error"`
}
