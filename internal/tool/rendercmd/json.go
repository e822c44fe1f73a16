// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package rendercmd

import (
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/preview"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

type reportJSON struct {
	Assumption string        `json:"assumption"`
	Notes      []string      `json:"notes"`
	Webhooks   []webhookJSON `json:"webhooks"`
}

type webhookJSON struct {
	File   string      `json:"file"`
	Notes  []string    `json:"notes"`
	Alerts []alertJSON `json:"alerts"`
}

// alertJSON is an alert. Its incident or its call is null if there is none.
type alertJSON struct {
	Position     int           `json:"position"` // the first is 0
	Alias        string        `json:"alias"`
	AliasRule    string        `json:"alias_rule"`
	Status       string        `json:"status"`
	Severity     string        `json:"severity"`
	SeverityFrom string        `json:"severity_from"`
	IgnoredBy    string        `json:"ignored_by,omitempty"` // the key or annotation
	Incident     *incidentJSON `json:"incident"`
	Call         *callJSON     `json:"call"`
	Why          string        `json:"why"`
	Notes        []string      `json:"notes"`
}

type incidentJSON struct {
	Title             string   `json:"title"`
	Severity          string   `json:"severity"`
	Tags              []string `json:"tags"`
	AffectedServices  []string `json:"affected_services"`
	AssignedTo        string   `json:"assigned_to"`
	ImpactDescription string   `json:"impact_description"`
	Description       string   `json:"description"`
}

// callJSON is a call. Alerts of one alias share it: SharedWith is the position of the first of them.
type callJSON struct {
	Method     string         `json:"method"`
	Path       string         `json:"path"`
	After      string         `json:"after,omitempty"`
	SharedWith *int           `json:"shared_with,omitempty"`
	Body       jsontext.Value `json:"body"`
}

// writeJSON writes the report for programs.
func (r *report) writeJSON(out io.Writer) error {
	doc := reportJSON{Assumption: preview.Assumption, Notes: r.notes}
	for _, f := range r.webhooks {
		hook := webhookJSON{File: f.name, Notes: f.Notes}
		calls := map[*preview.Call]*int{}
		for i := range f.Alerts {
			hook.Alerts = append(hook.Alerts, r.alertJSON(&f.Alerts[i], calls))
		}
		doc.Webhooks = append(doc.Webhooks, hook)
	}
	return cli.WriteJSON(out, doc)
}

func (r *report) alertJSON(a *preview.Alert, calls map[*preview.Call]*int) alertJSON {
	j := alertJSON{
		Position: a.Position, Alias: a.Alias, AliasRule: ruleName(a, r.rules), Status: a.Status,
		Severity: a.Severity.Severity.String(), SeverityFrom: a.Severity.From, IgnoredBy: a.Severity.IgnoredBy, Why: a.Why, Notes: a.Notes,
	}
	if inc := a.Incident; inc != nil {
		j.Notes = append(j.Notes, inc.Notes...)
		j.Incident = &incidentJSON{
			Title: inc.Title, Severity: inc.Severity.String(), Tags: inc.Tags, AffectedServices: inc.AffectedServices,
			AssignedTo: inc.AssignedTo, ImpactDescription: inc.ImpactDescription, Description: inc.Description,
		}
	}
	if a.Call != nil {
		j.Call = &callJSON{Method: a.Call.Method, Path: a.Call.Path, SharedWith: calls[a.Call], Body: a.Call.Body}
		if calls[a.Call] == nil {
			calls[a.Call] = &a.Position
		}
		if a.Delay > 0 {
			j.Call.After = a.Delay.String()
		}
	}
	return j
}
