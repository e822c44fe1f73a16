// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// change is the effect of a transaction on one entry.
type change struct {
	alias   string
	former  *protocol.Entry
	next    slot
	stale   bool // of the former slot
	durable bool
}

// transaction is the effect of several writes on the entries.
type transaction struct {
	changes []change
	index   map[string]int // position of an alias's change
	used    usage
	notes   []Change
	doubt   doubt

	received *received // from the inbox
	fenced   bool      // committed even if nothing changes
}

// doubt tells what is uncertain about a transaction that seemed to fail. All callers got an error, so memory did not change, and memory
// counts. If the store has the transaction, it is written over.
type doubt uint8

const (
	noDoubt    doubt = iota
	mayBeThere       // the store may have it
	isThere          // the store has it; it may also have been written over already
)

// begin marks the aliases of a transaction as busy until it ends. The transaction starts with the current slots, in the order of the
// mutations.
func (s *store) begin(writes []*write) *transaction {
	var n int
	for _, w := range writes {
		n += len(w.mutations)
	}
	t := s.blank(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range writes {
		for _, m := range w.mutations {
			if _, known := t.index[m.alias]; !known {
				t.index[m.alias] = len(t.changes)
				current := s.slot(m.alias)
				t.changes = append(t.changes, change{alias: m.alias, former: current.entry, stale: current.stale, next: current})
			}
		}
	}
	t.used, s.current = s.used, t
	return t
}

// maxSpare bounds the changes of a transaction whose memory is reused.
const maxSpare = 256

// blank returns a transaction without changes. It reuses the memory of the last small one.
func (s *store) blank(n int) *transaction {
	t := s.spare
	s.spare = nil
	if t == nil || n > maxSpare {
		return &transaction{changes: make([]change, 0, n), index: make(map[string]int, n)}
	}
	clear(t.changes)
	clear(t.index)
	*t = transaction{changes: t.changes[:0], index: t.index}
	return t
}

// end ends the transaction, unless it is in doubt.
func (s *store) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.current
	if t.doubt != noDoubt {
		return
	}
	s.current = nil
	if len(t.changes) <= maxSpare {
		s.spare = t
	}
}

// busy reports whether a transaction about the alias is under way or in doubt. The caller holds mu.
func (s *store) busy(alias string) bool {
	if s.current == nil {
		return false
	}
	_, busy := s.current.index[alias]
	return busy
}

// commit writes a transaction to disk, and then to memory.
func (s *store) commit(ctx context.Context, makesRoom bool, t *transaction) error {
	if err := s.persist(ctx, makesRoom, t); err != nil {
		return err
	}
	s.done(t)
	if t.received != nil {
		for _, w := range t.received.writes {
			w.did()
		}
	}
	return nil
}

// persist writes what disk must know of a transaction.
func (s *store) persist(ctx context.Context, makesRoom bool, t *transaction) error {
	if s.disk == nil {
		return nil
	}
	b := s.records(len(t.changes))
	for i := range t.changes {
		switch c := &t.changes[i]; {
		case !c.durable:
		case c.stale:
			c.next.stale = false
			b.add(c.alias, c.former, nil, c.next.entry, c.next.since) // the changes made by Load are not on disk yet
		default:
			b.add(c.alias, c.former, c.former, c.next.entry, c.next.since)
		}
	}
	b.changes = append(b.changes, t.notes...)
	var err error
	switch {
	case len(b.changes) > 0 && s.inbox.rows == nil:
		err = s.disk.Commit(ctx, b.changes, makesRoom)
	case len(b.changes) > 0, t.fenced, t.received != nil:
		err = s.inbox.rows.CommitInbox(ctx, b.changes, t.received.consumed())
	}
	if errors.Is(err, ErrUncertain) {
		t.doubt = mayBeThere
	}
	return unwritten(err)
}

// settle ends the doubt about the last transaction. Until then no write may build on its aliases.
func (s *store) settle(ctx context.Context) error {
	t := s.current
	if t == nil {
		return nil
	}
	if t.doubt == mayBeThere {
		there, err := s.disk.Settle(ctx)
		if err != nil {
			return unwritten(err)
		}
		if t.doubt = noDoubt; there {
			t.doubt = isThere
		}
	}
	if t.doubt == isThere {
		if err := s.writeOver(ctx, t); err != nil {
			return unwritten(err)
		}
		t.doubt = noDoubt
	}
	s.end()
	return nil
}

// writeOver writes the state in memory over a transaction.
func (s *store) writeOver(ctx context.Context, t *transaction) error {
	b := s.records(len(t.changes))
	for _, c := range t.changes {
		if c.durable {
			current := s.get(c.alias)
			b.add(c.alias, c.next.entry, nil, current.entry, current.since)
		}
	}
	for _, n := range t.notes {
		name, _ := noteOf(n.Key)
		b.changes = append(b.changes, Change{Key: n.Key, Record: s.note(name)})
	}
	return s.disk.Commit(ctx, b.changes, true)
}

// maxBuffer and maxChanges bound the memory that is kept for the next transaction.
const (
	maxBuffer  = 4 << 20
	maxChanges = 1 << 12
)

// records collects the changes of a Commit. It reuses the memory of the last one.
func (s *store) records(n int) *records {
	r := &s.buffer
	if cap(r.bytes) > 2*maxBuffer || cap(r.changes) > maxChanges {
		*r = records{}
	}
	if cap(r.changes) < n {
		r.changes = make([]Change, 0, n)
	}
	clear(r.changes)
	r.changes, r.bytes = r.changes[:0], r.bytes[:0]
	return r
}

type records struct {
	changes []Change
	bytes   []byte
}

// add adds the records of an alias; a nil next has expired. The store may have the buckets of former, which may be nil. Buckets that next
// shares with same, which may be nil, are there already.
func (r *records) add(alias string, former, same, next *protocol.Entry, since time.Time) {
	if next == nil {
		r.changes = append(r.changes, Change{Key: alias})
	} else {
		// Pass the entry's own string: the store keeps it as its key.
		r.put(next.Alias, func(b []byte) []byte { return protocol.AppendPending(protocol.AppendRecord(b, next), since) })
		whole := &r.changes[len(r.changes)-1]
		whole.Entry, whole.Pending = next, since
	}
	for i := range next.Buckets() {
		if next.Changed(same, i) {
			r.put(bucketKey(alias, i), func(b []byte) []byte { return protocol.AppendBucket(b, next, i) })
		}
	}
	for i := next.Buckets(); i < former.Buckets(); i++ {
		r.changes = append(r.changes, Change{Key: bucketKey(alias, i)})
	}
}

func (r *records) put(key string, record func(b []byte) []byte) {
	if len(r.bytes) >= maxBuffer {
		r.bytes = make([]byte, 0, maxBuffer+maxBuffer/8) // the changes refer to the full buffer; growing it would copy it
	}
	start := len(r.bytes)
	r.bytes = record(r.bytes)
	r.changes = append(r.changes, Change{Key: key, Record: r.bytes[start:len(r.bytes):len(r.bytes)]})
}

// done puts a committed transaction into memory.
func (s *store) done(t *transaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range t.changes {
		s.replace(c.alias, c.next)
	}
	for _, n := range t.notes {
		s.keepNote(n)
	}
}
