// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// takeLease takes a lease that has expired, or that this process already holds without knowing it, or whose last renewal is $5. It waits
// for a commit of the former holder that has passed checkFence. In any case, it returns the state before.
const takeLease = `WITH taken AS (
	UPDATE @.lease SET number = number + 1, holder = $2, renewed = clock_timestamp(),
		expires = clock_timestamp() + $3::bigint * interval '1 millisecond', request_ms = greatest(request_ms, $4)
	WHERE component = $1 AND (expires < clock_timestamp() OR holder = $2 OR renewed::text = $5)
	RETURNING number
), fence AS (
	INSERT INTO @.leader (component, number, holder, since) SELECT $1, number, $2, clock_timestamp() FROM taken
	ON CONFLICT (component) DO UPDATE SET number = excluded.number, holder = excluded.holder, since = excluded.since
	RETURNING number
)
SELECT coalesce((SELECT number FROM fence), 0), live, request_ms,
	extract(epoch FROM expires)::float8 - extract(epoch FROM clock_timestamp())::float8, clock_timestamp(), holder,
	renewed::text, extract(epoch FROM expires)::float8 - extract(epoch FROM renewed)::float8
FROM @.lease WHERE component = $1`

// standing is the state of the lease that look found.
type standing struct {
	number    int64 // not 0: the lease was taken
	live      int64
	requestMS int64
	left      float64 // seconds until the lease expires
	time      time.Time
	holder    string // before the takeover; "": there was none
	// renewed names the last renewal before the takeover. It counts for lasts, in seconds.
	renewed string
	lasts   float64
}

// leaseWatch notices by this process's clock that nobody renews the lease. The database's clock may be set back, or may be another
// machine's after a failover. The lease of a dead leader could then last for hours.
type leaseWatch struct {
	renewed string
	since   time.Time
}

// expired returns the last renewal if this process has seen it for longer than it counts, else "".
func (w *leaseWatch) expired(s *standing, now time.Time) string {
	if s.renewed != w.renewed {
		*w = leaseWatch{s.renewed, now}
	}
	if now.Sub(w.since).Seconds() > s.lasts {
		return w.renewed
	}
	return ""
}

// former describes to people how the former leadership ended, for the process id.
func (s *standing) former(id string) string {
	switch {
	case s.holder == "":
		return "none"
	case math.IsInf(s.left, -1):
		return "stopped"
	case s.left < 0:
		return fmt.Sprintf("its lease ended %s ago", seconds(-s.left).Round(100*time.Millisecond))
	case s.holder != id:
		return "silent, while the database's clock was set back"
	default:
		return "this replica" // it took the lease, but the answer was lost
	}
}

// Campaign waits until this replica leads. It fails if ctx ends, or if this replica already leads. While the database is unavailable,
// Err returns the reason. The caller must close the Leader.
func (db *DB) Campaign(ctx context.Context) (*Leader, error) {
	if !db.leading.CompareAndSwap(false, true) {
		return nil, errors.New("this replica leads already")
	}
	s := db.newSession(db.cfg.Lease/4, min(time.Second, db.cfg.Lease/10))
	s.setUp = "LISTEN " + db.channel + "_lease"
	var (
		watch   leaseWatch
		expired string // a renewal that no longer counts
	)
	for ctx.Err() == nil {
		var now standing
		// Connect first, and upgrade the schema if needed: look has less time than an upgrade may take.
		err := s.do(ctx, "take the lease", true, func(context.Context, *pgx.Conn) error { return nil })
		sent := db.now()
		if err == nil {
			now, err = db.look(ctx, s, expired)
		}
		db.report(err)
		if err == nil && now.number != 0 {
			return newLeader(ctx, db, s, sent, now), nil
		}
		if err == nil {
			expired = watch.expired(&now, db.now())
		}
		db.pause(ctx, s, now.left, err)
	}
	db.leading.Store(false)
	s.close(context.WithoutCancel(ctx))
	return nil, ctx.Err()
}

// look tries to take the lease. expired is a renewal that no longer counts, or "".
func (db *DB) look(ctx context.Context, s *session, expired string) (now standing, err error) {
	ctx, cancel := context.WithTimeout(ctx, db.cfg.Lease/2)
	defer cancel()
	err = s.do(ctx, "take the lease", false, func(ctx context.Context, conn *pgx.Conn) error {
		err := conn.QueryRow(ctx, db.sql(takeLease), db.component(), db.id, db.cfg.Lease.Milliseconds(), db.cfg.RequestTimeout.Milliseconds(), expired).
			Scan(&now.number, &now.live, &now.requestMS, &now.left, &now.time, &now.holder, &now.renewed, &now.lasts)
		switch {
		case err == nil:
			db.clock.learn(now.time, db.now())
			db.live.Store(now.live)
		case code(err) == codeLockTimeout:
			return errors.Join(err, db.dislodge(ctx, conn, expired))
		case errors.Is(err, pgx.ErrNoRows):
			db.prepared.Store(false) // the row was deleted
			return db.prepareSchema(ctx, ctx, conn)
		}
		return err
	})
	return now, err
}

// dislodge ends the sessions of a former holder whose lease has ended but whose lock blocks the takeover. The holder may have been stopped in the
// middle of a commit, and would keep the lock until it resumes. A role may end its own sessions.
func (db *DB) dislodge(ctx context.Context, conn *pgx.Conn, expired string) error {
	_, err := conn.Exec(ctx, db.sql(`SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a, @.lease l
		WHERE l.component = $1 AND (l.expires < clock_timestamp() OR l.renewed::text = $4) AND l.holder <> $2
			AND a.application_name = $3 || l.holder AND a.usename = current_user`),
		db.component(), db.id, applicationName(""), expired)
	return err
}

// pause waits until the lease expires or is given up, at most a second.
func (db *DB) pause(ctx context.Context, s *session, left float64, err error) {
	wait := min(time.Second, db.cfg.Lease/4)
	if err != nil || left <= 0 {
		sleep.For(ctx, wait/4)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(wait, time.Duration(left*float64(time.Second))+time.Millisecond))
	defer cancel()
	err = s.do(ctx, "wait for the lease", false, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.WaitForNotification(ctx)
		if ctx.Err() != nil && !conn.IsClosed() {
			return nil
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		sleep.For(ctx, wait)
	}
}

// report keeps the error of the last attempt on the lease, and logs when it changes.
func (db *DB) report(err error) {
	var stored *error
	if err != nil {
		stored = &err
	}
	before := db.problem.Swap(stored)
	switch {
	case err != nil && (before == nil || (*before).Error() != err.Error()) && !errors.Is(err, context.Canceled):
		db.log.Warn("The database cannot be used", errorField(err))
	case err == nil && before != nil:
		db.log.Info("The database can be used again")
	}
}

// Err returns the error of the last attempt on the lease, or nil.
func (db *DB) Err() error {
	if p := db.problem.Load(); p != nil {
		return *p
	}
	return nil
}

// Live returns the number of live aliases that the leader published last, as far as this replica knows.
func (db *DB) Live() int { return int(db.live.Load()) }
