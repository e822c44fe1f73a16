// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// audit compares Alert24's open incidents with the ledger now and then, for what was carried out after the settle time.
func (r *Reconciler) audit() {
	for sleep(r.stopping, r.cfg.AuditInterval) {
		orphans, err := r.auditOnce(r.calls)
		r.observer.Audited(orphans, err)
	}
}

// auditOnce puts every alias in doubt of which an incident is open that the ledger does not account for: the look-up
// that follows decides. Incidents of ours that belong to no entry are only counted.
func (r *Reconciler) auditOnce(ctx context.Context) (orphans int, err error) {
	rows, ahead, err := r.listing.open(ctx)
	if err != nil {
		return 0, err
	}
	aliasOf := map[string]string{}
	for _, alias := range r.ledger.Aliases() {
		aliasOf[incident.AliasTag(alias)] = alias
	}
	for _, row := range rows {
		tag := tagOf(row)
		alias, known := aliasOf[tag]
		switch {
		case tag == "" || !r.ours(row) || !row.Open():
		case !known:
			orphans++
		default:
			suspected, err := r.ledger.Suspect(ctx, alias, row.ID, row.CreatedAt.Add(-ahead))
			if err != nil {
				return orphans, err
			}
			if suspected {
				r.Notify(ctx, alias)
			}
		}
	}
	return orphans, nil
}
