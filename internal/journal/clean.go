// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// clean makes a transaction that must be written anyway also delete the oldest segments of a wasteful journal and carry their live
// records. The size of the changes bounds this work.
func (j *Journal) clean(t *transaction, changes []ledger.Change) {
	// If at most every third record is live, three steps per written record suffice: each step moves a live record or deletes a segment.
	// In a full storage nearly all records may be live.
	steps, most := 3, j.log.maxLength()
	if j.reserve.lacksRoom {
		steps, most = 16, j.log.minLength()
	}
	if j.log.bytes <= most {
		return
	}
	var work int
	for _, c := range changes {
		work += steps * writeCost(len(c.Record))
		j.buffers.changed[c.Key] = struct{}{}
	}
	j.move(t, work, most)
	clear(j.buffers.changed)
}

// cleanFull cleans the journal in a few transactions of its own when the storage is full, as far as this pays. It reports whether it
// tried to write any.
func (j *Journal) cleanFull(ctx context.Context) (tried bool) {
	const times, work = 32, 100
	last := j.log.last
	for range times {
		if j.ask(ctx) != nil {
			return tried
		}
		t := &transaction{}
		if len(j.log.segments) > 0 && j.log.segments[0].number <= last {
			j.move(t, work, j.log.minLength())
		}
		if t.oldest == 0 {
			return tried
		}
		tried = true
		j.fill(t, nil)
		if j.write(ctx, true, t) != nil {
			return tried
		}
	}
	return tried
}

// move adds the oldest segments to a transaction for deletion, until the journal is no longer than most or the work is used up. Changed
// records need not move. While records are suspect, none moves: a moved record would look newer than the damage.
func (j *Journal) move(t *transaction, work, most int) {
	if len(j.log.damage.segments) > 0 {
		return
	}
	length := j.log.bytes
	for ; work > 0 && length > most && t.oldest < len(j.log.segments); t.oldest++ {
		from := &j.log.segments[t.oldest]
		length -= from.bytes
		work--
		for _, key := range from.keys {
			p := j.log.places[key]
			if p.segment != from.number {
				continue // deleted, or superseded
			}
			length += p.weight(key)
			work -= writeCost(int(p.size))
			if _, changed := j.buffers.changed[key]; !changed {
				t.moves = append(t.moves, key)
			}
		}
	}
}
