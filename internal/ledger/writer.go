// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// update carries out all mutations or none, and returns when disk has them.
func (s *store) update(ctx context.Context, mutations ...mutation) error {
	return s.enqueue(ctx, &write{plan: func(router) []mutation { return mutations }})
}

// updatePatiently is update. It shares the transaction of another write, if one comes soon.
func (s *store) updatePatiently(ctx context.Context, mutations ...mutation) error {
	return s.enqueue(ctx, &write{plan: func(router) []mutation { return mutations }, patient: true})
}

// enqueue lets w share the next transaction, and returns when disk has it.
func (s *store) enqueue(ctx context.Context, w *write) error {
	w.done, w.err = make(chan struct{}), errUnfinished
	s.pending.Lock()
	s.pending.writes = append(s.pending.writes, w)
	s.pending.Unlock()

	if w.patient && s.patience > 0 {
		select {
		case <-w.done:
			return w.err
		case <-time.After(s.patience):
		}
	}
	select {
	case <-w.done: // another writer committed it
	case s.turn <- struct{}{}:
		if s.crowd.gathers() {
			runtime.Gosched() // webhooks that are nearly ready join this transaction
		}
		// Other callers share the transaction: it must not fail because one of them gave up.
		s.commitPending(context.WithoutCancel(ctx))
		<-w.done
	}
	return w.err
}

// commitPending commits all waiting writes, and returns the caller's turn.
func (s *store) commitPending(ctx context.Context) {
	s.pending.Lock()
	writes := s.pending.writes
	s.pending.writes = nil
	s.pending.Unlock()
	s.crowd.note(writes)
	defer func() {
		for _, w := range writes {
			close(w.done)
		}
		<-s.turn
	}()
	received, unread := s.receive(ctx, writes)
	inTime := slices.DeleteFunc(slices.Clone(writes), (*write).late)
	err := unread
	if err == nil {
		err = s.write(ctx, received, inTime...)
	}
	again := err != nil && len(inTime) > 1 // one bad write may have failed them all: try each alone
	if again && received != nil {
		again = s.write(ctx, received) == nil // nothing overtakes the inbox
	}
	for _, w := range inTime {
		if w.err = err; again && (unread == nil || !w.drains) {
			w.err = s.write(ctx, nil, w)
		}
	}
}

// crowd is how many webhooks in a row had a transaction for themselves.
type crowd int

// crowdLasts is how many webhooks in a row must be alone before a writer waits for others only now and then.
const crowdLasts = 16

// gathers reports whether the next writer waits for others that are nearly ready.
func (c crowd) gathers() bool { return c < crowdLasts || c%crowdLasts == 0 }

func (c *crowd) note(writes []*write) {
	webhooks := 0
	for _, w := range writes {
		webhooks += count(w.fenced)
	}
	switch {
	case webhooks > 1:
		*c = 0
	case webhooks == 1:
		*c++
	}
}

// late reports whether a write comes too late, and drops it.
func (w *write) late() bool {
	if w.punctual == nil {
		return false
	}
	if err := w.punctual(); err != nil {
		w.err = err
		return true
	}
	return false
}

// write computes the next entries, commits them in one transaction and then puts them into memory. The rows received from the inbox go first.
func (s *store) write(ctx context.Context, received *received, writes ...*write) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	var (
		t         *transaction
		makesRoom bool
	)
	for t == nil {
		t, makesRoom = s.compute(received, writes)
	}
	t.received = received
	t.fenced = s.inbox.rows != nil && slices.ContainsFunc(writes, func(w *write) bool { return w.fenced })
	defer s.end()
	return s.commit(ctx, makesRoom, t)
}

// compute returns a transaction with the next entries. It returns nil after a panic about a row of the inbox, which it sets aside:
// otherwise that row could stop each leader in turn.
func (s *store) compute(received *received, writes []*write) (t *transaction, makesRoom bool) {
	defer func() {
		if i := received.index(s.at); i >= 0 {
			received.setAside(i, recover())
			t = nil
		}
		s.at = nil
	}()
	makesRoom = true
	writes = received.before(writes)
	s.plan(writes)
	t = s.begin(writes)
	for _, w := range writes {
		s.at = w
		t.note(w.notes)
		for _, m := range w.mutations {
			c := &t.changes[t.index[m.alias]]
			next, durable := m.do(c.next, t.used)
			makesRoom = makesRoom && (m.makesRoom || !durable)
			t.used.remove(&c.next)
			t.used.add(&next)
			c.next, c.durable = next, c.durable || durable
		}
	}
	s.at = nil
	return t, makesRoom
}
