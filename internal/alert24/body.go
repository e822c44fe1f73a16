// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// maxShortTitle bounds the title of a short create.
const maxShortTitle = 100

// write is the body of a create or an update. Zero values are left out. The fields have the same order on the wire.
type write struct {
	Title             string     `json:"title,omitempty"`
	Description       string     `json:"description,omitempty"`
	Severity          string     `json:"severity,omitempty"`
	Status            string     `json:"status,omitempty"`
	Alias             string     `json:"alias,omitempty"`
	Source            string     `json:"source,omitempty"`
	Labels            labels.Set `json:"labels,omitempty"`
	Tags              []string   `json:"tags,omitempty"`
	AffectedServices  []string   `json:"affected_services,omitempty"`
	ImpactDescription string     `json:"impact_description,omitempty"`
	AssignedTo        string     `json:"assigned_to,omitempty"`
	ResolvedAt        string     `json:"resolved_at,omitempty"`
}

// createBody returns the body of a create. A short one keeps the status, which pages people. It also keeps the source and the tags, which
// routing rules and lookups read. Of the description, it keeps only the last line, which names the alias.
func createBody(d *Draft, status string) write {
	c := &d.Content
	w := write{
		Title: c.Title, Description: c.Description, Severity: c.Severity.String(), Alias: d.Alias, Status: status, Source: c.Source,
		Tags: c.Tags,
	}
	if d.Short {
		w.Title, w.Description = text.Cut(c.Title, maxShortTitle), incident.AliasLine(d.Alias)
		return w
	}
	w.AffectedServices, w.ImpactDescription = c.AffectedServices, c.ImpactDescription
	w.AssignedTo = c.AssignedTo // people may change it later
	w.Labels = c.Labels
	return w
}

// updateBody returns the body of an update of the fields. It never carries a status, because a status that a person set wins.
func updateBody(d *Draft, fields protocol.FieldSet) write {
	c := &d.Content
	w := write{
		Title: c.Title, Description: c.Description, Severity: c.Severity.String(), Tags: c.Tags, AffectedServices: c.AffectedServices,
		ImpactDescription: c.ImpactDescription,
	}
	if c.LabelsInUpdates {
		w.Labels = c.Labels
	}
	for f, bodyField := range fieldOf {
		if !fields.Has(incident.Field(f)) {
			w.clear(bodyField)
		}
	}
	return w
}

// closeBody returns the body of a close; a zero time is not sent.
func closeBody(at time.Time) write {
	w := write{Status: "resolved"}
	if !at.IsZero() {
		w.ResolvedAt = at.UTC().Format(time.RFC3339Nano)
	}
	return w
}

var reopenBody = write{Status: "open"}

// encode returns w as JSON: the same bytes for the same w.
func (w *write) encode() []byte {
	b, err := json.Marshal(w, lenient)
	if err != nil {
		panic(fmt.Sprintf("alert24: strings do not encode: %v", err)) // cannot happen
	}
	return b
}

// hashes returns the hashes of the fields with the values that w has.
func (w *write) hashes() (h incident.Hashes) {
	for f, bodyField := range fieldOf {
		h[f] = w.value(bodyField)
	}
	return h
}

// fields returns the protocol's fields that w holds.
func (w *write) fields() (s protocol.FieldSet) {
	for f, h := range w.hashes() {
		if h != 0 {
			s |= protocol.Fields(incident.Field(f))
		}
	}
	return s
}
