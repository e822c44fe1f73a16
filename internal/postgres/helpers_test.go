// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// configure sets a lease that outlasts a test, also on a busy machine. A test that waits for the end of a lease sets a short one.
func configure(tb testing.TB, url string, with ...func(*Config)) Config {
	tb.Helper()
	cfg := Config{
		URL: url, Schema: "otelcol_alert24", Component: "alert24/test", Lease: time.Minute, RequestTimeout: 10 * time.Second,
		Log: zaptest.NewLogger(tb),
	}
	for _, w := range with {
		w(&cfg)
	}
	return cfg
}

// Open checks the configuration, connects, and creates or upgrades the schema.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if err := db.Prepare(ctx); err != nil {
		db.Close(ctx)
		return nil, err
	}
	return db, nil
}

// Prepare connects, and creates or upgrades the schema. Other methods do so, too, if it is still needed.
func (db *DB) Prepare(ctx context.Context) error {
	return db.reader.do(ctx, "open the database", true, func(context.Context, *pgx.Conn) error { return nil })
}

// open opens a replica of the component. If its lease is short, another one creates the schema.
func open(tb testing.TB, url string, with ...func(*Config)) *DB {
	tb.Helper()
	db := unopened(tb, url, with...)
	if db.cfg.Lease < time.Minute {
		open(tb, url, append(with, leases(time.Minute))...).Close(tb.Context())
	}
	inTime(tb, func() error { return db.Prepare(tb.Context()) })
	return db
}

// ready connects for webhooks, so that the next one has all of its time.
func ready(tb testing.TB, db *DB) {
	tb.Helper()
	connected(tb, db.inbox.session)
}

func connected(tb testing.TB, s *session) {
	tb.Helper()
	inTime(tb, func() error {
		return s.do(tb.Context(), "connect", true, func(context.Context, *pgx.Conn) error { return nil })
	})
}

// inTime repeats what a busy machine does not do in time. f must be harmless to repeat.
func inTime(tb testing.TB, f func() error) {
	tb.Helper()
	var err error
	holds(tb, func() bool {
		err = f()
		return !tooSlow(err)
	}, "the machine is too slow")
	require.NoError(tb, err)
}

// unopened returns a replica that has not connected yet.
func unopened(tb testing.TB, url string, with ...func(*Config)) *DB {
	tb.Helper()
	db, err := New(configure(tb, url, with...))
	require.NoError(tb, err)
	tb.Cleanup(func() { db.Close(context.WithoutCancel(tb.Context())) })
	return db
}

func lead(tb testing.TB, db *DB) *Leader {
	tb.Helper()
	l, err := db.Campaign(tb.Context())
	require.NoError(tb, err)
	holds(tb, func() bool { return renewed(tb, db) || l.Err() != nil }, "the lease is not renewed at once")
	connected(tb, l.commit) // so that the first commit has all of its time
	tb.Cleanup(func() { _ = l.Close(context.WithoutCancel(tb.Context())) })
	return l
}

// renewed reports whether the lease has been renewed since the last takeover.
func renewed(tb testing.TB, db *DB) (yes bool) {
	tb.Helper()
	err := db.reader.do(tb.Context(), "look at the lease", true, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, db.sql("SELECT l.renewed > f.since FROM @.lease l JOIN @.leader f USING (component) WHERE component = $1"), db.component()).Scan(&yes)
	})
	return err == nil && yes
}

// leases sets the lease; a short one ends soon.
func leases(d time.Duration) func(*Config) { return func(c *Config) { c.Lease = d } }

func records(tb testing.TB, db *DB) map[string]string {
	tb.Helper()
	var found map[string]string
	inTime(tb, func() error {
		found = map[string]string{}
		return db.Load(tb.Context(), func(r ledger.Loaded) error {
			found[r.Key] = string(r.Record)
			return nil
		})
	})
	return found
}

func change(key, record string) ledger.Change { return ledger.Change{Key: key, Record: []byte(record)} }

// superuser returns a superuser's connection to a test's database.
func superuser(tb testing.TB, database string) *pgx.Conn {
	tb.Helper()
	conn, err := server.Connect(tb.Context(), database)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close(context.WithoutCancel(tb.Context())) })
	return conn
}

// asleep keeps a leader from renewing its lease, also one that has expired, until wake is called.
func asleep(l *Leader) (wake func()) {
	l.renewal.turn <- struct{}{}
	return func() { <-l.renewal.turn }
}

// expire ends the lease now. Its holder must be asleep, or have ended.
func expire(tb testing.TB, database string) {
	tb.Helper()
	server.Do(tb, database, "UPDATE otelcol_alert24.lease SET expires = clock_timestamp() - interval '1 second'")
}

// depose is expire for a holder that keeps renewing its lease.
func depose(tb testing.TB, database string) {
	tb.Helper()
	server.Do(tb, database, "UPDATE otelcol_alert24.lease SET number = number + 1, expires = clock_timestamp() - interval '1 second'")
}

func receives(tb testing.TB, c <-chan struct{}, what string) {
	tb.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		require.Fail(tb, what)
	}
}

func holds(tb testing.TB, condition func() bool, what string) {
	tb.Helper()
	require.Eventually(tb, condition, time.Minute, 10*time.Millisecond, what)
}

// rowsLocked is a transaction that has locked the rows of entries, until it is released or the test ends.
type rowsLocked struct {
	testing.TB

	conn *pgx.Conn
}

func lockEntries(tb testing.TB, database string) *rowsLocked {
	tb.Helper()
	l := &rowsLocked{tb, superuser(tb, database)}
	l.do("BEGIN; SELECT FROM otelcol_alert24.entries FOR UPDATE")
	return l
}

func (l *rowsLocked) do(statements string) {
	l.Helper()
	_, err := l.conn.PgConn().Exec(l.Context(), statements).ReadAll()
	require.NoError(l, err)
}

func (l *rowsLocked) release() {
	l.Helper()
	l.do("ROLLBACK")
}

// releaseBehind releases the rows once n sessions wait for a lock, at most after a minute. The server itself waits for that: a takeover
// waits for one second only, and this process may be slower.
func (l *rowsLocked) releaseBehind(n int) {
	l.Helper()
	l.do(fmt.Sprintf(`DO $$ BEGIN FOR _ IN 1..12000 LOOP
		PERFORM pg_stat_clear_snapshot();
		IF (SELECT count(*) = %d FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') THEN RETURN; END IF;
		PERFORM pg_sleep(0.005);
	END LOOP; RAISE 'too few sessions wait for a lock'; END $$; ROLLBACK`, n))
}

func waitForLock(tb testing.TB, database string) {
	tb.Helper()
	conn := superuser(tb, database)
	holds(tb, func() (waits bool) {
		err := conn.QueryRow(tb.Context(), "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'", database).Scan(&waits)
		return err == nil && waits
	}, "nothing waits for a lock")
}

// commitBehindLock locks the rows of entries, begins to commit "2" for the alias "a", and returns when the commit waits.
func commitBehindLock(tb testing.TB, database string, l *Leader) (committed <-chan error, locked *rowsLocked) {
	tb.Helper()
	locked = lockEntries(tb, database)
	result := make(chan error, 1)
	go func() {
		result <- l.Commit(context.WithoutCancel(tb.Context()), []ledger.Change{change("a", "2")}, false)
	}()
	waitForLock(tb, database)
	return result, locked
}
