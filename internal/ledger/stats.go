// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
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
	// Size of the records in bytes; 0 in memory only.
	Size int64
}

// Stats looks at every entry.
func (l *Ledger) Stats() Stats {
	var s Stats
	s.Aliases, s.Live = l.store.counts()
	s.Size = l.store.size()
	l.store.all(func(e *Entry) {
		s.Open += count(e.Incident.State == Open)
		s.Held += count(slices.ContainsFunc(e.Members, func(m Member) bool { return m.held() }))
		s.Parked += count(e.Parked())
		s.Doubt += count(e.Doubt.Set)
		if !e.since.IsZero() {
			s.Pending++
			s.Oldest = earliest(s.Oldest, e.since)
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

// mark keeps since when the entry, which the caller owns, asks for something that Alert24 does not hold.
func (e *Entry) mark(now time.Time) {
	switch {
	case !e.pending():
		e.since = time.Time{}
	case e.since.IsZero():
		e.since = now
	}
}

// unsure: only rendering tells whether the entry is pending. After a start that takes a while, and it seldom is.
func (e *Entry) unsure() bool {
	return e.desired == unrendered && (e.Incident.State == Open && e.Written != "" || e.Refused.Kind != NoCall)
}

// pending: nothing confirms that Alert24 holds what the entry asks for, and a call is to come.
func (e *Entry) pending() bool {
	switch {
	case !e.Firing():
		return !e.over()
	case e.Dismissed || e.Parked():
		return false
	default:
		return e.Incident.State != Open || e.Written != e.desired
	}
}
