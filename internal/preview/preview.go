// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/alert24exporter"
)

// Assumption is what the answers take for given: a webhook does not say what came before it.
const Assumption = "what fires has no incident yet, and what is resolved has one open"

// Alert is one alert of a webhook and what follows from it.
type Alert struct {
	Alias  string
	Status string
	// Incident is what the incident of the alias says; nil: there is none.
	Incident *Incident
	// Call is what would be sent; nil: nothing. Alerts of one alias share a call.
	Call *Call
	// Why explains the call, or that there is none.
	Why string
	// Delay is how long the call is held back by the configuration.
	Delay time.Duration
	// Notes are the exporter's warnings, such as of a template that fails.
	Notes []string
}

// Call is a request to Alert24. An id in its path that only Alert24 knows is written {id}.
type Call struct {
	Method, Path, Why string
	Body              jsontext.Value
}

// Incident is what a call tells Alert24, as far as a person reads it.
type Incident struct {
	Title             string   `json:"title"`
	Severity          string   `json:"severity"`
	Tags              []string `json:"tags"`
	AffectedServices  []string `json:"affected_services"`
	AssignedTo        string   `json:"assigned_to"`
	ImpactDescription string   `json:"impact_description"`
	Description       string   `json:"description"`
}

// Alerts says for each record what an exporter with cfg does with it, see [Assumption]. Records of one alias are
// taken together, as they make one incident.
func Alerts(ctx context.Context, cfg *alert24exporter.Config, logs plog.Logs) ([]Alert, error) {
	records := recordsOf(logs)
	alerts := make([]Alert, len(records))
	for _, group := range byAlias(records) {
		answers, err := answer(ctx, cfg, group)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", group[0].alias, err)
		}
		for i, r := range group {
			alerts[r.position] = answers[i]
		}
	}
	return alerts, nil
}

// answer says what follows from the records of one alias.
func answer(ctx context.Context, cfg *alert24exporter.Config, group []record) ([]Alert, error) {
	ignored := make([]bool, len(group))
	var firing, resolved []record
	for i, r := range group {
		var err error
		if ignored[i], err = ignores(ctx, cfg, r); err != nil {
			return nil, err
		}
		switch {
		case ignored[i]:
		case r.firing():
			firing = append(firing, r)
		default:
			resolved = append(resolved, r)
		}
	}
	var outcome Alert
	var err error
	switch {
	case len(firing) > 0:
		outcome, err = opened(ctx, cfg, firing)
	case len(resolved) > 0:
		outcome, err = closed(ctx, cfg, resolved)
	}
	if err != nil {
		return nil, err
	}
	answers := make([]Alert, len(group))
	for i, r := range group {
		a := outcome
		switch {
		case ignored[i]:
			a = Alert{Why: "it is to be ignored: it opens no incident, and one from before would close"}
		case !r.firing() && len(firing) > 0:
			a.Call, a.Why = nil, "another alert of this alias still fires"
		}
		a.Alias, a.Status = r.alias, r.status()
		answers[i] = a
	}
	return answers, nil
}

// ignores says whether the record is to open no incident.
func ignores(ctx context.Context, cfg *alert24exporter.Config, r record) (ignored bool, err error) {
	err = during(ctx, cfg, func(d *dryRun) error {
		n, err := d.push(ctx, r.fire())
		ignored = n > 0
		return err
	})
	return ignored, err
}

// opened is what follows when all of records fire and nothing is known of their alias.
func opened(ctx context.Context, cfg *alert24exporter.Config, records []record) (a Alert, err error) {
	err = during(ctx, cfg, func(d *dryRun) error {
		if _, err := d.push(ctx, records...); err != nil {
			return err
		}
		a, err = d.alert(ctx, records[0].alias)
		return err
	})
	return a, err
}

// closed is what follows when all of records resolve and fired before.
//
// Whether the exporter makes a call is asked before it is waited for: an alert can leave closing to a person.
func closed(ctx context.Context, cfg *alert24exporter.Config, records []record) (a Alert, err error) {
	err = during(ctx, cfg, func(d *dryRun) error {
		before := make([]record, len(records))
		for i, r := range records {
			before[i] = r.fire()
		}
		if _, err := d.push(ctx, before...); err != nil {
			return err
		}
		create, err := d.alert(ctx, records[0].alias)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(records, record.leavesClosing) {
			a = Alert{Incident: create.Incident, Notes: create.Notes, Why: "its annotation alert24_resolve leaves closing to a person"}
			return nil
		}
		if _, err := d.push(ctx, records...); err != nil {
			return err
		}
		a, err = d.alert(ctx, records[0].alias)
		a.Incident, a.Delay = create.Incident, cfg.Lifecycle.ResolveDelay
		a.Notes = append(create.Notes, a.Notes...)
		return err
	})
	return a, err
}

// alert waits for the next call, which is about alias, and says what it means.
func (d *dryRun) alert(ctx context.Context, alias string) (a Alert, err error) {
	if a.Call, err = d.call(ctx); err != nil {
		return a, err
	}
	a.Notes = d.recorder.takeNotes()
	a.Why = strings.TrimPrefix(a.Call.Why, alias+": ")
	a.Incident = new(Incident)
	return a, json.Unmarshal(a.Call.Body, a.Incident)
}
