// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import "time"

// Stats counts the aliases of a ledger.
type Stats struct {
	Aliases int // all entries, including closed ones within their retention
	Live    int // entries that are not over
	Open    int // incidents known open
	// Pending counts the entries from which Alert24 differs, as far as we know. Oldest is when the longest of these differences began;
	// zero if there is none.
	Pending int
	Oldest  time.Time
	Held    int // a firing may be an echo
	Parked  int // the API refused the content
	Doubt   int // a request may still be carried out
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

// count is 1 for true.
func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
