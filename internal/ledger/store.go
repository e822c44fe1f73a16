// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// mutation changes one slot. It gets the current slot, without an entry if there is none, and what all entries need. It returns
// the next slot, without an entry to remove it, and whether disk must know before the change counts. It may run more than once.
type mutation struct {
	alias string
	// makesRoom: if the storage is full, it may use the reserved space.
	makesRoom bool
	do        func(s slot, used usage) (next slot, durable bool)
}

// store keeps the entries in memory and, if there is one, in a Store. There is one writer. Writes that wait together share a
// transaction. Memory changes only after the Store did.
type store struct {
	disk  Store // nil: memory only
	inbox inbox // of disk, if it has one
	// patience is how long a patient write waits for another one to begin a transaction.
	patience time.Duration

	mu      sync.RWMutex // guards the following fields
	slots   map[string]stored
	closed  map[string]*closed      // compact forms of closed slots
	notes   map[string][]byte       // by name
	index   map[protocol.Key]string // the alias under which an alert fires or is held
	used    usage
	packed  int64        // bytes of the closed slots
	armed   int          // creates
	current *transaction // under way or in doubt; only the writer changes it

	revision atomic.Uint64 // changes with every slot

	// Only the writer uses these.
	buffer records
	spare  *transaction            // has ended
	taken  map[protocol.Key]string // aliases under which alerts start to fire in this transaction
	at     *write                  // whose changes are being computed
	crowd  crowd

	turn    chan struct{} // holds a token while a writer commits all waiting writes
	pending struct {
		sync.Mutex
		writes []*write
	}
}

type write struct {
	plan planner // nil: no entry changes
	// drains: the inbox is applied first. fenced: the sender gets an acknowledgement, so this replica must lead even if nothing changes.
	drains, fenced bool
	patient        bool         // it shares the transaction of another write, if one comes soon
	punctual       func() error // if set, called after the inbox was read; an error means that the write comes too late
	mutations      []mutation   // of the attempt that is under way
	notes          []Change
	did            func()        // if it came from the inbox: called when disk has it
	done           chan struct{} // closed when err is the result
	err            error
}

// planner returns the mutations of a write once its turn has come.
type planner func(route router) []mutation

// router returns the events, each with the alias under which its alert already fires, and whether any alias has changed.
type router func(events []protocol.Event) (routed []protocol.Event, moved bool)

// errUnfinished is the result if a mutation panics.
var errUnfinished = errors.New("the ledger's write did not end")

func newStore(disk Store, patience time.Duration) *store {
	in, _ := disk.(Inbox)
	if disk == nil {
		patience = 0
	}
	return &store{disk: disk, inbox: inbox{rows: in}, patience: patience, slots: map[string]stored{}, closed: map[string]*closed{}, notes: map[string][]byte{}, index: map[protocol.Key]string{}, taken: map[protocol.Key]string{}, turn: make(chan struct{}, 1)}
}

func (s *store) get(alias string) slot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.slot(alias)
}

// plan computes the mutations of the writes. Only the writer changes the index, so the routes hold until the end of the transaction.
func (s *store) plan(writes []*write) {
	if len(s.taken) > maxChanges {
		s.taken = map[protocol.Key]string{}
	}
	clear(s.taken)
	route := func(events []protocol.Event) (routed []protocol.Event, moved bool) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		routed = events
		for i := range events {
			ev := &events[i]
			alias, fires := s.index[ev.Key]
			if !fires {
				alias, fires = s.taken[ev.Key]
			}
			switch {
			case fires && alias != ev.Alias && !ev.Pinned:
				if !moved {
					routed, moved = slices.Clone(events), true
				}
				routed[i].Alias = alias
			case !fires && ev.Firing:
				s.taken[ev.Key] = ev.Alias
			}
		}
		return routed, moved
	}
	for _, w := range writes {
		if s.at = w; w.plan != nil {
			w.mutations = w.plan(route)
		}
	}
}

// applyInMemory carries out a mutation that disk need not know. It does not wait for a transaction about other aliases. If it must
// wait, or disk must know, it changes nothing and returns false.
func (s *store) applyInMemory(m mutation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy(m.alias) {
		return false
	}
	next, durable := m.do(s.slot(m.alias), s.used)
	if durable {
		return false
	}
	s.replace(m.alias, next)
	return true
}

// amend carries out a mutation: in memory if disk need not know, else in a transaction, patiently.
func (s *store) amend(ctx context.Context, m mutation) error {
	if s.applyInMemory(m) {
		return nil
	}
	return s.updatePatiently(ctx, m)
}

// remember keeps the rendered content of e while a call is due, unless the entry has changed.
func (s *store) remember(e *protocol.Entry, v *view, due, pending bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.slots[e.Alias]
	if known.entry != e {
		return
	}
	current := known.slot()
	current.setPending(pending, now)
	if current.view = v; !due && !pending {
		current.view = nil
	}
	s.slots[e.Alias] = current.store()
	s.revision.Add(1)
}

// replace puts next into memory. The caller holds mu.
func (s *store) replace(alias string, next slot) {
	former := s.slots[alias].slot() // a closed slot is neither live nor in the index
	s.used.remove(&former)
	s.armed -= former.armed()
	s.keep(alias, former.entry, next)
}

// keep is replace for a caller that knows the former entry in the index. The caller holds mu.
func (s *store) keep(alias string, former *protocol.Entry, next slot) {
	s.revision.Add(1)
	s.armed += next.armed()
	s.reindex(alias, former, next.entry)
	if next.entry != nil {
		alias = next.entry.Alias // share the string with the entry
	}
	if was, closed := s.closed[alias]; closed {
		s.packed -= int64(was.Bytes())
		delete(s.closed, alias)
	}
	if c, ok := next.pack(); ok {
		s.packed += int64(c.Bytes())
		s.closed[alias] = c
		delete(s.slots, alias)
		return
	}
	s.used.add(&next)
	if next.entry == nil {
		delete(s.slots, alias)
	} else {
		s.slots[alias] = next.store()
	}
}

// reindex updates the index of alerts that fire or are held. The caller holds mu.
func (s *store) reindex(alias string, former, next *protocol.Entry) {
	var none protocol.Members
	before, after := &none, &none
	if former != nil {
		before = &former.Members
	}
	if next != nil {
		alias, after = next.Alias, &next.Members // share the string with the entry
	}
	for m := range before.Apart(after) {
		if m.Unfinished() && s.index[m.Key] == alias {
			if now := after.Get(m.Key); now == nil || !now.Unfinished() {
				delete(s.index, m.Key)
			}
		}
	}
	for m := range after.Apart(before) {
		if m.Unfinished() {
			s.index[m.Key] = alias
		}
	}
}

// unwritten adds to an error what failed.
func unwritten(err error) error {
	if err != nil {
		return fmt.Errorf("cannot write the ledger to storage: %w", err)
	}
	return nil
}

// check returns why the storage would refuse new records. It waits for its turn until ctx ends.
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

// all calls f for every entry that is not closed, in any order.
func (s *store) all(f func(*slot)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.slots {
		slot := c.slot()
		f(&slot)
	}
}

// armable returns how many more creates may be armed if most may be in all; 0 means no limit.
func (s *store) armable(most int) int {
	if most == 0 {
		return math.MaxInt
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return max(0, most-s.armed)
}

func (s *store) counts() (entries, live int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.slots) + len(s.closed), s.used.live
}
