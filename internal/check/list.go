// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// get reads the first incident by its id.
func (r *run) get(ctx context.Context) {
	answer := r.api.do(ctx, http.MethodGet, r.first.path(), nil)
	inc := answer.incidentIn()
	f := Finding{Point: "get", Title: "an incident can be read by its id", Expected: "the incident with its status", Level: OK, Behaviour: "yes", Seen: answer.summary()}
	if inc.object == nil || inc.text("status") == "" {
		f.Level, f.Behaviour, f.Change = Problem, "no", "none: the bridge cannot tell what people changed, and does not update"
		r.find(f)
		return
	}
	r.find(f)
	r.shows("get_marks", "by what an answer tells whose the incident is", inc.object)
	r.tags("tags_form", "form of lists such as tags", inc.object)
	r.times("time_form", "form of times", inc.object)
}

// shows reports by what an incident can be identified as ours.
func (r *run) shows(point, title string, inc object) {
	marks := inc.marks(r.o.Alias)
	f := Finding{Point: point, Title: title, Expected: "the alias, our tag, or the last line of the description", Level: OK, Behaviour: strings.Join(marks, ","), Seen: strings.Join(marks, ", ")}
	switch {
	case len(marks) == 0:
		f.Level, f.Behaviour, f.Seen = Problem, "nothing", "nothing"
		f.Change = "none: lookups cannot find incidents by their alias; raise timeout, so that few creates stay unanswered"
	case !slices.Contains(marks, "alias"):
		f.Level = Note
	}
	r.find(f)
}

func (r *run) tags(point, title string, inc object) {
	_, form := inc.list("tags")
	f := Finding{Point: point, Title: title, Expected: "a list", Level: OK, Behaviour: form, Seen: form}
	if form != formList {
		f.Level = Note
		f.Seen += "; the bridge reads lists, JSON in a text, and text with commas"
	}
	r.find(f)
}

func (r *run) times(point, title string, incidents ...object) {
	f := Finding{Point: point, Title: title, Expected: "2026-03-19T14:30:00.000Z", Level: OK}
	for _, inc := range incidents {
		_, form := inc.time("created_at")
		if f.Behaviour != "" && f.Behaviour != form {
			form = timeMixed
		}
		f.Behaviour = form
	}
	f.Seen = f.Behaviour
	switch f.Behaviour {
	case timeISO:
	case timeSQLite:
		f.Level, f.Seen = Note, "2026-03-19 14:30:00, which the bridge takes for UTC"
	default:
		f.Level, f.Seen = Note, f.Seen+": lookups then read the whole list, because nothing tells how old a row is"
	}
	r.find(f)
}

// list looks for the first incident in the list.
func (r *run) list(ctx context.Context) {
	answer := r.api.do(ctx, http.MethodGet, newestPage, nil)
	rows, meta, ok := answer.rowsIn()
	f := Finding{Point: "list", Title: "the list begins with the newest incident", Expected: "our incident on the first page", Level: OK, Behaviour: "found", Seen: "found"}
	at := slices.IndexFunc(rows, func(row object) bool { return row.text("id") == r.first.id })
	switch {
	case !ok:
		f.Level, f.Behaviour, f.Seen, f.Change = Problem, "failed", answer.summary(), "none: no lookup works"
	case at < 0:
		f.Level, f.Behaviour = Note, "not_found"
		f.Seen = "it is not among the " + strconv.Itoa(len(rows)) + " first of " + meta.text("total") + "; lookups read on"
	}
	r.find(f)
	if at >= 0 {
		r.shows("row_marks", "by what a row tells whose the incident is", rows[at])
	}
}

// lookup lets the bridge's own client look for the incident.
func (r *run) lookup(ctx context.Context) {
	f := Finding{Point: "lookup", Title: "the bridge's lookup finds the incident by its alias", Expected: "found", Level: OK, Behaviour: "found", Seen: "found"}
	found, err := r.lookUp(ctx, cmp.Or(r.shown.text("source"), r.o.Incident.Source))
	if err == nil && !found {
		f.Level, f.Behaviour, f.Seen = Problem, "not_found", "not found"
	}
	if err != nil {
		f.Level, f.Behaviour, f.Seen = Problem, "incomplete", err.Error()
	}
	if f.Level != OK {
		f.Change = "none: after a create without an answer the bridge cannot tell whether it was carried out; raise timeout"
	}
	r.find(f)
}

// lookUp asks the bridge's client for the incidents of the alias. It waits if the rate limit requires it.
func (r *run) lookUp(ctx context.Context, source string) (found bool, err error) {
	client, err := alert24.New(r.o.HTTP, r.o.Endpoint, alert24.Config{
		APIKey: r.o.Key, UserAgent: r.o.UserAgent, Timeout: r.o.Timeout, Source: source,
	})
	if err != nil {
		return false, err
	}
	question := alert24.Question{
		Alias: r.o.Alias, Depth: protocol.Since, Since: r.report.Began.Add(-time.Minute), Titles: []uint64{incident.HashText(r.title(""))},
	}
	var answer protocol.Answer
	for try := 1; ; try++ {
		r.api.requests++
		client.Find(ctx, []alert24.Question{question}, func(_ int, a protocol.Answer, why error) { answer, err = a, why })
		limited, is := errors.AsType[*alert24.Error](err)
		if !is || limited.Status != http.StatusTooManyRequests {
			if err != nil && try == 1 && r.o.Sleep(ctx, time.Second) {
				continue // it may be chance
			}
			break
		}
		seconds := ""
		if limited.RetryAfter > 0 {
			seconds = strconv.Itoa(int(limited.RetryAfter.Seconds()))
		}
		if !r.api.mayRepeat(ctx, try, seconds, limited.RetryAfter) {
			break
		}
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(answer.Found, func(s protocol.Shown) bool { return s.ID == r.first.id }), nil
}

// filters requests lists that must not contain our incident.
func (r *run) filters(ctx context.Context) {
	severity := "critical"
	if r.o.Severity == severity {
		severity = "low"
	}
	for _, filter := range []struct{ name, value, use string }{
		{"status", statusPostmortem, "the audit asks for each open status"},
		{"severity", severity, "the bridge does not use it"},
		{"alias", "alert24tool-check:none", "the bridge does not use it"},
	} {
		answer := r.api.do(ctx, http.MethodGet, newestPage+"&"+filter.name+"="+filter.value, nil)
		rows, _, ok := answer.rowsIn()
		f := Finding{Point: "filter_" + filter.name, Title: "the list can be filtered by " + filter.name, Expected: "honoured (" + filter.use + ")", Level: OK, Behaviour: "honoured", Seen: "honoured"}
		switch {
		case !ok:
			f.Level, f.Behaviour, f.Seen = Note, "refused", answer.summary()
			if filter.name == "status" {
				f.Level, f.Change = Problem, "lifecycle::audit_interval: 0, because the audit cannot work"
			}
		case slices.ContainsFunc(rows, func(row object) bool { return row.text("id") == r.first.id }):
			f.Level, f.Behaviour, f.Seen = Note, "ignored", "ignored: the list still has our incident; the bridge checks each row"
		}
		r.find(f)
	}
	answer := r.api.do(ctx, http.MethodGet, incidentsPath+"?limit=1", nil)
	rows, _, _ := answer.rowsIn()
	f := Finding{Point: "limit", Title: "the list honours ?limit=", Expected: "one row for ?limit=1", Level: OK, Behaviour: "honoured", Seen: "one row"}
	if len(rows) != 1 {
		f.Level, f.Behaviour, f.Seen = Note, "ignored", text.Count(len(rows), "row", "rows")+", "+answer.summary()
	}
	r.find(f)
}
