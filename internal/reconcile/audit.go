// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// unblockInterval is the time between audits while another tool's incident blocks an alias and the audit is off: only an audit notices that
// the incident closes.
const unblockInterval = 10 * time.Minute

// watch checks the key at once, and then runs the audit periodically to find what Alert24 carried out after the settle time.
func (r *Reconciler) watch() {
	r.check()
	for sleep.For(r.stopping, cmp.Or(r.cfg.AuditInterval, unblockInterval)) {
		if r.cfg.AuditInterval == 0 && !r.blocked() {
			continue
		}
		orphans, err := r.audit(r.stopping)
		if r.stopping.Err() != nil {
			return
		}
		r.observer.Audited(orphans, err)
	}
}

// blocked reports whether another tool's incident blocks an alias.
func (r *Reconciler) blocked() bool {
	for alias, id := range r.ledger.Expected() {
		if r.blockedBy(alias, id) {
			return true
		}
	}
	return false
}

// blockedBy reports whether the incident blocks the alias.
func (r *Reconciler) blockedBy(alias, id string) bool {
	e := r.ledger.Timed(alias).Entry
	return e != nil && e.Foreign == id
}

// check reads the newest page of the list to see whether the key works.
func (r *Reconciler) check() {
	if r.gate.await(r.stopping, reading) != nil {
		return
	}
	began := time.Now()
	r.manager.Find(r.stopping, []alert24.Question{{Depth: protocol.Newest}}, func(_ int, a protocol.Answer, err error) {
		r.read(a, time.Since(began), err)
	})
}

// read reports a reading that belongs to no alias.
func (r *Reconciler) read(a protocol.Answer, took time.Duration, err error) {
	if r.stopping.Err() != nil {
		return
	}
	r.heard(protocol.Lookup, &a, err)
	r.observer.Called("", protocol.Lookup, a.Result, took, err)
}

// audit compares the open incidents with the ledger. An open incident that is not in its entry puts the alias in doubt. An entry whose
// incident is not open is looked up. Incidents of ours without an entry are only counted. If the list cannot be read, another tool's incident
// that blocks an alias may be closed by now: only a create shows that.
func (r *Reconciler) audit(ctx context.Context) (orphans int, err error) {
	if !hold(ctx, r.finder.slow) {
		return 0, ctx.Err()
	}
	defer func() { <-r.finder.slow }()
	if err := r.gate.await(ctx, reading); err != nil {
		return 0, err
	}
	began, expected := time.Now(), r.ledger.Expected()
	listing, err := r.manager.Open(ctx)
	r.read(protocol.Answer{Result: alert24.ResultOf(err)}, time.Since(began), err)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	for alias, id := range expected {
		if listing.IDs[id] || err != nil && !r.blockedBy(alias, id) {
			continue
		}
		missing, err := r.ledger.Missing(ctx, alias)
		if err != nil {
			return 0, err
		}
		if missing {
			r.queue.add(alias)
		}
	}
	if err != nil {
		return 0, err
	}
	return r.suspect(ctx, listing.Ours)
}

// suspect reports our open incidents to the ledger, and returns how many belong to no entry.
func (r *Reconciler) suspect(ctx context.Context, ours []alert24.Listed) (orphans int, err error) {
	if len(ours) == 0 {
		return 0, nil
	}
	byTag := make(map[string][]alert24.Listed, len(ours))
	for _, l := range ours {
		byTag[l.Tag] = append(byTag[l.Tag], l)
	}
	orphans = len(ours)
	for _, alias := range r.ledger.Aliases() {
		for _, l := range byTag[incident.AliasTag(alias)] {
			orphans--
			suspected, err := r.ledger.Suspect(ctx, alias, l.ID, l.CreatedAt)
			if err != nil {
				return 0, err
			}
			if suspected {
				r.queue.add(alias)
			}
		}
	}
	return orphans, nil
}
