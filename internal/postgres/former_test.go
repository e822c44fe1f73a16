// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// The log tells how the former leadership ended.
func TestTheLineOfATakeoverSaysHowTheFormerLeadEnded(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	url := server.URL(database)
	core, logged := observer.New(zap.InfoLevel)
	watched := func(c *Config) { c.Log = zap.New(core) }
	one, other := open(t, url, watched), open(t, url, watched)
	former := func() any {
		lines := logged.FilterMessage("This replica leads").All()
		return lines[len(lines)-1].ContextMap()["former_leader"]
	}
	first := lead(t, one)
	assert.Equal(t, "none", former())
	require.NoError(t, first.Close(t.Context()))
	second := lead(t, other)
	assert.Equal(t, "stopped", former())
	die(second)
	server.Do(t, database, "UPDATE otelcol_alert24.lease SET expires = clock_timestamp() - interval '8 hours'")
	third := lead(t, one)
	assert.Regexp(t, `^its lease ended 8h0m\d+(\.\d)?s ago$`, former())

	// It holds the lease without knowing it, as if the answer to its takeover was lost.
	die(third)
	lead(t, one)
	assert.Equal(t, "this replica", former())
}

// A network that hangs while a new leader loads the entries, and keeps the connection, does not keep this replica from leading later.
func TestLoadEndsWithTheLeadership(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db, proxy := proxied(t, database, leases(8*time.Second))
	server.Do(t, database, "INSERT INTO otelcol_alert24.entries SELECT 'alert24/test', convert_to(n::text, 'UTF8'), "+
		"convert_to(repeat('x', 8 << 20), 'UTF8'), '', '', '', '', 0, NULL, now() FROM generate_series(1, 4) AS n")
	l := lead(t, db)
	loaded := make(chan error, 1)
	go func() {
		began := false
		load := func() error {
			return l.Load(context.WithoutCancel(t.Context()), func(ledger.Loaded) error {
				began = true
				proxy.Set(pgtest.Fault{HangToServer: true, HangToClient: true})
				return nil
			}, nil)
		}
		err := load()
		for !began && l.Err() == nil { // a busy machine
			err = load()
		}
		loaded <- err
	}()
	receives(t, l.Lost(), "it leads without a database")
	select {
	case err := <-loaded:
		require.Error(t, err)
	case <-time.After(time.Minute):
		assert.Fail(t, "it still loads")
	}
	proxy.Cut()
}

// After a failover, the clock of the new server may be an hour behind. The lease of a dead leader ends all the same.
func TestClockOfTheDatabaseIsSetBack(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	lease := 8 * time.Second
	one, other := open(t, server.URL(database), leases(lease)), open(t, server.URL(database))
	die(lead(t, one))
	server.Do(t, database, "UPDATE otelcol_alert24.lease SET renewed = renewed + interval '1 hour', expires = expires + interval '1 hour'")
	began := time.Now()
	await(t, campaign(t, other))
	assert.Greater(t, time.Since(began), lease, "the former leader may lead until then")
}

// A leader that was stopped in the middle of a commit is dislodged also then.
func TestStoppedLeaderIsDislodgedAlthoughTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	one, other := open(t, server.URL(database), leases(8*time.Second)), open(t, server.URL(database))
	die(lead(t, one))
	stopped := one.newSession(time.Minute, time.Minute)
	inTime(t, func() error {
		return stopped.do(t.Context(), "hold the fence", false, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT FROM otelcol_alert24.leader FOR SHARE")
			return err
		})
	})
	t.Cleanup(func() { stopped.close(context.WithoutCancel(t.Context())) })
	server.Do(t, database, "UPDATE otelcol_alert24.lease SET renewed = renewed + interval '1 hour', expires = expires + interval '1 hour'")
	await(t, campaign(t, other))
}

func TestLeaseWatch(t *testing.T) {
	t.Parallel()
	var w leaseWatch
	base := time.Now()
	at := func(renewed string, lasts float64, second int) string {
		return w.expired(&standing{renewed: renewed, lasts: lasts}, base.Add(time.Duration(second)*time.Second))
	}
	assert.Empty(t, at("a", 10, 0))
	assert.Empty(t, at("a", 10, 10))
	assert.Equal(t, "a", at("a", 10, 11))
	assert.Empty(t, at("b", 10, 12), "it was renewed")
	assert.Empty(t, at("b", 10, 22))
	assert.Equal(t, "b", at("b", 10, 23))
	assert.Empty(t, at("c", math.NaN(), 24), "there was none")
	assert.Empty(t, at("c", math.NaN(), 99))
}
