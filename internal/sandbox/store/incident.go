// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"time"
)

// Statuses are the values of an incident's status, in the order of its life.
var Statuses = []string{
	"new", "acknowledged", "open", "investigating", "identified", "monitoring", "resolved", "postmortem",
}

// Severities are the values that the API's reference lists, worst first. Switches add info and informational.
var Severities = []string{"critical", "high", "medium", "low", "maintenance"}

// Words with a special meaning.
const (
	StatusNew             = "new"
	StatusOpen            = "open"
	StatusAcknowledged    = "acknowledged"
	StatusResolved        = "resolved"
	StatusPostmortem      = "postmortem"
	SeverityInfo          = "info"
	SeverityInformational = "informational"
)

const (
	defaultStatus   = StatusOpen
	defaultSeverity = "medium"
	defaultSource   = "api"
)

// Closed reports whether an incident with this status is closed.
func Closed(status string) bool { return status == StatusResolved || status == StatusPostmortem }

// Incident is everything that the sandbox holds about one incident. Its slices and maps never change in place.
type Incident struct {
	ID     string `json:"id"`
	Number int    `json:"incident_number"` // counts from 1

	// Alias is the deduplication key; empty if the incident was created without one.
	Alias             string            `json:"alias"`
	Title             string            `json:"title"`
	Description       string            `json:"description"`
	Severity          string            `json:"severity"`
	Status            string            `json:"status"`
	AffectedServices  []string          `json:"affected_services"`
	ImpactDescription string            `json:"impact_description"`
	AssignedTo        string            `json:"assigned_to"`
	Source            string            `json:"source"`
	Tags              []string          `json:"tags"`
	Labels            map[string]string `json:"labels"`

	StartedAt time.Time `json:"started_at"`
	// AcknowledgedAt and ResolvedAt are zero if the API shows null.
	AcknowledgedAt time.Time `json:"acknowledged_at"`
	ResolvedAt     time.Time `json:"resolved_at"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`

	// DedupCount counts the creates that met the incident while it was open.
	DedupCount int `json:"dedup_count"`
	// WouldPage lists the channels that would have paged people last.
	WouldPage []string `json:"would_page"`

	// History begins with the oldest entry. The first entry is always kept. HistoryDropped counts the entries dropped because of
	// the limit.
	History        []Event `json:"history,omitempty"`
	HistoryDropped int     `json:"history_dropped,omitempty"`
	HistoryLength  int     `json:"history_length"`
}

// Open reports whether the incident is neither resolved nor in postmortem.
func (i *Incident) Open() bool { return !Closed(i.Status) }

// Kind is the kind of a history entry.
type Kind string

// Kinds of history entries.
const (
	Created  Kind = "created"
	Updated  Kind = "updated"
	Resolved Kind = "resolved"
	Reopened Kind = "reopened"
	// Duplicate is a create that met the open incident and left it unchanged.
	Duplicate Kind = "duplicate"
)

// Actor is who changed an incident.
type Actor string

// Actors.
const (
	ByAPI       Actor = "api"
	ByPerson    Actor = "person"
	ByOtherTool Actor = "other tool"
)

// Event is one entry of an incident's history.
type Event struct {
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`
	By   Actor     `json:"by"`
	// Request is the X-Request-Id of the request that did it; empty for a person and for another tool.
	Request string   `json:"request_id,omitempty"`
	Changes []Change `json:"changes,omitempty"`
	// WouldPage lists the channels that would page people.
	WouldPage []string `json:"would_page,omitempty"`
	// Public means that a status page of the affected services would show the entry.
	Public bool `json:"public,omitzero"`
}

// Change is the value of one field before and after, cut to a readable length.
type Change struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// maxChangeRunes bounds the values in the history.
const maxChangeRunes = 200

// record adds an entry and keeps the history within its limit: the first entry and the newest stay.
func (i *Incident) record(e Event, limit int) {
	e.Public = len(i.AffectedServices) > 0
	if len(e.WouldPage) > 0 {
		i.WouldPage = e.WouldPage
	}
	i.History = append(i.History, e)
	if over := len(i.History) - limit; over > 0 {
		i.History = slices.Delete(i.History, 1, 1+over)
		i.HistoryDropped += over
	}
	i.HistoryLength = len(i.History)
}

// Channels through which Alert24 pages people.
const (
	Email = "email"
	SMS   = "sms"
	Phone = "call"
)

// channels returns how people would be paged for a severity: always by email, by phone for the two worst.
func channels(severity string) []string {
	if loud(severity) {
		return []string{Email, SMS, Phone}
	}
	return []string{Email}
}

func loud(severity string) bool { return severity == "critical" || severity == "high" }

// pageCreated lists the channels that page people at creation.
func pageCreated(sw *Switches, i *Incident) []string {
	if i.Open() && (sw.PagesOn == OnAny || i.Status == StatusNew) {
		return channels(i.Severity)
	}
	return nil
}

// pageUpdated lists the channels that page people when was becomes is.
func pageUpdated(sw *Switches, was, is *Incident) []string {
	rises := slices.Index(Severities, is.Severity) < slices.Index(Severities, was.Severity) || !slices.Contains(Severities, was.Severity)
	if sw.UpdatesPage && is.Open() && loud(is.Severity) && was.Severity != is.Severity && rises {
		return channels(is.Severity)
	}
	return nil
}
