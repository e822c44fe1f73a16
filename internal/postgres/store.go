// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

const (
	// checkFence fails with codeDivisionByZero unless this leadership is the latest. A takeover waits for the row's lock.
	checkFence = `SELECT 1 / count(*) FROM (SELECT FROM @.leader WHERE component = $1 AND number = $2 AND holder = $3 FOR SHARE) AS mine`

	upsertEntries = `INSERT INTO @.entries (component, key, record, alias, state, incident, severity, firing, pending, changed)
	SELECT $1, u.*, clock_timestamp() FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::timestamptz[]) AS u
	ON CONFLICT (component, key) DO UPDATE SET record = excluded.record, alias = excluded.alias, state = excluded.state, incident = excluded.incident,
	severity = excluded.severity, firing = excluded.firing, pending = excluded.pending, changed = excluded.changed`

	deleteEntries = `DELETE FROM @.entries WHERE component = $1 AND key = ANY($2::bytea[])`
	loadEntries   = `SELECT key, record FROM @.entries WHERE component = $1`
)

// Larger statements are split. All parts run in one transaction and one round trip.
const (
	maxRows  = 2000
	maxBytes = 8 << 20
)

// Load calls each for every record, even on a replica that does not lead. The record is only valid until each returns.
func (db *DB) Load(ctx context.Context, each func(r ledger.Loaded) error) error {
	s := db.newSession(10*time.Minute, time.Second)
	defer s.close(context.WithoutCancel(ctx))
	return s.do(ctx, "read the entries", false, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, db.sql(loadEntries), db.component())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key, record pgtype.DriverBytes // not copied
			if err := rows.Scan(&key, &record); err != nil {
				return err
			}
			err := each(ledger.Loaded{Key: string(key), Record: record, Where: "the table entries"})
			if errors.Is(err, ledger.ErrUnreadable) {
				continue // the row stays unchanged until its key is committed anew
			}
			if err != nil {
				return &fault{text: err.Error(), cause: err} // keep the caller's own words
			}
		}
		return rows.Err()
	})
}

// Load reads all records, as long as the leadership lasts.
func (l *Leader) Load(ctx context.Context, each func(r ledger.Loaded) error, _ func(string, []byte) []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.life, cancel)() //nolint:contextcheck // the end of the leadership stops the reading
	var size int64
	err := l.db.Load(ctx, func(r ledger.Loaded) error {
		size += int64(len(r.Record))
		return each(r)
	})
	if err == nil {
		l.size.Store(size)
	}
	return err
}

// Commit makes the changes durable if this replica still leads.
func (l *Leader) Commit(ctx context.Context, changes []ledger.Change, _ bool) error {
	return l.CommitInbox(ctx, changes, ledger.Consumed{})
}

// CommitInbox makes the changes durable, and removes the inbox rows that caused them, in one transaction. After a ledger.ErrUncertain
// both may have happened, and the leadership has ended. A canceled ctx does not stop the commit, because other callers wait for the
// same transaction.
func (l *Leader) CommitInbox(ctx context.Context, changes []ledger.Change, done ledger.Consumed) error {
	if err := l.ended(); err != nil {
		return err // do would connect, and nobody would close that connection
	}
	batch, bytes := l.transaction(changes, done)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.patience(bytes))
	defer cancel()
	err := l.commit.do(ctx, "commit", false, func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(l.life, cancel)() //nolint:contextcheck // the end of the leadership stops the commit
		if err := l.ended(); err != nil {
			return err // it ended while this commit waited for the connection
		}
		err := conn.SendBatch(ctx, batch).Close()
		if err != nil {
			err = l.failed(err)
		}
		return err
	})
	if err == nil {
		l.size.Add(int64(bytes))
	}
	return err
}

// failed ends the leadership if the error of a transaction requires it.
func (l *Leader) failed(err error) error {
	if code(err) == codeDivisionByZero {
		l.gone.Store(true)
		l.end(ErrDeposed)
		return &fault{text: ErrDeposed.Error(), cause: ErrDeposed}
	}
	err = l.db.fault("commit", err)
	if !rolledBack(err) {
		l.end(ledger.Uncertain(err))
		return &fault{text: err.Error(), cause: ledger.Uncertain(err)}
	}
	return err
}

// patience bounds a commit whose connection is silent while another connection renews the lease.
func (l *Leader) patience(bytes int) time.Duration {
	return l.db.cfg.Lease*2/3 + time.Duration(bytes>>20)*time.Second
}

// transaction returns a batch that is an implicit transaction: the server commits all of its statements or none.
func (l *Leader) transaction(changes []ledger.Change, done ledger.Consumed) (batch *pgx.Batch, bytes int) {
	component := l.db.component()
	batch = &pgx.Batch{}
	batch.Queue(l.db.sql(checkFence), component, l.number, l.db.id)
	var (
		deleted [][]byte
		rows    upserts
	)
	flush := func() {
		if len(rows.keys) > 0 {
			rows.queue(l.db, batch)
			bytes += rows.bytes
			rows = upserts{}
		}
	}
	for _, c := range changes {
		if c.Record == nil {
			deleted = append(deleted, []byte(c.Key))
			continue
		}
		rows.add(c, l.db.cfg.Describe(c))
		if len(rows.keys) == maxRows || rows.bytes >= maxBytes {
			flush()
		}
	}
	flush()
	if len(deleted) > 0 {
		batch.Queue(l.db.sql(deleteEntries), component, deleted)
	}
	l.db.consume(done, batch) // last: a follower that replaces one of these rows waits for the rest of the transaction
	return batch, bytes
}

// upserts holds rows by column.
type upserts struct {
	keys, records                          [][]byte
	aliases, states, incidents, severities []string
	firing                                 []int32
	pending                                []*time.Time
	bytes                                  int
}

func (u *upserts) add(c ledger.Change, d Description) {
	u.keys = append(u.keys, []byte(c.Key))
	u.records = append(u.records, c.Record)
	u.aliases = append(u.aliases, storable(c.Key))
	u.states = append(u.states, storable(d.State))
	u.incidents = append(u.incidents, storable(d.Incident))
	u.severities = append(u.severities, storable(d.Severity))
	u.firing = append(u.firing, int32(min(max(d.Firing, 0), 1<<30)))
	if d.Pending.IsZero() {
		u.pending = append(u.pending, nil)
	} else {
		u.pending = append(u.pending, &d.Pending)
	}
	u.bytes += len(c.Key) + len(c.Record)
}

func (u *upserts) queue(db *DB, batch *pgx.Batch) {
	batch.Queue(db.sql(upsertEntries), db.component(), u.keys, u.records, u.aliases, u.states, u.incidents, u.severities, u.firing, u.pending)
}

// testKey begins the key of a record that tests the table. No alias contains control characters.
const testKey = "\x01test "

// queueTest adds a record to the entries and removes it.
func (db *DB) queueTest(batch *pgx.Batch) {
	var rows upserts
	rows.add(ledger.Change{Key: testKey + db.id, Record: []byte{}}, Description{})
	rows.queue(db, batch)
	batch.Queue(db.sql(deleteEntries), db.component(), rows.keys)
}

// Settle has no answer: an uncertain commit ends the leadership, and the next Load reads what was committed.
func (l *Leader) Settle(context.Context) (there bool, err error) {
	if err := l.ended(); err != nil {
		return false, err
	}
	return false, errors.New("no commit is uncertain")
}

// Check returns why new records would be refused now.
func (l *Leader) Check(context.Context) error {
	if err := l.ended(); err != nil {
		return err
	}
	return l.db.Err()
}

// Size returns the approximate size of all records in bytes.
func (l *Leader) Size() int64 { return l.size.Load() }
