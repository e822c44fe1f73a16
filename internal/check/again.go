// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"net/http"
	"sync"
)

// statuses asks whether a create still meets an incident that people work on.
func (r *run) statuses(ctx context.Context) string {
	for _, status := range []string{statusAcknowledged, "monitoring"} {
		r.worked(ctx, status)
	}
	return ""
}

func (r *run) worked(ctx context.Context, status string) {
	f := Finding{
		Point: status, Title: "a create for an alias whose incident is " + status, Expected: "meets the incident",
		Level: OK, Reading: "same", Seen: "meets the incident",
	}
	answer, after := r.put(ctx, r.first, object{"status": status})
	if !answer.ok() || after.text("status") != status {
		f.Level, f.Reading, f.Seen = Note, "not_tried", "the status cannot be set: "+answer.said()
		r.find(f)
		return
	}
	met, answer, which := r.meets(ctx, r.first, " (while it is "+status+")")
	switch {
	case which == nil:
		f.Level, f.Reading, f.Seen = Note, serverError, answer.said()
	case !met:
		f.Level, f.Reading, f.Seen = Note, "new", "opens a second one, "+which.number+"; the bridge closes the second of an alias"
		_ = r.shut(ctx, which) // cleanup tries again
	}
	r.find(f)
}

// atOnce sends two creates at the same time. No incident of the alias is open.
func (r *run) atOnce(ctx context.Context) string {
	if r.next == nil || !r.next.closed {
		return ""
	}
	var (
		answers [2]*reply
		both    sync.WaitGroup
	)
	for i := range answers {
		own := &api{o: r.o}
		both.Go(func() { answers[i] = own.once(ctx, http.MethodPost, incidentsPath, r.body(" (at once)")) })
	}
	both.Wait()
	r.api.requests += len(answers)
	var which [2]*opened
	for i, answer := range answers {
		which[i] = r.remember(answer, answer.incidentIn())
	}
	f := Finding{Point: "at_once", Title: "two creates of one alias at the same time", Expected: "one incident", Level: OK, Reading: "one", Seen: "one incident"}
	switch {
	case which[0] == nil || which[1] == nil:
		f.Level, f.Reading, f.Seen = Note, "not_told", answers[0].said()+", "+answers[1].said()
	case which[0] != which[1]:
		f.Level, f.Reading = Note, "two"
		f.Seen = "two incidents, " + which[0].number + " and " + which[1].number + "; the bridge sends one create of an alias at a time"
	}
	for _, o := range which {
		if o != nil {
			_ = r.shut(ctx, o) // cleanup tries again
		}
	}
	r.find(f)
	return ""
}
