// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// readInbox lists all rows in one snapshot, because they may become visible in another order than their ids. If one webhook was
	// acknowledged before another was sent, their ids are in that order, whatever any clock shows. Rows past the first maxRead bytes come
	// without their payload.
	readInbox = `SELECT id, greatest(clock_timestamp() - arrived, interval '0'),
		CASE WHEN sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) < $2::bigint THEN payload END
	FROM @.inbox WHERE component = $1 AND set_aside IS NULL AND ($3::bigint[] IS NULL OR id = ANY($3)) ORDER BY id`
	// removeInbox does not wait for a follower that replaces a snapshot at this moment: that snapshot may be applied again.
	removeInbox = `WITH snapshots AS MATERIALIZED (
	SELECT id FROM @.inbox WHERE component = $1 AND id = ANY($2::bigint[]) AND source IS NOT NULL FOR UPDATE SKIP LOCKED
)
DELETE FROM @.inbox WHERE component = $1 AND id = ANY($2::bigint[]) AND (source IS NULL OR id IN (SELECT id FROM snapshots))`

	setAside = `UPDATE @.inbox AS i SET set_aside = u.reason FROM unnest($2::bigint[], $3::text[]) AS u (id, reason)
	WHERE i.component = $1 AND i.id = u.id`
	pruneAside = `DELETE FROM @.inbox WHERE component = $1 AND set_aside IS NOT NULL AND id <=
	(SELECT id FROM @.inbox WHERE component = $1 AND set_aside IS NOT NULL ORDER BY id DESC OFFSET $2 LIMIT 1)`
)

// maxAside bounds the unusable rows that are kept for people.
const maxAside = 1000

// maxRead bounds the payloads that one statement reads, unless a single one is larger. A statement has only half of the lease. Over a slow
// network, reads become smaller and have more time: otherwise nothing would ever empty the inbox.
const (
	maxRead    = 8 << 20
	maxReading = time.Minute
	maxSlow    = 10 // halvings and doublings
)

// consume adds the statements that remove rows from the inbox or set them aside.
func (db *DB) consume(c ledger.Consumed, batch *pgx.Batch) {
	if len(c.IDs) > 0 {
		batch.Queue(db.sql(removeInbox), db.component(), c.IDs)
	}
	if len(c.Aside) == 0 {
		return
	}
	ids, reasons := make([]int64, 0, len(c.Aside)), make([]string, 0, len(c.Aside))
	for id, reason := range c.Aside {
		ids, reasons = append(ids, id), append(reasons, storable(reason))
		db.log.Error("A row of the inbox cannot be used and was set aside; the alerts of its webhook are lost unless Alertmanager repeats them",
			zap.Int64("row", id), zap.String("reason", reason))
	}
	batch.Queue(db.sql(setAside), db.component(), ids, reasons)
	batch.Queue(db.sql(pruneAside), db.component(), maxAside)
}

// Inbox implements ledger.Inbox. A webhook that shares the transaction that removes the last rows must join it before Inbox is first called.
func (l *Leader) Inbox(ctx context.Context, ids []int64) (rows []ledger.Row, rest []int64, err error) {
	if err := l.ended(); err != nil {
		return nil, nil, err
	}
	slow := l.db.slowReads.Load()
	limit := max(l.commit.statement, min(l.commit.statement<<slow, maxReading))
	ctx, cancel := context.WithTimeout(ctx, limit*4/3)
	defer cancel()
	defer context.AfterFunc(l.life, cancel)() //nolint:contextcheck // the end of the leadership stops the reading
	asked := time.Now()
	err = l.commit.do(ctx, "read the inbox", true, func(ctx context.Context, conn *pgx.Conn) error {
		batch := &pgx.Batch{}
		if slow > 0 {
			batch.Queue("SELECT set_config('statement_timeout', $1::bigint::text, true)", limit.Milliseconds())
		}
		batch.Queue(l.db.sql(readInbox), l.db.component(), maxRead>>slow, ids).Query(func(found pgx.Rows) (err error) {
			rows, err = pgx.CollectRows(found, pgx.RowToStructByPos[ledger.Row])
			return err
		})
		return conn.SendBatch(ctx, batch).Close()
	})
	took := time.Since(asked)
	switch {
	case tooSlow(err):
		l.db.slowReads.Store(min(slow+1, maxSlow))
	case err == nil && took < l.commit.statement/4:
		l.db.slowReads.Store(max(slow-1, 0))
	}
	if err != nil {
		return nil, nil, err
	}
	whole := 0
	for whole < len(rows) && rows[whole].Payload != nil {
		rows[whole].Waited += took // on their way here
		whole++
	}
	for _, r := range rows[whole:] {
		rest = append(rest, r.ID)
	}
	return rows[:whole], rest, nil
}

// Wake delivers a value when the inbox should be read: after a NOTIFY, and each second.
func (l *Leader) Wake() <-chan struct{} { return l.wake }

func (l *Leader) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// tick wakes the leader each second, because a NOTIFY may get lost with its connection.
func (l *Leader) tick(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		l.rouse()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// hear wakes the leader when a follower has put something into the inbox.
func (l *Leader) hear(ctx context.Context) {
	const quiet = 30 * time.Second // after which the connection is tested
	defer l.listen.close(context.WithoutCancel(ctx))
	for ctx.Err() == nil {
		err := l.listen.do(ctx, "listen", false, func(ctx context.Context, conn *pgx.Conn) error {
			wait, cancel := context.WithTimeout(ctx, quiet)
			defer cancel()
			_, err := conn.WaitForNotification(wait)
			if err == nil {
				l.rouse()
			} else if ctx.Err() == nil && !conn.IsClosed() {
				ping, cancel := context.WithTimeout(ctx, l.db.cfg.Lease/4)
				defer cancel()
				err = conn.Ping(ping)
			}
			return err
		})
		if err != nil {
			sleep.For(ctx, time.Second)
		}
	}
}
