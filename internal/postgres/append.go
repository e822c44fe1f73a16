// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Punctual is how long a webhook may take to reach the database. It is shorter than the time after which a sender sends newer data.
const Punctual = 5 * time.Second

// These limits bound the webhooks in one transaction, unless one alone is larger. It has to cross the network in less than Punctual.
const (
	maxGroup      = 500
	maxGroupBytes = 8 << 20
)

const addToInbox = `WITH room AS MATERIALIZED (
	SELECT count(*) < $5::bigint AND coalesce(sum(octet_length(payload)), 0) < $6::bigint AS free
	FROM @.inbox WHERE component = $1 AND set_aside IS NULL
), item AS MATERIALIZED (
	SELECT n, payload, source, clock_timestamp() < deadline AS punctual
	FROM unnest($2::bytea[], $3::text[], $4::timestamptz[]) WITH ORDINALITY AS u (payload, source, deadline, n)
), added AS (
	INSERT INTO @.inbox (component, payload, source)
	SELECT $1, payload, nullif(source, '') FROM item, room WHERE punctual AND free ORDER BY n
	ON CONFLICT (component, source) DO UPDATE
	SET id = excluded.id, arrived = excluded.arrived, payload = excluded.payload, set_aside = NULL
)
SELECT clock_timestamp(), free, array_agg(punctual ORDER BY n) FROM item, room GROUP BY free`

// Arrival is when a webhook arrived, by the database's clock if its time was known.
type Arrival struct{ theirs, ours time.Time }

// Arrival stamps a webhook that has just arrived. Call it before anything else. If the process's clock stops, as in a suspended
// machine, only time that passes after this call is noticed.
func (db *DB) Arrival() Arrival {
	a := Arrival{ours: db.pauses.Since(db.now())}
	a.theirs, _ = db.clock.at(a.ours) // if unknown, Append asks the database
	return a
}

// Moment returns the time of arrival by this process's clock.
func (a Arrival) Moment() time.Time { return a.ours }

// WatchPauses ticks until ctx ends. Without it, [DB.Arrival] cannot notice that the process was paused.
func (db *DB) WatchPauses(ctx context.Context) { db.pauses.Watch(ctx, db.now) }

// Punctual returns nil if the leader may still apply its own webhook, and otherwise an ErrLate.
func (db *DB) Punctual(a Arrival) error {
	if db.now().Sub(a.ours) >= Punctual {
		return ErrLate
	}
	return nil
}

// Append puts a payload into the inbox. A source that is not empty names a snapshot, which replaces the former one. Without an error
// the payload is durable. With an error it may be there, and the sender repeats it.
func (db *DB) Append(ctx context.Context, a Arrival, source string, payload []byte) error {
	return db.inbox.append(ctx, &addition{ctx: ctx, arrival: a, source: storable(source), payload: payload, done: make(chan struct{})})
}

// addition is one payload on its way into the inbox.
type addition struct {
	ctx     context.Context //nolint:containedctx // it ends when the sender is gone
	arrival Arrival
	source  string
	payload []byte
	done    chan struct{} // closed when err is the result
	err     error
}

// appender lets concurrent appends share a transaction.
type appender struct {
	db      *DB
	session *session
	turn    chan struct{} // holds a token while one caller commits all pending additions

	mu      sync.Mutex
	pending []*addition
}

func newAppender(db *DB) appender {
	// The server gives up before the client does: then the addition is certainly not there.
	return appender{db: db, session: db.newSession(Punctual*4/5, time.Second), turn: make(chan struct{}, 1)}
}

func (p *appender) append(ctx context.Context, add *addition) error {
	p.mu.Lock()
	p.pending = append(p.pending, add)
	p.mu.Unlock()
	for {
		select {
		case <-add.done:
			return add.err
		case <-ctx.Done():
			p.forget(add)
			return p.db.fault("put a webhook into the inbox", ctx.Err())
		case p.turn <- struct{}{}:
			if group := p.take(); len(group) > 0 {
				p.commit(context.WithoutCancel(ctx), group)
			}
			<-p.turn
		}
	}
}

// forget drops an addition whose caller has gone, unless it is being written.
func (p *appender) forget(add *addition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = slices.DeleteFunc(p.pending, func(a *addition) bool { return a == add })
}

// take returns the next group, without the additions of senders that have gone: they may have sent newer data to another replica, which
// must not be overtaken. Snapshots and webhooks do not share a group: the row of a snapshot may be locked.
func (p *appender) take() (group []*addition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest []*addition
	bytes, full := 0, false
	for _, a := range p.pending {
		switch {
		case a.ctx.Err() != nil:
		case full || len(group) > 0 && a.snapshot() != group[0].snapshot():
			rest = append(rest, a)
		case len(group) > 0 && (len(group) == maxGroup || bytes+len(a.payload) > maxGroupBytes):
			full = true // nothing overtakes it
			rest = append(rest, a)
		default:
			group, bytes = append(group, a), bytes+len(a.payload)
		}
	}
	p.pending = rest
	return group
}

func (a *addition) snapshot() bool { return a.source != "" }

func (p *appender) commit(ctx context.Context, group []*addition) {
	ctx, cancel := context.WithTimeout(ctx, Punctual)
	defer cancel()
	kept, by := latest(group)
	err := p.clocked(ctx, kept)
	if err == nil {
		err = p.write(ctx, kept)
	}
	for _, a := range group {
		if a.source != "" {
			a.err = by[a.source].err
		}
		if err != nil {
			a.err = err
		}
		close(a.done)
	}
}

// clocked completes the arrival of webhooks that came before the database's time was known.
func (p *appender) clocked(ctx context.Context, group []*addition) error {
	for _, a := range group {
		if !a.arrival.theirs.IsZero() {
			continue
		}
		if _, err := p.db.clock.at(a.arrival.ours); err != nil {
			if err := p.ask(ctx); err != nil {
				return err
			}
		}
		var err error
		if a.arrival.theirs, err = p.db.clock.at(a.arrival.ours); err != nil {
			return err
		}
	}
	return nil
}

// ask learns the database's time.
func (p *appender) ask(ctx context.Context) error {
	return p.session.do(ctx, "ask the database for its time", true, func(ctx context.Context, conn *pgx.Conn) error {
		var now time.Time
		err := conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
		if err == nil {
			p.db.clock.learn(now, p.db.now())
		}
		return err
	})
}

// never is a deadline that no clock of a database reaches. The process's clock may be wrong by years.
var never = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)

// Check returns why the inbox would refuse a webhook now, or the table of the entries a record. It adds a row to both and removes it, in
// one transaction.
func (db *DB) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Punctual)
	defer cancel()
	source, deadline := "check of "+db.id, never
	var free bool
	err := db.inbox.session.do(ctx, "write test rows", true, func(ctx context.Context, conn *pgx.Conn) error {
		batch := &pgx.Batch{}
		db.queueAppend(batch, [][]byte{{}}, []string{source}, []time.Time{deadline}).
			QueryRow(func(row pgx.Row) error { return row.Scan(nil, &free, nil) })
		batch.Queue(db.sql("DELETE FROM @.inbox WHERE component = $1 AND source = $2"), db.component(), source)
		db.queueTest(batch)
		return conn.SendBatch(ctx, batch).Close()
	})
	if err == nil && !free {
		return ErrFull
	}
	return err
}

// latest drops each snapshot that a later one of the group replaces. by holds the last snapshot of each source.
func latest(group []*addition) (kept []*addition, by map[string]*addition) {
	by = make(map[string]*addition)
	for _, a := range group {
		if a.source != "" {
			by[a.source] = a
		}
	}
	kept = make([]*addition, 0, len(group))
	for _, a := range group {
		if a.source == "" || by[a.source] == a {
			kept = append(kept, a)
		}
	}
	// Snapshots are written in one order: transactions of other replicas write the same rows.
	slices.SortStableFunc(kept, func(a, b *addition) int { return cmp.Compare(a.source, b.source) })
	return kept, by
}

// queueAppend queues the statement that puts payloads into the inbox.
func (db *DB) queueAppend(batch *pgx.Batch, payloads [][]byte, sources []string, deadlines []time.Time) *pgx.QueuedQuery {
	return batch.Queue(db.sql(addToInbox), db.component(), payloads, sources, deadlines, db.cfg.InboxRows, db.cfg.InboxBytes)
}

// write uses one transaction and one round trip. The implicit transaction either commits as a whole or changes nothing.
func (p *appender) write(ctx context.Context, group []*addition) error {
	payloads, sources, deadlines := make([][]byte, len(group)), make([]string, len(group)), make([]time.Time, len(group))
	for i, a := range group {
		payloads[i], sources[i], deadlines[i] = a.payload, a.source, a.arrival.theirs.Add(Punctual)
	}
	var (
		now  time.Time
		free bool
		kept []bool
	)
	err := p.session.do(ctx, "put a webhook into the inbox", false, func(ctx context.Context, conn *pgx.Conn) error {
		batch := &pgx.Batch{}
		p.db.queueAppend(batch, payloads, sources, deadlines).
			QueryRow(func(row pgx.Row) error { return row.Scan(&now, &free, &kept) })
		// NOTIFY makes commits of the whole database wait for each other. So there is one for the whole group.
		batch.Queue("SELECT pg_notify($1, '')", p.db.channel+"_inbox")
		return conn.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	p.db.clock.learn(now, p.db.now())
	for i, a := range group {
		switch {
		case !free:
			a.err = ErrFull
		case !kept[i]:
			a.err = ErrLate
		}
	}
	return nil
}
