// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"slices"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// syncTogether bounds how many entries one transaction of a sync examines. Webhooks wait at most for one such transaction.
const syncTogether = 1000

// Sync applies a snapshot to all entries with an alert that fires or is held. It returns what the snapshot did, and the aliases that
// may have a call due. It writes only entries whose change a restart must know. After an error, some entries may have seen the
// snapshot; the next snapshot makes up for the others.
func (l *Ledger) Sync(ctx context.Context, s *protocol.Snapshot) (did protocol.Sighting, wake []string, err error) {
	now := l.now()
	l.silences.take(s)
	aliases := l.store.unfinished()
	slices.Sort(aliases) // equal ledgers then do the same
	for chunk := range slices.Chunk(aliases, syncTogether) {
		sightings := make([]protocol.Sighting, len(chunk))
		mutations := make([]mutation, len(chunk))
		for i, alias := range chunk {
			mutations[i] = mutation{alias: alias, do: func(c slot, _ usage) (slot, bool) {
				sightings[i] = protocol.Sighting{}
				if c.entry == nil {
					return c, false
				}
				n, sighting := l.policy.Snapshot(c.timed(), s, now)
				sightings[i] = sighting
				if n.Entry == c.entry {
					return c, false
				}
				c.set(n)
				if sighting.Wakes() {
					c.mark(now, false)
				}
				return c, sighting.Durable()
			}}
		}
		if err := l.store.update(ctx, mutations...); err != nil {
			return did, wake, err
		}
		for i, sighting := range sightings {
			did.Add(sighting)
			if sighting.Wakes() {
				wake = append(wake, chunk[i])
			}
		}
	}
	return did, wake, nil
}

// unfinished returns the aliases under which an alert fires or is held.
func (s *store) unfinished() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var aliases []string
	for alias, c := range s.slots {
		if c.entry.Firing() || c.entry.Members.Held() > 0 {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}
