// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// After a failover, the former primary may not answer at all, like a machine without power. The replicas reach the others behind it,
// whatever the lease is.
func TestSilentHosts(t *testing.T) {
	t.Parallel()
	for name, lease := range map[string]time.Duration{"usual lease": 10 * time.Second, "long lease": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent := func() string {
				p := pgtest.NewProxy(t, server.Address())
				p.Set(pgtest.Fault{HangToServer: true, HangToClient: true})
				return p.Address()
			}
			hosts := strings.Join([]string{silent(), silent(), server.Address()}, ",")
			db := unopened(t, pgtest.TCP(hosts, server.Database(t)), leases(lease))
			l := await(t, campaign(t, db))
			inTime(t, func() error { return db.Append(t.Context(), db.Arrival(), "list", []byte("webhook")) }) // a repeated list is one row
			inTime(t, func() error { _, err := db.Status(t.Context()); return err })
			var rows []ledger.Row
			inTime(t, func() (err error) { rows, _, err = l.Inbox(t.Context(), nil); return err })
			assert.Len(t, rows, 1)
		})
	}
}

// A name may stand for the primary and its standbys. The entries of a standby may be old, and so may its inbox: a leader must not take
// either for the truth. Here the server itself becomes like a standby for new connections.
func TestStandbyIsNotRead(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"", "&target_session_attrs=any", "&target_session_attrs=prefer-standby", "&target_session_attrs=standby"} {
		database := server.Database(t)
		db := open(t, pgtest.TCP(server.Address(), database)+which)
		l := lead(t, db)
		require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "old")}, false))
		put(t, db, "", "applied already")
		l.commit.close(t.Context())
		server.Do(t, "postgres", "ALTER DATABASE "+database+" SET default_transaction_read_only = on")
		require.ErrorIs(t, l.Load(t.Context(), func(ledger.Loaded) error { return nil }, nil), pgconn.ErrReadOnlyConnection, which)
		_, _, err := l.Inbox(t.Context(), nil)
		require.ErrorIs(t, err, pgconn.ErrReadOnlyConnection, which)
		server.Do(t, "postgres", "ALTER DATABASE "+database+" RESET default_transaction_read_only")
		require.Equal(t, map[string]string{"a": "old"}, records(t, db), which)
	}
}

// The first address of a name may be a standby's. Here the server itself is like a standby until the second address is dialed.
func TestNameOfStandbyAndPrimary(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	server.Do(t, "postgres", "ALTER DATABASE "+database+" SET default_transaction_read_only = on")
	cc, err := unopened(t, pgtest.TCP("several.test", database)).connConfig()
	require.NoError(t, err)
	cc.LookupFunc = func(context.Context, string) ([]string, error) {
		return []string{server.Address(), server.Address()}, nil
	}
	dial, dials := cc.DialFunc, 0
	cc.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		if dials == 2 {
			if err := server.Exec(ctx, "postgres", "ALTER DATABASE "+database+" RESET default_transaction_read_only"); err != nil {
				return nil, err
			}
		}
		return dial(ctx, network, address)
	}
	conn, err := pgx.ConnectConfig(t.Context(), cc)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	require.Equal(t, 2, dials, "it uses a standby")
}

func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	put(t, db, "", "1")
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	server.Do(t, "postgres", "ALTER DATABASE "+database+" SET default_transaction_read_only = on")
	l.commit.close(t.Context())
	db.inbox.session.close(t.Context())
	err := l.Commit(t.Context(), []ledger.Change{change("a", "2")}, false)
	require.ErrorContains(t, err, "cannot commit: the server is read-only or a standby")
	require.NotErrorIs(t, err, ledger.ErrUncertain)
	refused := func() bool {
		return errors.Is(db.Append(t.Context(), db.Arrival(), "", []byte("2")), pgconn.ErrReadOnlyConnection)
	}
	holds(t, refused, "a webhook is accepted") // a busy machine may need several tries
	server.Do(t, "postgres", "ALTER DATABASE "+database+" RESET default_transaction_read_only")
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "3")}, false), "a session with a server that was read-only is not kept")
	put(t, db, "", "3")
}
