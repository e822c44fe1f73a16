// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"slices"
	"time"
)

// Suspect puts the entry in doubt because the incident id, created at the given time of our clock, is open and
// the entry does not account for it: a request was carried out after the settle time. The look-up that follows decides.
// It returns e itself where nothing speaks against the entry: the incident is the open one, it is about to be
// closed, or a person opened it again after its close was confirmed.
func (p *Policy) Suspect(e *Entry, id string, created, now time.Time) *Entry {
	known := e.Incident.State != None && e.Incident.ID == id || slices.Contains(e.Extra, id)
	if known || !e.settled() || e.Incident.State == Unknown {
		return e
	}
	n := e.copy()
	n.Doubt = Doubt{Set: true, Since: created}
	n.settleAt, n.probeAt, n.probes = now, now, 0
	n.Version++
	return n
}

// Suspect applies Policy.Suspect to the alias, durably, and reports whether it is in doubt now.
func (l *Ledger) Suspect(ctx context.Context, alias, id string, created time.Time) (bool, error) {
	now := l.now()
	var suspected bool
	err := l.store.update(ctx, mutation{alias: alias, makesRoom: true, do: func(e *Entry, _ int) (*Entry, bool) {
		suspected = false
		if e == nil {
			return nil, false
		}
		n := l.policy.Suspect(e, id, created, now)
		suspected = n != e
		return n, suspected
	}})
	return suspected, err
}
