// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// lookup is a claimed look-up. Its entry is the one that the claim saw: a result is applied only if the ledger's is
// still that one.
type lookup struct {
	entry *ledger.Entry
	call  ledger.Call
}

// needsOpen: nothing is known of the alias but that an incident may be open, of whatever age.
func (l *lookup) needsOpen() bool {
	return l.entry.Incident.State == ledger.Unknown || l.entry.Doubt.Set && l.call.At.IsZero() || l.call.Wide
}

// needsRecent: a request of ours may have made an incident.
func (l *lookup) needsRecent() bool { return l.entry.Doubt.Set && !l.call.At.IsZero() }

// lookups collects look-ups that need the list, so that one pass over it serves all that wait when it begins.
type lookups struct {
	mu      sync.Mutex
	waiting []*lookup
	wake    chan struct{} // holds one wake-up
}

func (q *lookups) add(l *lookup) {
	q.mu.Lock()
	q.waiting = append(q.waiting, l)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *lookups) take() []*lookup {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.waiting
	q.waiting = nil
	return taken
}

// passPause is the time from the end of a reading of the list to the next: those that come into doubt one after the
// other share readings, too.
const passPause = time.Second

// lookUp serves the look-ups that need the list until wake is closed.
func (r *Reconciler) lookUp() {
	for range r.lookups.wake {
		if batch := r.lookups.take(); len(batch) > 0 {
			r.pass(batch)
			sleep(r.stopping, passPause)
		}
	}
	r.pass(r.lookups.take())
}

// pass answers all of batch from one reading of the list.
func (r *Reconciler) pass(batch []*lookup) {
	if len(batch) == 0 {
		return
	}
	began := r.now()
	rows, err := r.list(r.calls, batch)
	byTag := r.index(rows)
	slots := make(chan struct{}, r.cfg.Workers)
	var wg sync.WaitGroup
	for _, l := range batch {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			r.answer(l, byTag[incident.AliasTag(l.entry.Alias)], began, err)
		})
	}
	wg.Wait()
}

// list reads what the look-ups need: recent incidents as far back as the oldest doubt, open ones for unknown aliases.
func (r *Reconciler) list(ctx context.Context, batch []*lookup) (rows []alert24.Incident, err error) {
	var since time.Time
	var open bool
	for _, l := range batch {
		open = open || l.needsOpen()
		if at := l.call.At; l.needsRecent() && (since.IsZero() || at.Before(since)) {
			since = at
		}
	}
	if open {
		if rows, _, err = r.listing.open(ctx); err != nil {
			return nil, err
		}
	}
	if !since.IsZero() {
		recent, err := r.listing.since(ctx, since)
		if err != nil {
			return nil, err
		}
		rows = append(rows, recent...)
	}
	return rows, nil
}

// index sorts our incidents by our own tag: that of the alias which the API echoes, else the one that the incident
// carries. Never by position, never by trust in a filter.
func (r *Reconciler) index(rows []alert24.Incident) map[string][]alert24.Incident {
	byTag := map[string][]alert24.Incident{}
	for _, row := range rows {
		if tag := tagOf(row); tag != "" && r.ours(row) {
			byTag[tag] = append(byTag[tag], row)
		}
	}
	return byTag
}

func tagOf(row alert24.Incident) string {
	if row.Alias != "" {
		return incident.AliasTag(row.Alias)
	}
	if i := slices.IndexFunc(row.Tags, incident.IsAliasTag); i >= 0 {
		return row.Tags[i]
	}
	return ""
}

// ours: the incident carries our source, where the API takes and shows one.
func (r *Reconciler) ours(row alert24.Incident) bool {
	return row.Source == "" || row.Source == r.cfg.Source || r.api.Dropped("source")
}

// answer adds the incident with the known id to what the list showed of the alias, and hands the result on.
func (r *Reconciler) answer(l *lookup, listed []alert24.Incident, began time.Time, err error) {
	rows := slices.Clone(listed)
	if id := l.call.ID; err == nil && id != "" && !slices.ContainsFunc(listed, func(i alert24.Incident) bool { return i.ID == id }) {
		var known []alert24.Incident
		known, err = r.listing.get(r.calls, id)
		rows = append(rows, known...)
	}
	a := answerOf(err)
	if err != nil && a.Verdict != ledger.Denied {
		a.Verdict = ledger.LookupError
	}
	a.Began = began
	if err == nil {
		a.Found = r.found(l.entry, rows)
	}
	r.finish(l.entry.Alias, l.call, a, began, err)
}

func (r *Reconciler) found(e *ledger.Entry, rows []alert24.Incident) []ledger.Found {
	var content incident.Content
	if e.Firing() {
		content = r.ledger.Content(e)
	}
	seen := map[string]bool{}
	var all []ledger.Found
	for _, row := range rows {
		if seen[row.ID] { // a row can be on two pages
			continue
		}
		seen[row.ID] = true
		f := found(row)
		f.Same = row.Title == content.Title && row.Description == content.Description &&
			row.Severity == content.Severity.String()
		all = append(all, f)
	}
	return all
}
