// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Row is an alias in the table.
type Row struct {
	Alias string `json:"alias"`
	// Severity is that of the worst firing alert, else the worst of the episode; "" if unknown.
	Severity string `json:"severity"`
	Title    string `json:"title"`
	State    State  `json:"state"`
	// Is lists the groups that the alias counts in.
	Is []Group `json:"is"`
	// Firing, Held and Members are numbers of alerts.
	Firing  int `json:"firing"`
	Held    int `json:"held,omitzero"`
	Members int `json:"members"`
	// Since is when the first of the firing alerts began, else when the last alert resolved.
	Since    time.Time `json:"since,omitzero"`
	Incident Incident  `json:"incident,omitzero"`
}

// Incident is what is known of the incident in Alert24.
type Incident struct {
	State     string    `json:"state"` // none, open, closed or unknown
	ID        string    `json:"id,omitempty"`
	Number    int64     `json:"number,omitzero"`
	Link      string    `json:"link,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
	// LastSeenOpen is when Alert24 last showed it open.
	LastSeenOpen time.Time `json:"last_seen_open,omitzero"`
}

// Name returns the name that people use for the incident; "" if none is known.
func (i *Incident) Name() string {
	if i.Number > 0 {
		return "#" + strconv.FormatInt(i.Number, 10)
	}
	return i.ID
}

// Group is a group of aliases. An alias can be in several.
type Group string

// Groups, as in Counts.
const (
	IsFiring   Group = "firing"
	IsOpen     Group = "open"
	IsPending  Group = "pending"
	IsHeld     Group = "held"
	IsParked   Group = "parked"
	IsDoubtful Group = "doubtful"
	IsBlocked  Group = "blocked"
	// IsDismissed: a person closed the incident, and it stays closed.
	IsDismissed Group = "dismissed"
)

// Groups lists all groups.
var Groups = []Group{IsFiring, IsOpen, IsPending, IsHeld, IsParked, IsDoubtful, IsBlocked, IsDismissed}

// RowOf describes an entry in one line.
func RowOf(e *protocol.Entry, k *Known) Row {
	r := Row{
		Alias: e.Alias, Title: k.Title, State: StateOf(e, k), Is: groups(e, k),
		Firing: e.Members.Firing(), Held: e.Members.Held(), Members: e.Members.Len(), Since: e.QuietSince, Incident: incidentOf(e, k.Page),
	}
	worst := max(e.Worst(), e.Written.Peak)
	if e.Firing() {
		r.Since, worst = e.FirstStart(), e.Worst()
	}
	if !e.Firing() && e.Members.Held() > 0 {
		worst = max(worst, worstHeld(e))
	}
	if worst > 0 {
		r.Severity = worst.String()
	}
	return r
}

// worstHeld returns the severity of the incident that a held firing would open.
func worstHeld(e *protocol.Entry) (worst incident.Severity) {
	for m := range e.Members.All() {
		if m.State() == "held" {
			worst = max(worst, m.Alert.Severity)
		}
	}
	return worst
}

func groups(e *protocol.Entry, k *Known) []Group {
	all := make([]Group, 0, 2)
	for _, g := range []struct {
		is    Group
		holds bool
	}{
		{IsFiring, e.Firing()},
		{IsOpen, e.IsOpen()},
		{IsPending, !k.PendingSince.IsZero()},
		{IsHeld, e.Members.Held() > 0},
		{IsParked, e.Parked()},
		{IsDoubtful, e.Doubt.Set},
		{IsBlocked, e.Foreign != ""},
		{IsDismissed, e.Dismissed},
	} {
		if g.holds {
			all = append(all, g.is)
		}
	}
	return all
}

func incidentOf(e *protocol.Entry, page string) Incident {
	i := &e.Incident
	return Incident{
		State: i.State.String(), ID: i.ID, Number: i.Number, Link: incidentLink(page, i.ID), StartedAt: i.StartedAt, LastSeenOpen: e.ConfirmedAt,
	}
}
