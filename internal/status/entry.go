// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Entry is everything known about an alias.
type Entry struct {
	Row

	// PendingSince is since when Alert24 differs from the alerts; zero if it does not.
	PendingSince time.Time `json:"pending_since,omitzero"`
	// Next is the next call or the expiry; nil if nothing is due.
	Next *Next `json:"next,omitempty"`
	// Content is what the incident should say now; nil if no alert fires or the templates are unknown.
	Content *Content `json:"content,omitempty"`
	// Fields has the state of each field of the incident.
	Fields []Field `json:"fields,omitempty"`
	// Extra are further open incidents of the alias, Foreign is another tool's incident.
	Extra   []string `json:"extra_incidents,omitempty"`
	Foreign string   `json:"foreign_incident,omitempty"`
	// Results are the results of the last calls, the newest first.
	Results []Result `json:"results"`
	// Alerts are the worst members, MoreAlerts how many more there are.
	Alerts     []Alert  `json:"alerts"`
	MoreAlerts int      `json:"more_alerts,omitzero"`
	Notices    []Notice `json:"notices,omitempty"`
}

// well reports whether the incident is open or closed, as the alerts require.
func (e *Entry) well() bool { return e.State.Kind == Open || e.State.Kind == Closed }

// Content is what an incident should say.
type Content struct {
	Title             string            `json:"title"`
	Description       string            `json:"description"`
	Severity          string            `json:"severity"`
	Source            string            `json:"source"`
	Tags              []string          `json:"tags"`
	AffectedServices  []string          `json:"affected_services,omitempty"`
	ImpactDescription string            `json:"impact_description,omitempty"`
	AssignedTo        string            `json:"assigned_to,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
}

// Field is a field of the incident and its state.
type Field struct {
	Name  string     `json:"name"`
	State FieldState `json:"state"`
}

// FieldState says whether a field matches the alerts.
type FieldState string

// States of fields.
const (
	FieldWritten FieldState = "written"
	FieldDue     FieldState = "to be written"
	FieldTheirs  FieldState = "edited by a person, and left alone"
)

// Alert is a member of an entry.
type Alert struct {
	State       string               `json:"state"` // firing, resolving, held or resolved
	Severity    string               `json:"severity,omitempty"`
	Name        string               `json:"name,omitempty"`
	Fingerprint string               `json:"fingerprint,omitempty"`
	Labels      map[string]string    `json:"labels,omitempty"`
	Annotations map[string]string    `json:"annotations,omitempty"`
	StartsAt    time.Time            `json:"starts_at,omitzero"`
	LastSeen    time.Time            `json:"last_seen,omitzero"`
	HeldUntil   time.Time            `json:"held_until,omitzero"`
	ResolvedAt  time.Time            `json:"resolved_at,omitzero"`
	Links       []incident.NamedLink `json:"links,omitempty"`
}

// shownAlerts bounds the members of an Entry.
const shownAlerts = 50

// Read describes an entry completely. The caller adds what only the process with the ledger knows.
func Read(e *protocol.Entry, k *Known) Entry {
	entry := Entry{
		Row: RowOf(e, k), PendingSince: k.PendingSince, Extra: e.Extra, Foreign: e.Foreign, Results: []Result{}, Alerts: []Alert{},
	}
	members := make([]*protocol.Member, 0, e.Members.Len())
	for m := range e.Members.All() {
		members = append(members, m)
	}
	slices.SortFunc(members, worseFirst)
	for _, m := range members[:min(len(members), shownAlerts)] {
		entry.Alerts = append(entry.Alerts, alertOf(m))
	}
	entry.MoreAlerts = len(members) - len(entry.Alerts)
	return entry
}

func worseFirst(a, b *protocol.Member) int {
	rank := func(m *protocol.Member) int { return slices.Index(memberStates, m.State()) }
	if byState := cmp.Compare(rank(a), rank(b)); byState != 0 {
		return byState
	}
	switch {
	case a.Alert.Worse(&b.Alert):
		return -1
	case b.Alert.Worse(&a.Alert):
		return 1
	}
	return 0
}

var memberStates = []string{"firing", "resolving", "held", "resolved"}

func alertOf(m *protocol.Member) Alert {
	a := m.Alert.Unpack()
	alert := Alert{
		State: m.State(), Name: cmp.Or(a.Name, a.Labels.Get("alertname")), Fingerprint: a.Fingerprint,
		Labels: Bounded(a.Labels), Annotations: Bounded(a.Annotations),
		StartsAt: a.StartsAt, LastSeen: m.LastSeen, HeldUntil: m.HeldUntil, ResolvedAt: m.ResolvedAt, Links: incident.Links(&a),
	}
	if alert.State == "resolved" {
		alert.ResolvedAt = cmp.Or(m.ResolvedAt, m.EndsAt) // no resolve came if a list or its age ended the alert
	}
	if a.Severity > 0 {
		alert.Severity = a.Severity.String()
	}
	return alert
}

// Describe adds the content that the incident should have, and which of it was written.
func (e *Entry) Describe(entry *protocol.Entry, c *incident.Content, want *protocol.Content) {
	e.Content = &Content{
		Title: c.Title, Description: c.Description, Severity: c.Severity.String(), Source: c.Source, Tags: c.Tags,
		AffectedServices: c.AffectedServices, ImpactDescription: c.ImpactDescription, AssignedTo: c.AssignedTo, Labels: Bounded(c.Labels),
	}
	if entry.Dismissed {
		return // none of it will be written
	}
	due := entry.Due(want)
	for f := range incident.NumFields {
		state := FieldWritten
		switch {
		case want.News[f] == 0:
			continue
		case due.Has(f):
			state = FieldDue
		case entry.Written.Theirs.Has(f):
			state = FieldTheirs
		}
		e.Fields = append(e.Fields, Field{f.String(), state})
	}
}

const (
	maxPairs      = 64
	maxValueRunes = 1024
)

// Bounded returns as many labels, and as much of each, as people can read.
func Bounded(set labels.Set) map[string]string {
	m := make(map[string]string, min(len(set), maxPairs))
	for _, l := range set[:min(len(set), maxPairs)] {
		m[text.Cut(l.Name, maxValueRunes)] = text.Cut(l.Value, maxValueRunes)
	}
	return m
}

// Page returns the address of Alert24's pages next to its API, without a trailing slash.
func Page(endpoint string) string {
	page, _, _ := strings.Cut(endpoint, "/api/")
	return strings.TrimRight(page, "/")
}

// incidentLink returns the address at which Alert24 shows an incident.
func incidentLink(page, id string) string {
	if page == "" || id == "" {
		return ""
	}
	return text.Link(page + "/incidents/" + url.PathEscape(id))
}
