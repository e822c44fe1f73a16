// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// change is what a transaction makes of one entry.
type change struct {
	alias   string
	next    *Entry
	durable bool
}

// transaction is what some writes make of the entries.
type transaction struct {
	changes []change
	index   map[string]int // the place of an alias's change
	live    int            // entries
	oldest  int            // segments that can go: what counts of them is among the changes
	written []segment      // what it adds to the journal
	undoes  bool           // it says what memory says, over a transaction that seemed to fail
}

// begin marks the aliases of a transaction as busy until its end. It holds the entries as they are, in the order of the
// mutations.
func (s *store) begin(writes []*write) *transaction {
	var n int
	for _, w := range writes {
		n += len(w.mutations)
	}
	t := &transaction{changes: make([]change, 0, n), index: make(map[string]int, n)}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range writes {
		for _, m := range w.mutations {
			if _, known := t.index[m.alias]; !known {
				t.index[m.alias] = len(t.changes)
				t.changes = append(t.changes, change{alias: m.alias, next: s.entries[m.alias]})
			}
		}
	}
	t.live, s.busy = s.live, t.index
	return t
}

// end ends a transaction, unless it is doubtful.
func (s *store) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doubtful == nil {
		s.busy = nil
	}
}

// commit lets disk know of a transaction, and then memory.
func (s *store) commit(ctx context.Context, makesRoom bool, t *transaction) error {
	if err := s.persist(ctx, makesRoom, t); err != nil {
		return err
	}
	s.done(t)
	return nil
}

// persist writes what disk must know of a transaction.
func (s *store) persist(ctx context.Context, makesRoom bool, t *transaction) error {
	if s.client == nil {
		return nil
	}
	var ops []*storage.Operation
	t.written, ops = s.journal.append(t.changes, &s.buffers)
	for _, old := range s.journal.segments[:t.oldest] {
		ops = append(ops, storage.DeleteOperation(segmentKey(old.number)))
	}
	if len(ops) == 0 {
		return nil
	}
	if cap(s.buffers.values) > maxBuffer {
		defer func() { s.buffers = buffers{} }()
	}
	err := s.reserve.batch(ctx, makesRoom, ops)
	s.full = errors.Is(err, storage.ErrStorageFull)
	if err != nil {
		s.doubtful = t
	}
	return unwritten(err)
}

// settle finds out what became of a transaction that seemed to fail: disk may have it all the same. Until that is known,
// nothing can be built on its aliases, nor on the segments that it may have cleaned.
func (s *store) settle(ctx context.Context) error {
	t := s.doubtful
	if t == nil {
		return nil
	}
	var number uint64
	if len(t.written) > 0 {
		number = t.written[0].number
	} else {
		number = s.journal.segments[0].number // it only deleted
	}
	question := storage.GetOperation(segmentKey(number))
	if err := s.client.Batch(ctx, question); err != nil {
		return unwritten(err)
	}
	s.doubtful = nil
	defer s.end()
	switch there := (question.Value != nil) == (len(t.written) > 0); {
	case there && t.undoes:
		s.done(t)
		return nil
	case there:
		s.journal.replace(t.oldest, t.written)
		return s.undo(ctx, t)
	case t.undoes:
		return s.undo(ctx, t) // disk still has what it was to write over
	default:
		return nil
	}
}

// undo writes over what disk has of a transaction that everybody was told had failed: memory is what counts.
func (s *store) undo(ctx context.Context, t *transaction) error {
	back := &transaction{index: t.index, undoes: true}
	for _, c := range t.changes {
		if c.durable {
			back.changes = append(back.changes, change{alias: c.alias, next: s.get(c.alias).copy(), durable: true})
		}
	}
	return s.commit(ctx, true, back)
}

// done puts into memory what disk has.
func (s *store) done(t *transaction) {
	s.journal.replace(t.oldest, t.written)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range t.changes {
		s.journal.live += c.next.weight() - s.entries[c.alias].weight()
		s.replace(c.alias, c.next)
	}
	s.reserve.want(s.journal.disk, len(s.entries))
}
