// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"slices"
)

// Drain applies the rows of the inbox. Apply does so, too.
func (l *Ledger) Drain(ctx context.Context) error {
	err := l.store.enqueue(ctx, &write{drains: true})
	if err == nil {
		l.boundClosed(ctx)
	}
	return err
}

// inbox reads webhooks that other replicas accepted. The zero value is no inbox.
type inbox struct {
	rows Inbox
	// unpack turns a row into a write.
	unpack func(r Row) (*write, error)
}

// received holds rows of the inbox on their way into the ledger; nil means none.
type received struct {
	writes []*write
	rows   Consumed
}

// receive reads the inbox if one of the writes requires it. All writes have joined the transaction by now. Of a large inbox, it applies
// all parts but the last one, which it returns.
func (s *store) receive(ctx context.Context, writes []*write) (*received, error) {
	if s.inbox.rows == nil || !slices.ContainsFunc(writes, func(w *write) bool { return w.drains }) {
		return nil, nil //nolint:nilnil // nothing is received
	}
	var ids []int64
	for {
		rows, rest, err := s.inbox.rows.Inbox(ctx, ids)
		if err != nil {
			return nil, unwritten(err)
		}
		r := s.inbox.unpackAll(rows)
		if len(rest) == 0 {
			return r, nil
		}
		if err := s.write(ctx, r); err != nil {
			return nil, err
		}
		ids = rest
	}
}

// unpackAll turns rows into writes, if there are any.
func (in *inbox) unpackAll(rows []Row) *received {
	if len(rows) == 0 {
		return nil
	}
	r := &received{rows: Consumed{Aside: map[int64]string{}}}
	for _, row := range rows {
		w, err := in.read(row)
		if err != nil {
			r.rows.Aside[row.ID] = err.Error()
			continue
		}
		r.rows.IDs = append(r.rows.IDs, row.ID)
		r.writes = append(r.writes, w)
	}
	return r
}

// read turns a row into a write. It recovers from panics: otherwise one row could stop each leader in turn.
func (in *inbox) read(row Row) (w *write, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return in.unpack(row)
}

func panicked(p any) error { return fmt.Errorf("panic: %v", p) }

// index returns the position of a write that was received, or -1.
func (r *received) index(w *write) int {
	if r == nil || w == nil {
		return -1
	}
	return slices.Index(r.writes, w)
}

// setAside drops a received write that panicked.
func (r *received) setAside(i int, p any) {
	r.rows.Aside[r.rows.IDs[i]] = panicked(p).Error()
	r.rows.IDs, r.writes = slices.Delete(r.rows.IDs, i, i+1), slices.Delete(r.writes, i, i+1)
}

// before returns the received writes, followed by these writes.
func (r *received) before(writes []*write) []*write {
	if r == nil {
		return writes
	}
	return slices.Concat(r.writes, writes)
}

func (r *received) consumed() Consumed {
	if r == nil {
		return Consumed{}
	}
	return r.rows
}

// unpack turns a row of the inbox into a write. Nothing is refused for lack of room, because the webhook is already acknowledged.
func (l *Ledger) unpack(row Row) (*write, error) {
	events, err := l.cfg.Unpack(row)
	if err != nil {
		return nil, err
	}
	for i := range events {
		events[i].Waited = row.Waited
	}
	p := l.batch(events)
	p.acknowledged = true
	return &write{plan: p.plan, did: p.report}, nil
}

// report hands the outcomes of the events to cfg.Unpacked.
func (p *batch) report() {
	if p.cfg.Unpacked != nil {
		p.cfg.Unpacked(p.routed, p.outcomes)
	}
}
