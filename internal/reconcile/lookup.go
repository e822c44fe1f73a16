// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

const (
	pageLimit = 100 // the API's maximum
	// maxPages bounds one pass over the list: a hundred thousand incidents.
	maxPages = 1000
	// clockMargin is added to how far back a look-up reads, for what the two clocks and the server's Date miss.
	clockMargin = 5 * time.Minute
)

// openStatuses are the statuses of an incident that is not over (Alert24's reference of the incidents API).
var openStatuses = []string{"new", "acknowledged", "open", "investigating", "identified", "monitoring"}

// lookup finds the incidents of the entry's alias. It is complete or an error.
func (r *Reconciler) lookup(ctx context.Context, e *ledger.Entry, c ledger.Call) (ledger.Answer, error) {
	answer := ledger.Answer{Began: r.now()}
	rows, err := r.candidates(ctx, e, c, &answer)
	if err != nil {
		answer.Verdict = ledger.LookupError
		if a := answerOf(err); a.Verdict == ledger.Denied {
			answer.Verdict = ledger.Denied
		}
		answer.RetryAfter = answerOf(err).RetryAfter
		return answer, err
	}
	answer.Verdict = ledger.Accepted
	var content incident.Content
	if e.Firing() {
		content = r.cfg.Render(e.Alias, e.FiringAlerts())
	}
	for _, row := range rows {
		f := found(row)
		f.Same = row.Title == content.Title && row.Description == content.Description &&
			row.Severity == content.Severity.String()
		answer.Found = append(answer.Found, f)
	}
	return answer, nil
}

// candidates returns the incident with the known id and, where there is doubt, what the list shows of the alias.
func (r *Reconciler) candidates(ctx context.Context, e *ledger.Entry, c ledger.Call, a *ledger.Answer) ([]alert24.Incident, error) {
	var rows []alert24.Incident
	if c.ID != "" {
		row, err := r.get(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row...)
	}
	var listed []alert24.Incident
	var err error
	switch {
	case e.Doubt.Set && !c.At.IsZero():
		listed, a.Began, err = r.listing.since(ctx, c.At)
	case e.Doubt.Set || e.Incident.State == ledger.Unknown:
		listed, err = r.openIncidents(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, row := range listed {
		if r.ours(row, e.Alias) && !slices.ContainsFunc(rows, func(k alert24.Incident) bool { return k.ID == row.ID }) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// ours: the alias where the API echoes it, else our own tag, and our source. Never a position, never a filter.
func (r *Reconciler) ours(row alert24.Incident, alias string) bool {
	if row.Source != "" && row.Source != r.cfg.Source {
		return false
	}
	if row.Alias != "" {
		return row.Alias == alias
	}
	return slices.Contains(row.Tags, incident.AliasTag(alias))
}

// get returns the incident id, or nothing if the API says that there is none.
func (r *Reconciler) get(ctx context.Context, id string) ([]alert24.Incident, error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	row, err := r.api.Get(ctx, id)
	if alert24.Classify(err) == alert24.Gone {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []alert24.Incident{row}, nil
}

// openIncidents lists status by status.
func (r *Reconciler) openIncidents(ctx context.Context) ([]alert24.Incident, error) {
	var rows []alert24.Incident
	for _, status := range openStatuses {
		err := r.listing.pages(ctx, status, func(p alert24.Page) bool {
			rows = append(rows, p.Incidents...)
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// listing reads the list of incidents, newest first. Look-ups that wait together share one pass.
type listing struct {
	api     API
	gate    *gate
	now     func() time.Time
	timeout time.Duration

	pass    sync.Mutex // held by the look-up that reads, for all that wait
	waiting struct {
		sync.Mutex
		wants []*want
	}
}

type want struct {
	since time.Time
	done  bool
	rows  []alert24.Incident
	began time.Time
	err   error
}

// since returns all incidents created at or after t, by our clock, and when the reading began.
func (l *listing) since(ctx context.Context, t time.Time) ([]alert24.Incident, time.Time, error) {
	w := &want{since: t}
	l.waiting.Lock()
	l.waiting.wants = append(l.waiting.wants, w)
	l.waiting.Unlock()

	l.pass.Lock()
	defer l.pass.Unlock()
	if w.done {
		return w.rows, w.began, w.err
	}
	l.waiting.Lock()
	wants := l.waiting.wants
	l.waiting.wants = nil
	l.waiting.Unlock()

	began := l.now()
	oldest := slices.MinFunc(wants, func(a, b *want) int { return a.since.Compare(b.since) }).since
	rows, err := l.read(ctx, oldest)
	for _, w := range wants {
		w.rows, w.began, w.err, w.done = rows, began, err, true
	}
	return rows, began, err
}

func (l *listing) read(ctx context.Context, since time.Time) ([]alert24.Incident, error) {
	var rows []alert24.Incident
	var bound time.Time
	// Rows enter an unfiltered list only at its front: offset paging can repeat rows, but not skip any.
	err := l.pages(ctx, "", func(p alert24.Page) bool {
		if bound.IsZero() {
			bound = since.Add(-clockMargin)
			if !p.ServerTime.IsZero() {
				bound = bound.Add(p.ServerTime.Sub(l.now()))
			}
		}
		for _, row := range p.Incidents {
			if row.CreatedAt.Before(bound) {
				return false
			}
			rows = append(rows, row)
		}
		return true
	})
	return rows, err
}

// pages reads page after page until there are no more or each returns false.
func (l *listing) pages(ctx context.Context, status string, each func(alert24.Page) bool) error {
	offset := 0
	for range maxPages {
		p, err := l.page(ctx, alert24.ListOptions{Status: status, Limit: pageLimit, Offset: offset})
		if err != nil {
			return err
		}
		if !each(p) || !p.HasMore {
			return nil
		}
		if len(p.Incidents) == 0 {
			return errors.New("the API's list of incidents says that there is more but shows nothing")
		}
		offset += len(p.Incidents)
	}
	return fmt.Errorf("the list of incidents has more than %d pages", maxPages)
}

func (l *listing) page(ctx context.Context, opts alert24.ListOptions) (alert24.Page, error) {
	if opts.Offset > 0 { // the first request of a call has passed the gate
		if err := l.gate.wait(ctx); err != nil {
			return alert24.Page{}, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	return l.api.List(ctx, opts)
}
