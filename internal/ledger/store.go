// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// mutation changes one entry. It is given the current entry, nil if there is none, and the number of live
// entries. It returns the next entry, nil to remove it, and whether disk must know before the change counts.
// It may run more than once.
type mutation struct {
	alias string
	// makesRoom: in a full storage, it may use what is kept back.
	makesRoom bool
	do        func(e *Entry, live int) (next *Entry, durable bool)
}

// store keeps the entries in memory and, where there is one, in a Store. Writes are serialised, and writes that wait
// together share a transaction. Memory changes only after the Store did.
type store struct {
	disk Store // nil: memory only

	mu      sync.RWMutex // guards what follows
	entries map[string]*Entry
	live    int
	current *transaction // under way or in doubt; only the writer changes it

	buffer records // only the writer uses it

	turn    chan struct{} // holds a token while a writer commits, for all that wait
	pending struct {
		sync.Mutex
		writes []*write
	}
}

type write struct {
	mutations []mutation
	done      chan struct{} // closed when err is the result
	err       error
}

// errUnfinished is the result when a mutation panicked.
var errUnfinished = errors.New("the ledger's write did not end")

func newStore(disk Store) *store {
	return &store{disk: disk, entries: map[string]*Entry{}, turn: make(chan struct{}, 1)}
}

func (s *store) get(alias string) *Entry {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries[alias]
}

// swift carries out a mutation that disk need not know, without waiting for a transaction about other aliases. It
// reports false, and has changed nothing, where that is not so.
func (s *store) swift(m mutation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy(m.alias) {
		return false
	}
	e, durable := m.do(s.entries[m.alias], s.live)
	if durable {
		return false
	}
	s.replace(m.alias, e)
	return true
}

// refine replaces e by n, which says the same but knows more, unless the entry has changed.
func (s *store) refine(e, n *Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[e.Alias] == e {
		s.entries[e.Alias] = n
	}
}

// replace puts next into memory. The caller holds mu.
func (s *store) replace(alias string, next *Entry) {
	s.live += next.live() - s.entries[alias].live()
	if next == nil {
		delete(s.entries, alias)
	} else {
		s.entries[alias] = next
	}
}

// update carries out the mutations, all or none, and returns when disk has them.
func (s *store) update(ctx context.Context, mutations ...mutation) error {
	w := &write{mutations: mutations, done: make(chan struct{}), err: errUnfinished}
	s.pending.Lock()
	s.pending.writes = append(s.pending.writes, w)
	s.pending.Unlock()

	select {
	case <-w.done: // another writer committed it
	case s.turn <- struct{}{}:
		// The transaction is shared: one caller that gave up must not fail the others.
		s.commitPending(context.WithoutCancel(ctx))
		<-w.done
	}
	return w.err
}

// commitPending commits all writes that wait, and gives up the turn that the caller has taken.
func (s *store) commitPending(ctx context.Context) {
	s.pending.Lock()
	writes := s.pending.writes
	s.pending.writes = nil
	s.pending.Unlock()
	defer func() {
		for _, w := range writes {
			close(w.done)
		}
		<-s.turn
	}()
	err := s.write(ctx, writes...)
	again := err != nil && len(writes) > 1 // one write may have spoilt the transaction of all: each gets one of its own
	for _, w := range writes {
		if w.err = err; again {
			w.err = s.write(ctx, w)
		}
	}
}

// write computes the next entries, commits them in one transaction and only then replaces them in memory.
func (s *store) write(ctx context.Context, writes ...*write) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	makesRoom := true
	t := s.begin(writes)
	defer s.end()
	for _, w := range writes {
		for _, m := range w.mutations {
			c := &t.changes[t.index[m.alias]]
			e, durable := m.do(c.next, t.live)
			makesRoom = makesRoom && m.makesRoom
			t.live += e.live() - c.next.live()
			c.next, c.durable = e, c.durable || durable
		}
	}
	return s.commit(ctx, makesRoom, t)
}

// unwritten says what failed, if something did.
func unwritten(err error) error {
	if err != nil {
		return fmt.Errorf("cannot write the ledger to storage: %w", err)
	}
	return nil
}

// check returns why the storage would not take new records. It waits for its turn no longer than ctx.
func (s *store) check(ctx context.Context) error {
	if s.disk == nil {
		return nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return unwritten(ctx.Err())
	}
	return unwritten(s.disk.Check(ctx))
}

func (s *store) size() int64 {
	if s.disk == nil {
		return 0
	}
	return s.disk.Size()
}

// all calls f for every entry, in no order.
func (s *store) all(f func(*Entry)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.entries {
		f(e)
	}
}

func (s *store) counts() (entries, live int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.entries), s.live
}
