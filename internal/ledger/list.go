// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"cmp"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Listed is an entry as shown to people. It never changes.
type Listed struct {
	Entry *protocol.Entry
	// Pending is the time since which Alert24 differs from the entry; zero while it matches.
	Pending time.Time

	timers *protocol.Timers
}

// Timers returns the timers of the entry, without ListsAt, which people do not see.
func (l *Listed) Timers() protocol.Timers { return *cmp.Or(l.timers, &tried[0]) }

// Revision changes whenever an entry may have changed.
func (l *Ledger) Revision() uint64 { return l.store.revision.Load() }

// List returns all entries that are not closed, and the number of closed ones. It holds the lock only while it copies pointers.
func (l *Ledger) List() (listed []Listed, closed int) {
	l.store.mu.RLock()
	defer l.store.mu.RUnlock()
	return l.store.list(), len(l.store.closed)
}

// list returns all entries that are not closed. The caller holds mu.
func (s *store) list() []Listed {
	listed := make([]Listed, 0, len(s.slots))
	for _, c := range s.slots {
		listed = append(listed, Listed{c.entry, c.slot().since, c.timers})
	}
	return listed
}

// Look returns the entry of an alias, closed or not.
func (l *Ledger) Look(alias string) (Listed, bool) {
	s := l.store.get(alias)
	return Listed{s.entry, s.since, s.timers}, s.entry != nil
}
