// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

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

// Form is how much of an update is sent. The smaller forms are for an API that fails on a field.
type Form uint8

// Forms of an update.
const (
	Full         Form = iota
	NoArrays          // without tags, services and labels
	TextOnly          // title, description and severity
	SeverityOnly      // the severity
)

// String names the form for logs.
func (f Form) String() string {
	return [...]string{"all fields", "fields without lists", "title, description and severity", "severity"}[f]
}

// Fields returns the fields of the form.
func (f Form) Fields() FieldSet {
	switch f {
	case SeverityOnly:
		return Fields(incident.FieldSeverity)
	case TextOnly:
		return Fields(incident.FieldTitle, incident.FieldDescription, incident.FieldSeverity)
	case NoArrays:
		return Fields(incident.FieldTitle, incident.FieldDescription, incident.FieldSeverity, incident.FieldImpact)
	default:
		return 1<<incident.NumFields - 1
	}
}

// FieldSet is a set of fields.
type FieldSet uint8

// Fields returns a set.
func Fields(fields ...incident.Field) (s FieldSet) {
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

// String names the fields for logs.
func (s FieldSet) String() string {
	var names []string
	for f := range incident.NumFields {
		if s.Has(f) {
			names = append(names, f.String())
		}
	}
	return strings.Join(names, ", ")
}

// Has reports whether f is in the set.
func (s FieldSet) Has(f incident.Field) bool { return s&(1<<f) != 0 }

// Depth is how much a lookup reads in addition to the incident with the known id.
type Depth uint8

// Depths of a lookup.
const (
	Known  Depth = iota // nothing else
	Newest              // the newest page of the list: absence from it proves nothing
	Since               // all incidents created since the doubt began
	All                 // that, and all open incidents
)

// Call is one request to the API, as decided and as stored in the write-ahead.
type Call struct {
	ID string `json:"id,omitempty"`
	// At is when the call began; for a lookup, when the doubt began.
	At time.Time `json:"at,omitzero"`
	// Content is what a create or an update says, as far as it was known when the call began.
	Content Content `json:"content,omitzero"`
	Kind    Kind    `json:"kind,omitzero"`

	// The fields below are not part of the write-ahead.

	// Short: a create without optional fields. Bare: a close without resolved_at.
	Short bool `json:"-"`
	Bare  bool `json:"-"`
	// Finish marks the one try to finish a close begun before the alert fired again. Renew marks a close after which a new incident pages
	// people, at Severity.
	Finish   bool              `json:"-"`
	Renew    bool              `json:"-"`
	Severity incident.Severity `json:"-"`
	// Form of an update.
	Form Form `json:"-"`
	// Depth of a lookup, and the entry's Version when it began. Fresh: answers have shown more than a list may show yet.
	Depth   Depth  `json:"-"`
	Fresh   bool   `json:"-"`
	Version uint64 `json:"-"`
}

// Content is what an incident says, as hashes of its fields.
type Content struct {
	// News covers what counts as news; Sent covers all of the text, with the parts that change by themselves.
	News     incident.Hashes   `json:"news,omitzero"`
	Sent     incident.Hashes   `json:"sent,omitzero"`
	Severity incident.Severity `json:"severity,omitzero"`
}

// Of returns the content of a rendered incident.
func Of(c *incident.Content) Content {
	return Content{News: c.News, Sent: c.Hashes(), Severity: c.Severity}
}

// hash of the news.
func (c *Content) hash() uint64 {
	var h uint64 = 14695981039346656037
	for _, f := range c.News {
		h = (h ^ f) * 1099511628211
	}
	return h
}

// Written is our part of the incident's content.
type Written struct {
	// News is what was last written, field by field; 0: nothing yet.
	News incident.Hashes `json:"news,omitzero"`
	// Shown is what Alert24 showed after the write, perhaps a cleaned text; 0: not seen.
	Shown incident.Hashes `json:"shown,omitzero"`
	// Theirs are the fields that a person or a workflow edited. They stay so until the incident closes.
	Theirs FieldSet `json:"theirs,omitzero"`
	// Cleaned are the fields that Alert24 showed, or may have shown, differently from what we wrote.
	Cleaned FieldSet `json:"cleaned,omitzero"`
	// Peak is the worst severity that was written.
	Peak incident.Severity `json:"peak,omitzero"`
}
