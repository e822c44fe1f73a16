// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"
	"testing"
	"time"

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
// either for the truth.
func TestStandbyIsNotRead(t *testing.T) {
	t.Parallel()
	standby, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(standby.Stop)
	database := server.Database(t)
	standby.Do(t, "postgres", "CREATE DATABASE "+database+" OWNER "+pgtest.Role)
	connect(t, unopened(t, standby.URL(database)))
	standby.Do(t, database, "INSERT INTO otelcol_alert24.entries SELECT 'alert24/test', 'a', 'old', '', '', '', '', 0, NULL, now()",
		"INSERT INTO otelcol_alert24.inbox (component, payload) VALUES ('alert24/test', 'applied already')",
		"ALTER DATABASE "+database+" SET default_transaction_read_only = on")
	for _, url := range []string{"", "&target_session_attrs=any", "&target_session_attrs=prefer-standby"} {
		db, proxy := proxied(t, database)
		db.cfg.URL += url
		l := lead(t, db)
		require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "new")}, false))
		l.commit.close(t.Context())
		proxy.Lead(standby.Address())
		err := l.Load(t.Context(), func(r ledger.Loaded) error {
			assert.Fail(t, "it loads what a standby has", "%s%s", r.Record, url)
			return nil
		}, nil)
		assert.ErrorContains(t, err, "the server is read-only or a standby", url)
		_, _, err = l.Inbox(t.Context(), nil)
		assert.ErrorContains(t, err, "the server is read-only or a standby", url)
		proxy.Lead(server.Address())
		require.NoError(t, l.Load(t.Context(), func(ledger.Loaded) error { return nil }, nil))
		require.NoError(t, l.Close(t.Context()))
	}
}
