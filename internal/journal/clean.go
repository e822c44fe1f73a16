// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// clean lets the oldest segments of a wasteful journal leave with a transaction that must be written anyway, which takes
// over what they hold that counts. How much that is is bounded by the size of the changes.
func (j *Journal) clean(t *transaction, changes []ledger.Change) {
	// Where at most every third record counts, three steps for each that is written suffice: for one that counts, and for
	// segments. In a full storage nearly all may count.
	steps, most := 3, j.log.maxLength()
	if j.reserve.short {
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

// cleanFull cleans a journal for which the storage has no more room, in a few transactions of their own, as far as that is
// worth its while. It reports whether there was anything to do.
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

// move lets the oldest segments of a journal that is longer than most leave with a transaction, until there has been enough
// work. What is changed need not move. While records are suspect none moves: it would look newer than what is damaged.
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
				continue // it was deleted, or there is a newer record
			}
			length += p.weight(key)
			work -= writeCost(int(p.size))
			if _, changed := j.buffers.changed[key]; !changed {
				t.moves = append(t.moves, key)
			}
		}
	}
}
