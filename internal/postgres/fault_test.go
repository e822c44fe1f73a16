// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

// proxied opens a replica behind a network that can fail.
func proxied(tb testing.TB, database string, with ...func(*Config)) (*DB, *pgtest.Proxy) {
	tb.Helper()
	proxy := pgtest.NewProxy(tb, server.Address())
	return open(tb, pgtest.TCP(proxy.Address(), database), with...), proxy
}

// endWaiting ends the sessions of replicas that wait for a lock.
const endWaiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

// If a session ends in the middle of a commit, the commit is uncertain. The next leader loads what was really committed.
func TestEndOfTheSessionAtCommitIsUncertain(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	committed, locked := commitBehindLock(t, database, l)
	server.Do(t, database, endWaiting)
	err := <-committed
	require.ErrorIs(t, err, ledger.ErrUncertain)
	require.ErrorIs(t, l.Err(), ledger.ErrUncertain)
	require.False(t, l.MayCall(time.Now()))
	_, err = l.Settle(t.Context())
	require.ErrorIs(t, err, ErrDeposed)
	err = l.Commit(t.Context(), []ledger.Change{change("a", "3")}, false)
	require.ErrorIs(t, err, ErrDeposed)
	require.NotErrorIs(t, err, ledger.ErrUncertain, "this one was not tried")
	require.NoError(t, l.Close(t.Context()))
	locked.release()

	next := await(t, campaign(t, db)) // before the lease expires: it was given up
	require.Equal(t, map[string]string{"a": "1"}, records(t, db))
	require.NoError(t, next.Commit(t.Context(), []ledger.Change{change("a", "4")}, false))
}

// The commit succeeds, but its answer is lost: it is uncertain, too.
func TestLostAnswerToACommitIsUncertain(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db, proxy := proxied(t, database, leases(12*time.Second))
	other := open(t, server.URL(database))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	proxy.Set(pgtest.Fault{HangToClient: true})
	err := l.Commit(t.Context(), []ledger.Change{change("a", "2")}, false)
	require.ErrorIs(t, err, ledger.ErrUncertain)
	expire(t, database)
	next := await(t, campaign(t, other))
	require.Equal(t, map[string]string{"a": "2"}, records(t, other))
	require.NoError(t, next.Commit(t.Context(), nil, false))
	proxy.Set(pgtest.Fault{Refuse: true})
	proxy.Cut()
}

// A leader that cannot reach the database stops before another takes over.
func TestHangingNetworkEndsTheLeadershipInTime(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]pgtest.Fault{
		"to the server": {HangToServer: true}, "to the client": {HangToClient: true}, "both": {HangToServer: true, HangToClient: true},
		"refused": {Refuse: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := server.Database(t)
			db, proxy := proxied(t, database, leases(6*time.Second))
			other := open(t, server.URL(database))
			l := lead(t, db)
			won := campaign(t, other)
			proxy.Set(fault)
			if fault.Refuse {
				proxy.Cut()
			}
			await(t, won)
			require.False(t, l.MayCall(time.Now()), "two lead")
			receives(t, l.Lost(), "it leads without a database")
			require.ErrorIs(t, l.Err(), ErrExpired)
			require.Error(t, db.Err())
			proxy.Set(pgtest.Fault{Refuse: true})
			proxy.Cut()
		})
	}
}

// If the network hangs, Close gives up in time. The connections still end.
func TestCloseLeavesNoConnection(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t, server.Database(t))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	proxy.Set(pgtest.Fault{HangToServer: true, HangToClient: true})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.Error(t, l.Close(ctx))
	proxy.Cut()
	proxy.Set(pgtest.Fault{})
	holds(t, func() bool {
		l.commit.turn <- struct{}{}
		defer func() { <-l.commit.turn }()
		return l.commit.conn == nil
	}, "the connection for commits stays open")
	require.ErrorIs(t, l.Commit(t.Context(), []ledger.Change{change("a", "2")}, false), ErrDeposed)
	require.Nil(t, l.commit.conn, "a commit that comes too late opened it again")
}

// What comes after the shutdown, such as the rest of a webhook whose receiver was cut off, opens no connection that nobody closes.
func TestNothingConnectsAfterTheEnd(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	put(t, db, "", "before")
	db.Close(t.Context())
	require.ErrorIs(t, db.Append(t.Context(), db.Arrival(), "", []byte("after")), errClosed)
	require.ErrorIs(t, db.Check(t.Context()), errClosed)
	_, err := db.Status(t.Context())
	require.ErrorIs(t, err, errClosed)
	require.ErrorIs(t, db.Load(t.Context(), nil), errClosed)
}

// If a follower's network hangs, the follower answers with an error, and continues when the network does.
func TestAppendOverAHangingNetwork(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db, proxy := proxied(t, database)
	put(t, db, "", "before")
	proxy.Set(pgtest.Fault{HangToClient: true})
	require.ErrorContains(t, db.Append(t.Context(), db.Arrival(), "", []byte("lost")), "did not answer in time")
	proxy.Cut()
	proxy.Set(pgtest.Fault{})
	put(t, db, "", "after")
}

// A restart of the server closes idle connections. The users of the connections see no error.
func TestClosedIdleConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	put(t, db, "", "1")
	server.Do(t, database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'otelcol-alert24%' AND datname = current_database()")
	for _, s := range []*session{l.commit, db.inbox.session} {
		s.used = s.used.Add(-time.Minute)
	}
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "2")}, false))
	require.NoError(t, db.Append(t.Context(), db.Arrival(), "", []byte("2")))
	require.NoError(t, l.Err())
	require.Equal(t, map[string]string{"a": "2"}, records(t, db))
}

// If the server ends a statement, nothing changes, and the leadership continues.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	l.commit.close(t.Context())
	l.commit.statement, l.commit.lock = 300*time.Millisecond, time.Minute
	locked := lockEntries(t, database)
	err := l.Commit(t.Context(), []ledger.Change{change("a", "2")}, false)
	require.ErrorContains(t, err, "statement timeout")
	require.NotErrorIs(t, err, ledger.ErrUncertain)
	locked.release()
	require.NoError(t, l.Err())
	l.commit.close(t.Context())
	l.commit.statement = time.Minute
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "3")}, false))
}

// Each session sets its own limits, whatever the server's defaults are.
func TestSessionsAreLimited(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	server.Do(t, database, "ALTER ROLE "+pgtest.Role+" IN DATABASE "+database+" SET synchronous_commit = off",
		"ALTER ROLE "+pgtest.Role+" IN DATABASE "+database+" SET default_transaction_isolation = serializable")
	db := open(t, pgtest.TCP(server.Address(), database), leases(10*time.Second))
	l := lead(t, db)
	for name, s := range map[string]*session{"renewal": l.renewal, "commit": l.commit, "inbox": db.inbox.session} {
		for setting, want := range map[string]string{
			"statement_timeout": s.statement.String(), "lock_timeout": s.lock.String(), "tcp_user_timeout": "5000",
			"idle_in_transaction_session_timeout": "5s", "synchronous_commit": "on", "transaction_isolation": "read committed",
		} {
			var got string
			err := s.do(t.Context(), "read", true, func(ctx context.Context, conn *pgx.Conn) error {
				return conn.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&got)
			})
			require.NoError(t, err)
			if d, err := time.ParseDuration(got); err == nil {
				got = d.String()
			}
			require.Equal(t, want, got, "%s of %s", setting, name)
		}
	}
}

// Not parallel, because it takes all connections of the server.
func TestNoConnectionIsFree(t *testing.T) {
	database := server.Database(t)
	db := unopened(t, server.URL(database))
	free := server.Exhaust(t)
	require.ErrorContains(t, db.Prepare(t.Context()), "SQLSTATE 53300")
	require.ErrorContains(t, db.Append(t.Context(), db.Arrival(), "", []byte("1")), "SQLSTATE 53300")
	won := campaign(t, db)
	holds(t, func() bool { return db.Err() != nil }, "the campaign does not tell")
	free()
	l := await(t, won)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	require.NoError(t, db.Err())
}

// No text for people contains the password or the URL.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	_, after, _ := strings.Cut(server.URL(database), "bridge:")
	escaped, _, _ := strings.Cut(after, "@")
	wrong := func(url string) string { return strings.Replace(url, escaped, "wr0ng%2Fpassword", 1) }
	for name, url := range map[string]string{
		"wrong password":  wrong(server.URL(database)),
		"over TCP":        wrong(pgtest.TCP(server.Address(), database)),
		"no such host":    "postgres://bridge:wr0ng%2Fpassword@no-such-host.invalid/x",
		"refused":         "postgres://bridge:wr0ng%2Fpassword@127.0.0.1:1/x",
		"no database":     strings.Replace(server.URL(database), "/"+database, "/absent", 1),
		"slash":           "postgres://bridge:wr0ng/password@host/x",
		"port":            "postgres://bridge:wr0ng/password@host:port/x",
		"percent":         "postgres://bridge:wr0ng%password@host/x",
		"space":           "postgres://bridge:wr0ng password@host:1:2/x",
		"keywords":        "host='x password='wr0ng/password'",
		"no certificate":  "postgres://bridge:wr0ng%2Fpassword@host/x?sslmode=verify-full&sslrootcert=/absent.pem",
		"bad sslmode":     "postgres://bridge:wr0ng%2Fpassword@host/x?sslmode=wr0ng%2Fpassword",
		"bad parameter":   "postgres://bridge:wr0ng%2Fpassword@host/x?connect_timeout=wr0ng%2Fpassword",
		"unknown setting": server.URL(database) + "&wr0ng=" + escaped,
	} {
		core, logs := observer.New(zap.DebugLevel)
		cfg := configure(t, url)
		cfg.Log = zap.New(core)
		db, err := New(cfg)
		if err == nil {
			err = db.Prepare(t.Context())
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, lost := db.Campaign(ctx)
			cancel()
			require.Error(t, lost, name)
			require.NotEmpty(t, logs.All(), name)
		}
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "\n", name)
		text := err.Error() + fmt.Sprintf("%+v", logs.All())
		for _, secret := range []string{"wr0ng%2Fpassword", "wr0ng/password", escaped, pgtest.Password, url} {
			require.NotContains(t, text, secret, name)
		}
		t.Logf("%s: %s", name, err)
	}
}

// The faults of a database may alternate with each try. The log tells of both, and not of each try.
func TestAlternatingFaultsAreLoggedSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, logged := observer.New(zap.InfoLevel)
		db := &DB{log: seldom.New(zap.New(core))}
		for range 100 {
			db.report(errors.New("no connection is free"))
			db.report(errors.New("the database did not answer in time"))
		}
		require.Equal(t, seldom.PerMinute, logged.Len())
		require.Len(t, logged.FilterField(zap.String("error", "the database did not answer in time")).All(), seldom.PerMinute/2)
		time.Sleep(time.Minute)
		db.report(nil)
		require.Equal(t, 1, logged.FilterMessage("The database can be used again").Len())
	})
}
