// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"slices"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// syncTogether bounds how many entries one transaction of a sync looks at: webhooks wait for no more than that.
const syncTogether = 1000

// Sync applies a snapshot to all entries that have an alert which fires or is held. It returns what that did, and the aliases after
// which a call may be due. Only entries are written that changed in a way which a restart must know. With an error, some
// entries may have seen the snapshot; the next one makes up for the others.
func (l *Ledger) Sync(ctx context.Context, s *protocol.Snapshot) (did protocol.Sighting, wake []string, err error) {
	now := l.now()
	l.silences.take(s)
	aliases := l.store.unfinished()
	slices.Sort(aliases) // so that equal ledgers do equal things
	for chunk := range slices.Chunk(aliases, syncTogether) {
		sightings := make([]protocol.Sighting, len(chunk))
		mutations := make([]mutation, len(chunk))
		for i, alias := range chunk {
			mutations[i] = mutation{alias: alias, do: func(c slot, _ int) (slot, bool) {
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
