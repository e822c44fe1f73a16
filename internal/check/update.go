// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Behaviours of an update.
const (
	applied     = "applied"
	accepted    = "accepted" // and nothing shows whether the update was applied
	ignored     = "ignored"
	refused     = "refused"
	serverError = "error" // a server's error
)

// field is one field of an update.
type field struct {
	name  string
	value any
	// shows reports whether an incident shows the value; nil if that is unknown.
	shows func(seen) bool
	// level and change apply if the field is not written.
	level  Level
	change string
	remark string
}

// fields returns the fields that the bridge updates.
func (r *run) fields() []field {
	const more = " (updated)"
	tags := []string{incident.AliasTag(r.o.Alias), "alert24tool-check", "alert24tool-updated"}
	is := func(name, value string) func(seen) bool {
		return func(s seen) bool { return s.text(name) == value }
	}
	labels := field{name: "labels", value: map[string]string{"alert24tool": "updated"}, level: Note}
	if r.o.Incident.SendLabels == incident.LabelsAlways {
		labels.level, labels.change = Change, "incident::send_labels: create"
	}
	services := field{name: "affected_services", value: []string{}, level: Note}
	if r.o.Incident.Services.Label != "" {
		services.level, services.change = Problem, "incident::services: leave it out if services must not be missing; the bridge goes on without them"
	}
	return []field{
		{"title", r.title(more), is("title", r.title(more)), Problem, "none: titles cannot be kept up to date", ""},
		{"description", r.description(more), func(s seen) bool { return strings.Contains(s.text("description"), more) }, Problem, "none: descriptions cannot be kept up to date", ""},
		{"tags", tags, func(s seen) bool { all, _ := s.list("tags"); return slices.Contains(all, tags[2]) }, Note, "", ""},
		labels,
		{"impact_description", "None: this is a test.", is("impact_description", "None: this is a test."), Note, "", ""},
		services,
	}
}

// updates writes each optional field alone.
func (r *run) updates(ctx context.Context) {
	for i, fl := range r.fields() {
		answer, after := r.put(ctx, r.first, object{fl.name: fl.value})
		r.updated("update_"+fl.name, "an update of "+fl.name, fl, answer, after)
		if i == 0 {
			r.putAnswer(answer)
		}
	}
}

// updated reports the effect of an update.
func (r *run) updated(point, title string, fl field, answer *reply, after seen) {
	f := Finding{Point: point, Title: title, Expected: "applied", Level: OK, Behaviour: applied, Seen: answer.summary() + ", applied"}
	switch {
	case answer.refused():
		f.Behaviour, f.Seen = refused, answer.summary()
	case !answer.ok():
		f.Behaviour, f.Seen = serverError, answer.summary()
	case fl.shows == nil || after.object == nil:
		f.Behaviour, f.Seen = accepted, answer.summary()+", and no answer shows the value"
	case !fl.shows(after):
		f.Behaviour, f.Seen = ignored, answer.summary()+", and the incident shows the old value"
	}
	f.Seen += fl.remark
	if f.Behaviour == refused || f.Behaviour == serverError || f.Behaviour == ignored {
		f.Level, f.Change = fl.level, fl.change
		if fl.level == Note {
			f.Seen += "; the bridge leaves the field out of updates by itself"
		}
	}
	r.find(f)
}

// putAnswer reports the form of the answer to an update.
func (r *run) putAnswer(answer *reply) {
	f := Finding{Point: "put_answer", Title: "what an update answers", Expected: "the incident", Level: OK, Behaviour: "incident", Seen: "the incident"}
	switch {
	case !answer.ok():
		return
	case answer.incidentIn().object != nil:
	case answer.status == http.StatusNoContent:
		f.Level, f.Behaviour, f.Seen = Note, "no_content", "HTTP 204: the bridge reads the incident before the next update"
	case strings.Contains(string(answer.body), `"success"`):
		f.Level, f.Behaviour, f.Seen = Note, "success", "only success: the bridge reads the incident before the next update"
	default:
		f.Level, f.Behaviour, f.Seen = Note, "other", "something else: the bridge counts any 2xx as done"
	}
	r.find(f)
}

// worse maps a severity to the next higher one.
var worse = map[string]string{"low": "medium", "medium": "high", "high": "critical"}

// rise raises the severity.
func (r *run) rise(ctx context.Context) {
	to := worse[r.o.Severity]
	if to == "" {
		return
	}
	answer, after := r.put(ctx, r.first, object{"severity": to})
	r.updated("severity_up", "a severity that rises, from "+r.o.Severity+" to "+to, field{
		name: "severity", shows: func(s seen) bool { return s.text("severity") == to }, level: Change,
		change: "lifecycle::on_rise: renew, which opens a new incident at the higher severity",
		remark: "; the incident's page shows whether that paged anybody: if not, set lifecycle::on_rise: renew",
	}, answer, after)
}
