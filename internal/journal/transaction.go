// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// transaction is one atomic write to the storage.
type transaction struct {
	commits  bool // it carries the changes of a Commit
	oldest   int  // segments to delete; their live records are among those of the transaction
	moves    []string
	mends    bool      // it deletes the damaged segments: no record is suspect afterwards
	segments []segment // to add
	keys     []string  // of the records in its segments
	sizes    []int     // of those records; -1 for a deletion
	ops      []*storage.Operation
}

// buffers are reused by each transaction. The client may keep what it gets, so it gets a copy.
type buffers struct {
	changed map[string]struct{} // keys
	moved   []byte
	records []byte // of the segment that is being filled
	values  []byte // of the segments
}

func newBuffers() buffers { return buffers{changed: map[string]struct{}{}} }

// maxBuffer bounds the memory that is kept for the next transaction.
const maxBuffer = 1 << 20

// commit returns the transaction of a Commit. It also cleans, if that pays.
func (j *Journal) commit(changes []ledger.Change) *transaction {
	t := &transaction{commits: true}
	j.clean(t, changes)
	j.mend(t, changes)
	j.fill(t, changes)
	return t
}

// mend marks the damaged segments for deletion once no record is suspect.
func (j *Journal) mend(t *transaction, changes []ledger.Change) {
	d := &j.log.damage
	if len(d.segments) == 0 {
		return
	}
	left := d.suspects
	for _, c := range changes {
		if p := j.log.places[c.Key]; p.segment != 0 && p.segment < d.last {
			left--
		}
	}
	t.mends = left == 0
}

// fill fills the segments of a transaction with the changes and the records that it moves.
func (j *Journal) fill(t *transaction, changes []ledger.Change) {
	if n := len(changes) + len(t.moves); n > 0 {
		t.keys, t.sizes = make([]string, 0, n), make([]int, 0, n)
	}
	b := &j.buffers
	b.records, b.values = b.records[:0], b.values[:0]
	f := filler{Journal: j, transaction: t}
	for _, c := range changes {
		f.add(c.Key, c.Record)
	}
	for _, key := range t.moves {
		b.moved = j.current(key, b.moved[:0])
		if len(b.moved) == 0 {
			f.add(key, nil) // the ledger does not have it
		} else {
			f.add(key, b.moved)
		}
	}
	f.end()
	f.addSegments()
	f.deleteOld()
	if cap(b.values)+cap(b.records)+cap(b.moved) > maxBuffer {
		j.buffers = newBuffers()
	}
}

// filler fills the segments of a transaction.
type filler struct {
	*Journal
	*transaction
	first int // the first key of the segment that is being filled
	full  int // bytes in that segment
}

// add adds a record; nil marks a deletion.
func (f *filler) add(key string, record []byte) {
	size := len(record)
	if record == nil {
		size = -1
	}
	f.keys, f.sizes = append(f.keys, key), append(f.sizes, size)
	f.buffers.records = appendRecord(f.buffers.records, record)
	if f.full += fills(len(record), key); f.full >= segmentBytes {
		f.end()
	}
}

// end completes a segment.
func (f *filler) end() {
	if f.first == len(f.keys) {
		return
	}
	b := &f.buffers
	keys := f.keys[f.first:len(f.keys):len(f.keys)]
	f.log.last++
	start := len(b.values)
	b.values = appendSegment(b.values, keys, b.records)
	f.segments = append(f.segments, segment{number: f.log.last, keys: keys, bytes: segmentCost + len(b.records), disk: len(b.values) - start})
	b.records, f.first, f.full = b.records[:0], len(f.keys), 0
	if len(b.values) >= pieceBytes {
		f.addSegments()
	}
}

// pieceBytes is how many bytes of segments share one piece of memory. Pieces are cheaper than segments, and bounded.
const pieceBytes = maxBuffer / 4

// addSegments adds the operations that write the completed segments.
func (f *filler) addSegments() {
	b := &f.buffers
	values := bytes.Clone(b.values)
	b.values = b.values[:0]
	for _, s := range f.segments[len(f.ops):] { // so far, each operation writes a segment
		f.ops = append(f.ops, storage.SetOperation(segmentKey(s.number), values[:s.disk:s.disk]))
		values = values[s.disk:]
	}
}

// deleteOld adds the operations that delete old segments.
func (f *filler) deleteOld() {
	for _, s := range f.log.segments[:f.oldest] {
		f.ops = append(f.ops, storage.DeleteOperation(segmentKey(s.number)))
	}
	if f.mends {
		f.ops = append(f.ops, f.log.damage.deletions()...)
	}
}

// deletions returns the operations that delete the damaged segments.
func (d *damage) deletions() (ops []*storage.Operation) {
	for _, number := range d.segments {
		ops = append(ops, storage.DeleteOperation(segmentKey(number)))
	}
	return ops
}

// write carries a transaction out.
func (j *Journal) write(ctx context.Context, makesRoom bool, t *transaction) error {
	if len(t.ops) == 0 {
		return nil
	}
	if err := j.reserve.batch(ctx, makesRoom, t.ops); err != nil {
		j.open, t.ops = t, nil
		return err
	}
	j.done(t)
	return nil
}

// done notes the new state of the storage.
func (j *Journal) done(t *transaction) {
	j.log.replace(t.oldest, t.segments)
	i := 0
	for _, s := range t.segments {
		for _, key := range s.keys {
			j.log.put(key, s.number, t.sizes[i])
			i++
		}
	}
	if t.mends {
		j.log.damage = damage{}
	}
	j.publishSizes()
}

// publishSizes passes the sizes on: to concurrent readers and to the reserve.
func (j *Journal) publishSizes() {
	j.size.Store(j.log.records)
	j.reserve.want(j.log.disk, len(j.log.places))
}

// ask finds out whether the storage has a transaction that seemed to fail. Until that is known, no write may build on it: segments that
// it cleaned may be gone.
func (j *Journal) ask(ctx context.Context) error {
	t := j.open
	if t == nil {
		return nil
	}
	var number uint64
	if len(t.segments) > 0 {
		number = t.segments[0].number
	} else {
		number = j.log.segments[0].number // it only deleted
	}
	question := storage.GetOperation(segmentKey(number))
	if err := j.client.Batch(ctx, question); err != nil {
		return err
	}
	j.open = nil
	if (question.Value != nil) == (len(t.segments) > 0) {
		j.there = j.there || t.commits
		j.done(t)
	}
	return nil
}
