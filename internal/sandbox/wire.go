// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// wireIncident is an incident as the API shows it: the fields of the documentation's examples. What is empty is null.
type wireIncident struct {
	ID                string            `json:"id"`
	IncidentNumber    int               `json:"incident_number"`
	Title             string            `json:"title"`
	Description       *string           `json:"description"`
	Severity          string            `json:"severity"`
	Status            string            `json:"status"`
	AffectedServices  []string          `json:"affected_services"`
	ImpactDescription *string           `json:"impact_description"`
	AssignedTo        *string           `json:"assigned_to"`
	CreatedBy         *string           `json:"created_by"`
	Source            string            `json:"source"`
	Tags              []string          `json:"tags"`
	StartedAt         string            `json:"started_at"`
	AcknowledgedAt    *string           `json:"acknowledged_at"`
	ResolvedAt        *string           `json:"resolved_at"`
	CreatedAt         string            `json:"created_at"`
	UpdatedAt         string            `json:"updated_at"`
	Alias             *string           `json:"alias,omitzero"`
	Labels            map[string]string `json:"labels,omitzero"`
}

func toWire(i *store.Incident, sw *Switches) *wireIncident {
	if i == nil {
		return nil
	}
	w := &wireIncident{
		ID: i.ID, IncidentNumber: i.Number, Title: i.Title, Description: nullable(i.Description),
		Severity: i.Severity, Status: i.Status, AffectedServices: i.AffectedServices,
		ImpactDescription: nullable(i.ImpactDescription), AssignedTo: nullable(i.AssignedTo),
		Source: i.Source, Tags: i.Tags,
		StartedAt: store.Stamp(i.StartedAt), AcknowledgedAt: nullable(store.Stamp(i.AcknowledgedAt)),
		ResolvedAt: nullable(store.Stamp(i.ResolvedAt)), CreatedAt: store.Stamp(i.CreatedAt), UpdatedAt: store.Stamp(i.UpdatedAt),
	}
	if sw.AliasInResponses {
		w.Alias, w.Labels = &i.Alias, i.Labels
	}
	return w
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

// errorTypes are the documented ones; other statuses take the type of their class.
var errorTypes = map[int]string{
	400: store.ValidationError, 401: store.AuthenticationError, 403: store.AuthorizationError,
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

// encode cannot fail: the types are our own, and strings came from valid JSON.
func encode(v any) []byte {
	b, err := json.Marshal(v, store.JSON, json.FormatNilSliceAsNull(false))
	if err != nil {
		panic(err)
	}
	return b
}
