// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// wireIncident is an incident in the API's form, with the fields of the documentation's examples. An empty field is null.
type wireIncident struct {
	ID                string            `json:"id"`
	IncidentNumber    int               `json:"incident_number"`
	Title             string            `json:"title"`
	Description       *string           `json:"description"`
	Severity          string            `json:"severity"`
	Status            string            `json:"status"`
	AffectedServices  any               `json:"affected_services"`
	ImpactDescription *string           `json:"impact_description"`
	AssignedTo        *string           `json:"assigned_to"`
	CreatedBy         *string           `json:"created_by"`
	Source            string            `json:"source"`
	Tags              any               `json:"tags,omitzero"`
	StartedAt         *string           `json:"started_at"`
	AcknowledgedAt    *string           `json:"acknowledged_at"`
	ResolvedAt        *string           `json:"resolved_at"`
	CreatedAt         *string           `json:"created_at"`
	UpdatedAt         *string           `json:"updated_at"`
	Alias             *string           `json:"alias,omitzero"`
	Labels            map[string]string `json:"labels,omitzero"`
	DedupCount        *int              `json:"dedup_count,omitzero"`
	Deduplicated      bool              `json:"deduplicated,omitzero"`
}

// toWire returns an incident in the form that the switches choose. Nil stays nil.
func toWire(i *store.Incident, sw *Switches) *wireIncident {
	if i == nil {
		return nil
	}
	w := &wireIncident{
		ID: i.ID, IncidentNumber: i.Number, Title: i.Title, Description: nullable(i.Description),
		Severity: i.Severity, Status: i.Status, AffectedServices: list(i.AffectedServices, sw),
		ImpactDescription: nullable(i.ImpactDescription), AssignedTo: nullable(i.AssignedTo),
		Source: i.Source, Tags: list(i.Tags, sw),
		StartedAt: moment(i.StartedAt, sw), AcknowledgedAt: moment(i.AcknowledgedAt, sw), ResolvedAt: moment(i.ResolvedAt, sw),
		CreatedAt: moment(i.CreatedAt, sw), UpdatedAt: moment(i.UpdatedAt, sw),
	}
	if sw.AliasInResponses {
		w.Alias, w.Labels, w.DedupCount = &i.Alias, i.Labels, &i.DedupCount
	}
	return w
}

// toRow returns an incident as a row of the list.
func toRow(i *store.Incident, sw *Switches) *wireIncident {
	w := toWire(i, sw)
	if sw.BareRows {
		w.Alias, w.Labels, w.Tags = nil, nil, nil
	}
	times := []**string{&w.StartedAt, &w.AcknowledgedAt, &w.ResolvedAt, &w.CreatedAt, &w.UpdatedAt}
	for _, t := range times {
		switch {
		case *t == nil || sw.RowTimes == store.Readable || (sw.RowTimes == store.Mixed && i.Number%2 == 1):
		case sw.RowTimes == store.Null:
			*t = nil
		default:
			*t = new("Invalid Date")
		}
	}
	return w
}

// list is an array, or text as a database without arrays stores it.
func list(values []string, sw *Switches) any {
	switch sw.TagsAsText {
	case store.JSONText:
		return string(encode(values))
	case store.CommaText:
		return strings.Join(values, ",")
	default:
		return values
	}
}

// moment is a time; nil for none.
func moment(t time.Time, sw *Switches) *string {
	if sw.SQLiteTimes && !t.IsZero() {
		return new(t.UTC().Format(time.DateTime))
	}
	return nullable(store.Stamp(t))
}

// single is the answer about one incident, in the given envelope, with the flag of a duplicate in the given place.
func single(i *store.Incident, sw *Switches, envelope, flag string) []byte {
	w := toWire(i, sw)
	var e singleEnvelope
	switch flag {
	case store.Top:
		e.Deduplicated = true
	case store.InMeta:
		e.Meta = &hitMeta{Deduplicated: true}
	}
	switch envelope {
	case store.DataIncident:
		e.Data = innerEnvelope{w, flag == store.InData}
		return encode(e)
	case store.BareIncident:
		e.Incident = w
	default:
		e.Data = w
	}
	if flag == store.InData {
		w.Deduplicated = true
	}
	return encode(e)
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type (
	dataEnvelope struct {
		Data any `json:"data"`
	}
	singleEnvelope struct {
		Data         any      `json:"data,omitzero"`
		Incident     any      `json:"incident,omitzero"`
		Deduplicated bool     `json:"deduplicated,omitzero"`
		Meta         *hitMeta `json:"meta,omitzero"`
	}
	innerEnvelope struct {
		Incident     *wireIncident `json:"incident"`
		Deduplicated bool          `json:"deduplicated,omitzero"`
	}
	hitMeta struct {
		Deduplicated bool `json:"deduplicated"`
	}
	listEnvelope struct {
		Data any      `json:"data"`
		Meta listMeta `json:"meta"`
	}
	listMeta struct {
		Total   int  `json:"total"`
		Limit   int  `json:"limit"`
		Offset  int  `json:"offset"`
		HasMore bool `json:"has_more"`
	}
	errorEnvelope struct {
		Error store.APIError `json:"error"`
	}
)

// errorTypes are the documented types. Other statuses get the type of their class.
var errorTypes = map[int]string{
	400: store.ValidationError, 401: store.AuthenticationError, 402: store.PaymentError, 403: store.AuthorizationError,
	404: store.NotFoundError, 429: store.RateLimitError, 500: store.ServerError,
}

func errorBody(status int, message string) []byte {
	class := store.ServerError
	if status < 500 {
		class = store.ValidationError
	}
	return encode(errorEnvelope{store.APIError{
		Type: cmp.Or(errorTypes[status], class), Message: message, Status: status,
	}})
}

// encode cannot fail: the types are our own. The log of requests has bytes that are no text, such as a body that was cut.
func encode(v any) []byte {
	b, err := json.Marshal(v, store.JSON, json.FormatNilSliceAsNull(false), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err)
	}
	return b
}
