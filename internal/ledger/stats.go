// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"time"
)

// Stats counts the aliases of a ledger.
type Stats struct {
	Aliases int // all entries, closed ones within their retention included
	Live    int // entries that are not over
	Open    int // incidents known open
	// Pending: Alert24 does not hold what the entry asks for, as far as we know. Oldest is since when that is so
	// for the one that waits longest; zero if none does.
	Pending int
	Oldest  time.Time
	Held    int // with a firing that may be an echo
	Parked  int // the API refused what the entry asks for
	Doubt   int // with a request that may still be carried out
	Blocked int // another tool's incident has the alias
	// Size of the records in bytes; 0 in memory only.
	Size int64
}

// Size returns the bytes of all records; 0 in memory only.
func (l *Ledger) Size() int64 { return l.store.size() }

// Stats looks at every entry.
func (l *Ledger) Stats() Stats {
	var s Stats
	s.Aliases, s.Live = l.store.counts()
	s.Size = l.store.size()
	l.store.all(func(slot *slot) {
		e := slot.entry
		s.Open += count(e.IsOpen())
		s.Held += count(e.Members.Held() > 0)
		s.Parked += count(e.Parked())
		s.Doubt += count(e.Doubt.Set)
		s.Blocked += count(e.Foreign != "")
		if !slot.since.IsZero() {
			s.Pending++
			if s.Oldest.IsZero() || slot.since.Before(s.Oldest) {
				s.Oldest = slot.since
			}
		}
	})
	return s
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
