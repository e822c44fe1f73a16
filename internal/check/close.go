// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// close closes the first incident with resolved_at.
func (r *run) close(ctx context.Context) {
	at := r.o.Now().UTC()
	if started, _ := r.shown.time("started_at"); started.After(at) {
		at = started // the API's clock is ahead of ours
	}
	answer, after := r.put(ctx, r.first, object{"status": statusResolved, "resolved_at": stamp(at)})
	f := Finding{Point: "close", Title: "a close with resolved_at", Expected: "closed, at the time that was sent", Level: OK, Behaviour: "closed", Seen: answer.summary()}
	got, form := after.time("resolved_at")
	switch {
	case answer.refused():
		f.Level, f.Behaviour, f.Seen = Note, refused, answer.summary()+"; the bridge closes without the time then"
	case !answer.ok():
		f.Level, f.Behaviour, f.Change = Problem, serverError, "none: incidents are not closed"
	case after.object == nil:
		f.Level, f.Behaviour = Note, accepted
	case !after.closed():
		f.Level, f.Behaviour, f.Seen = Problem, "still_open", "accepted, and the incident is still "+after.text("status")
		f.Change = "none: incidents are not closed"
	case form == formNull || form == absent:
		f.Level, f.Behaviour, f.Seen = Note, "closed_without_time", "closed, and resolved_at is "+form+": the time to resolve is not known"
	case got.Sub(at).Abs() > time.Second:
		f.Level, f.Behaviour, f.Seen = Note, "closed_at_other_time", "closed, at "+stamp(got)+" in place of "+stamp(at)
	}
	r.find(f)
}

// afterClose creates again after the close.
func (r *run) afterClose(ctx context.Context) {
	r.read(ctx, r.first)
	if !r.first.closed {
		if why := r.shut(ctx, r.first); why != "" {
			r.report.Stopped = "the first incident cannot be closed: " + why
			return
		}
	}
	answer, _, which := r.post(ctx, " (after the close)")
	f := Finding{Point: "after_close", Title: "a create after the close", Expected: "a new incident", Level: OK, Behaviour: "new", Seen: answer.summary()}
	switch {
	case which == nil:
		f.Level, f.Behaviour, f.Change = Problem, "failed", "none: an alert that fires again would open nothing"
	case which == r.first && r.read(ctx, r.first).closed():
		f.Level, f.Behaviour, f.Seen = Problem, "same_closed", "the closed incident "+which.number+", which stays closed"
		f.Change = "none: an alert that fires again opens nothing; ask Alert24"
	case which == r.first:
		f.Level, f.Behaviour, f.Seen = Note, "reopened", "the closed incident "+which.number+", open again"
	default:
		r.next = which
		f.Seen = answer.summary() + ", incident " + which.number
	}
	r.find(f)
}

// closeAgain closes a closed incident.
func (r *run) closeAgain(ctx context.Context) {
	if r.shut(ctx, r.first) != "" {
		return // cleanup reports it
	}
	answer := r.api.do(ctx, http.MethodPut, r.first.path(), object{"status": statusResolved, "resolved_at": stamp(r.o.Now())})
	f := Finding{Point: "close_again", Title: "a close of a closed incident", Expected: "accepted, or refused", Level: OK, Behaviour: accepted, Seen: answer.summary()}
	switch {
	case answer.refused():
		f.Behaviour, f.Seen = refused, answer.summary()+"; the bridge looks up, and finds it closed"
	case !answer.ok():
		f.Level, f.Behaviour = Note, serverError
	}
	r.find(f)
}

// postmortem closes the second incident without a time, and asks whether a create meets an incident in postmortem.
func (r *run) postmortem(ctx context.Context) {
	if r.next == nil {
		return
	}
	answer, after := r.put(ctx, r.next, object{"status": statusResolved})
	f := Finding{Point: "close_without_time", Title: "a close without resolved_at", Expected: "closed; the bridge always sends the time first", Level: OK, Behaviour: "time_set", Seen: answer.summary()}
	_, form := after.time("resolved_at")
	switch {
	case !answer.ok():
		f.Level, f.Behaviour = Note, refused
	case after.object == nil:
		f.Behaviour = accepted
	case form == formNull || form == absent:
		f.Behaviour, f.Seen = "time_not_set", "closed, and resolved_at stays empty"
	}
	r.find(f)

	f = Finding{Point: "postmortem", Title: "a create for an alias whose incident is in postmortem", Expected: "a new incident", Level: OK, Behaviour: "new", Seen: "a new incident"}
	answer, after = r.put(ctx, r.next, object{"status": statusPostmortem})
	if !answer.ok() || after.text("status") != statusPostmortem {
		f.Level, f.Behaviour, f.Seen = Note, "not_tried", "the status cannot be set: "+answer.summary()
		r.find(f)
		return
	}
	answer, _, which := r.post(ctx, " (after the postmortem)")
	switch which {
	case nil:
		f.Level, f.Behaviour, f.Seen = Note, "failed", answer.summary()
	case r.next:
		f.Level, f.Behaviour, f.Seen = Note, "same", "meets the incident in postmortem: an alert that fires again opens nothing until a person sets it to resolved"
	}
	if r.next.closed = false; r.shut(ctx, r.next) == "" && which != nil && which != r.next {
		_ = r.shut(ctx, which) // cleanup tries again
	}
	r.find(f)
}

// tick is longer than the one-second resolution of some databases.
const tick = 1100 * time.Millisecond

// order finds the order of the list: it updates two incidents in turn, and reads the list after each.
func (r *run) order(ctx context.Context) {
	if r.next == nil {
		return
	}
	var firstAhead [2]bool
	both := true
	var rows []object
	for i, last := range []*opened{r.first, r.next} {
		if !r.o.Sleep(ctx, tick) {
			return
		}
		r.api.do(ctx, http.MethodPut, last.path(), object{"title": last.title + " (order)"})
		rows, _, _ = r.api.do(ctx, http.MethodGet, newestPage, nil).rowsIn()
		at := func(o *opened) int {
			return slices.IndexFunc(rows, func(row object) bool { return row.text("id") == o.id })
		}
		both = both && at(r.first) >= 0 && at(r.next) >= 0
		firstAhead[i] = at(r.first) < at(r.next)
	}
	f := Finding{Point: "row_order", Title: "the order of the list", Expected: "the newest first", Level: OK, Behaviour: "newest", Seen: "the newest first"}
	switch {
	case !both:
		f.Level, f.Behaviour, f.Seen = Note, "unknown", "our incidents are not on the first page: perhaps the oldest come first; lookups then read the whole list"
	case firstAhead[0] && firstAhead[1]:
		f.Level, f.Behaviour, f.Seen = Note, "oldest", "the oldest first: lookups read the whole list"
	case firstAhead[0] && !firstAhead[1]:
		f.Level, f.Behaviour, f.Seen = Note, "updated", "what was updated last comes first: lookups read further"
	}
	r.find(f)
	if both {
		ours := slices.DeleteFunc(rows, func(row object) bool { return row.text("id") != r.first.id && row.text("id") != r.next.id })
		r.times("row_times", "form of times in rows of the list", ours...)
	}
}

// statuses asks whether a create still meets an incident that people work on.
func (r *run) statuses(ctx context.Context) {
	for _, status := range []string{statusAcknowledged, "monitoring"} {
		r.worked(ctx, status)
	}
}

func (r *run) worked(ctx context.Context, status string) {
	f := Finding{
		Point: status, Title: "a create for an alias whose incident is " + status, Expected: "meets the incident",
		Level: OK, Behaviour: "same", Seen: "meets the incident",
	}
	answer, after := r.put(ctx, r.first, object{"status": status})
	if !answer.ok() || after.text("status") != status {
		f.Level, f.Behaviour, f.Seen = Note, "not_tried", "the status cannot be set: "+answer.summary()
		r.find(f)
		return
	}
	answer, _, which := r.post(ctx, " (while it is "+status+")")
	switch {
	case which == nil:
		f.Level, f.Behaviour, f.Seen = Note, serverError, answer.summary()
	case which != r.first:
		f.Level, f.Behaviour, f.Seen = Note, "new", "opens a second one, "+which.number+"; the bridge closes the second of an alias"
		_ = r.shut(ctx, which) // cleanup tries again
	}
	r.find(f)
}

// atOnce sends two creates at the same time. No incident of the alias is open.
func (r *run) atOnce(ctx context.Context) {
	if r.next == nil || !r.next.closed {
		return
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
	f := Finding{Point: "at_once", Title: "two creates of one alias at the same time", Expected: "one incident", Level: OK, Behaviour: "one", Seen: "one incident"}
	switch {
	case which[0] == nil || which[1] == nil:
		f.Level, f.Behaviour, f.Seen = Note, "not_told", answers[0].summary()+", "+answers[1].summary()
	case which[0] != which[1]:
		f.Level, f.Behaviour = Note, "two"
		f.Seen = "two incidents, " + which[0].number + " and " + which[1].number + "; the bridge sends one create of an alias at a time"
	}
	for _, o := range which {
		if o != nil {
			_ = r.shut(ctx, o) // cleanup tries again
		}
	}
	r.find(f)
}
