// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/text"
)

const (
	incidentsPath = "/incidents"
	newestPage    = incidentsPath + "?limit=100"
	closeTries    = 3
	// late is how long after its end an unanswered create may still be carried out.
	late = 5 * time.Second
)

func (o *opened) path() string { return incidentsPath + "/" + url.PathEscape(o.id) }

// cleanup closes the test incidents, and names those that it could not close.
func (r *run) cleanup(ctx context.Context) {
	if len(r.opened) == 0 && !r.unsure {
		return
	}
	if r.unsure {
		r.o.Sleep(ctx, late)
	}
	why := r.adoptStrays(ctx)
	for _, o := range r.opened {
		if reason := r.shut(ctx, o); reason != "" {
			r.report.LeftOpen = append(r.report.LeftOpen, Left{ID: text.Line(o.id, maxSaid), Number: o.number, Title: o.title, Why: reason})
		}
	}
	if why != "" {
		r.report.LeftOpen = append(r.report.LeftOpen, Left{Title: r.title(""), Why: why})
	}
	f := Finding{Point: "left_open", Title: "test incidents that are left open", Level: OK, Behaviour: "nothing", Expected: "none", Seen: "none"}
	if n := len(r.report.LeftOpen); n > 0 {
		f.Level, f.Behaviour, f.Seen = Problem, "something", "see the end of this report"
		f.Change = "close them by hand"
	}
	r.find(f)
}

// adoptStrays finds incidents of unanswered creates. If one may exist unseen, it says why.
func (r *run) adoptStrays(ctx context.Context) string {
	answer := r.api.do(ctx, http.MethodGet, newestPage, nil)
	rows, meta, ok := answer.rowsIn()
	switch {
	case !ok && r.unsure:
		return "a create was not answered and the list cannot be read (" + answer.summary() + "): there may be such an incident"
	case !ok:
		return ""
	}
	for _, row := range rows {
		if row.text("id") != "" && strings.Contains(row.text("title"), r.o.Alias) {
			r.remember(answer, seen{object: row})
		}
	}
	if more, told := meta["has_more"].(bool); r.unsure && (more || !told) && !r.newest(rows) {
		return "a create was not answered and the list may not begin with the newest incidents: there may be such an incident"
	}
	return ""
}

// newest reports whether the first page of the list has the newest incidents: it has one of ours, or its times say so.
func (r *run) newest(rows []object) bool {
	ours := func(row object) bool {
		return slices.ContainsFunc(r.opened, func(o *opened) bool { return o.id == row.text("id") })
	}
	if len(rows) == 0 || slices.ContainsFunc(rows, ours) {
		return true
	}
	first, _ := rows[0].time("created_at")
	last, _ := rows[len(rows)-1].time("created_at")
	return first.After(last)
}

// shut closes an incident. If it cannot, it says why.
func (r *run) shut(ctx context.Context, o *opened) (why string) {
	for try := range closeTries {
		if o.closed {
			return ""
		}
		if try > 0 && !r.o.Sleep(ctx, time.Second<<try) {
			return why
		}
		answer := r.api.do(ctx, http.MethodPut, o.path(), object{"status": statusResolved, "resolved_at": stamp(r.o.Now())})
		if answer.refused() || answer.uncertain() {
			answer = r.api.do(ctx, http.MethodPut, o.path(), object{"status": statusResolved})
		}
		why = answer.summary()
		back := r.api.do(ctx, http.MethodGet, o.path(), nil)
		if back.status == http.StatusNotFound && back.message() != "" {
			return ""
		}
		switch inc := back.incidentIn(); {
		case inc.text("status") != "":
			if o.closed = inc.closed(); !o.closed && answer.ok() {
				why = "the close was accepted, and it is still " + text.Line(inc.text("status"), maxSaid)
			}
		case answer.ok():
			return "" // nothing can be read, and the close was accepted
		}
	}
	if o.closed {
		return ""
	}
	return why
}

// stamp formats a time like the exporter.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
