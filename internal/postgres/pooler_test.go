// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// TestPoolerOfSessions: everything works behind PgBouncer with pool_mode = session and its other defaults.
func TestPoolerOfSessions(t *testing.T) {
	t.Parallel()
	pooler := server.Pooler(t, "session")
	for name, test := range map[string]func(t *testing.T, database, url string){
		"replicas":       replicasTakeTurns,
		"a long commit":  takeoverWaitsForACommit,
		"a stuck leader": stoppedLeaderIsDislodged,
		"notifications":  webhooksAreHeard,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := server.Database(t)
			test(t, database, pgtest.TCP(pooler, database))
		})
	}
}

func replicasTakeTurns(t *testing.T, database, url string) {
	t.Helper()
	one, other := open(t, url), open(t, url)
	for i := range 3 { // statements are prepared and reused
		first := lead(t, one)
		require.NoError(t, first.Commit(t.Context(), []ledger.Change{change("a", "1"), change("b", "1")}, false))
		put(t, other, "", "webhook")
		rows, _, err := first.Inbox(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, rows, 1)
		require.NoError(t, first.CommitInbox(t.Context(), []ledger.Change{change("b", "")}, ledger.Consumed{IDs: []int64{rows[0].ID}}), "%d", i)
		depose(t, database)
		second := lead(t, other)
		require.ErrorIs(t, first.Commit(t.Context(), []ledger.Change{change("a", "3")}, false), ErrDeposed)
		require.NoError(t, first.Close(t.Context()))
		require.Equal(t, map[string]string{"a": "1", "b": ""}, records(t, one))
		require.NoError(t, second.Close(t.Context()))
	}
}

func webhooksAreHeard(t *testing.T, _, url string) {
	t.Helper()
	one, other := open(t, url), open(t, url)
	s := one.newSession(time.Minute, time.Minute)
	s.setUp = "LISTEN " + one.channel + "_inbox"
	defer s.close(context.WithoutCancel(t.Context()))
	require.NoError(t, s.do(t.Context(), "listen", false, func(ctx context.Context, conn *pgx.Conn) error {
		put(t, other, "", "webhook") //nolint:contextcheck // the context is that of the test
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		_, err := conn.WaitForNotification(ctx)
		return err
	}))
}

// TestPoolerOfTransactions: it is refused with a clear error, before any setting that others would inherit.
func TestPoolerOfTransactions(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"transaction", "statement"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			url := pgtest.TCP(server.Pooler(t, mode), server.Database(t))
			db := unopened(t, url)
			for range 3 {
				require.ErrorContains(t, db.Prepare(t.Context()), "cannot open the database: a pooler gives each transaction another session: set pool_mode = session")
				holds(t, func() bool {
					return errors.Is(db.Append(t.Context(), db.Arrival(), "", []byte("webhook")), errPooler)
				}, "a webhook is not refused")
			}
			campaign(t, db)
			holds(t, func() bool { return errors.Is(db.Err(), errPooler) }, "the campaign does not tell")
			conn, err := pgx.Connect(t.Context(), url+"&default_query_exec_mode=simple_protocol")
			require.NoError(t, err)
			defer conn.Close(t.Context())
			var limit string
			require.NoError(t, conn.QueryRow(t.Context(), "SHOW statement_timeout").Scan(&limit))
			require.Equal(t, "0", limit)
		})
	}
}

// TestPoolerIsSeenByAllAtOnce: at the start all sessions connect at once, and could disturb each other's checks.
func TestPoolerIsSeenByAllAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.TCP(server.Pooler(t, "transaction"), server.Database(t))
	for range 10 {
		db := unopened(t, url) // the time for a connection
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				s := db.newSession(time.Minute, time.Minute)
				defer s.close(context.WithoutCancel(t.Context()))
				connect := func() error {
					return s.do(t.Context(), "connect", false, func(context.Context, *pgx.Conn) error { return nil })
				}
				err := connect()
				for tooSlow(err) { // a busy machine
					err = connect()
				}
				assert.ErrorIs(t, err, errPooler)
			})
		}
		all.Wait()
		db.Close(t.Context())
	}
}
