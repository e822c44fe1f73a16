// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import "context"

// clean lets the oldest segments of a wasteful journal go with a transaction that must be written anyway: it adds to the
// changes what they hold that counts. How much that is is bounded by the size of the transaction.
func (s *store) clean(t *transaction) {
	// Where at most every third record counts, three steps for each that is written suffice: for one that counts, and for
	// segments. In a full storage nearly all may count.
	steps, most := 3, s.journal.most()
	if s.reserve.short {
		steps, most = 16, s.journal.least()
	}
	var work int
	for _, c := range t.changes {
		if c.durable {
			work += steps * c.next.effort()
		}
	}
	s.move(t, work, most)
}

// squeeze cleans a journal that the storage had no more room for, in a few transactions of their own, as far as that is
// worth its while.
func (s *store) squeeze(ctx context.Context) {
	const times, work = 32, 100
	last := s.journal.last
	for range times {
		if s.settle(ctx) != nil || s.journal.bytes <= s.journal.least() || s.journal.segments[0].number > last {
			return
		}
		t := s.begin(nil)
		s.move(t, work, s.journal.least())
		err := s.commit(ctx, true, t)
		s.end()
		if err != nil {
			return
		}
	}
}

// most is how long the journal may become before it is cleaned, in bytes.
func (j *journal) most() int { return 3*j.live + j.slack }

// least is how short it is made in a full storage: less would take too much work.
func (j *journal) least() int { return j.live + j.live/8 + j.slack/16 }

// move adds to the changes what counts in the oldest segments of a journal that is longer than most, until there has been
// enough work.
func (s *store) move(t *transaction, work, most int) {
	bytes := s.journal.bytes
	if work == 0 || bytes <= most {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; work > 0 && bytes > most && t.oldest < len(s.journal.segments); t.oldest++ {
		from := &s.journal.segments[t.oldest]
		bytes -= from.bytes
		work--
		for _, alias := range from.aliases {
			e := s.entries[alias]
			if e == nil || e.place != from.number {
				continue // it has left, or there is a newer record
			}
			bytes += e.weight()
			work -= e.effort()
			i, known := t.index[alias]
			if !known {
				i = len(t.changes)
				t.index[alias] = i
				t.changes = append(t.changes, change{alias: alias, next: e})
			}
			if c := &t.changes[i]; !c.durable {
				c.next, c.durable = c.next.copy(), true
			}
		}
	}
}
