// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

// survives breaks the database while an incident is open, and mends it. While the database is broken, no replica accepts the resolve,
// and each gives the reason in one line. All replicas recover without a restart.
func (f *fleet) survives(why string, breaks, mend func()) {
	f.t.Helper()
	leader, followers := f.three(nil)
	f.sends(leader, f.alert("firing"))
	f.opens(1)
	breaks()
	for _, e := range f.all {
		var err error
		require.Eventually(f.t, func() bool {
			err = f.send(e, "resolved")
			return err != nil && strings.Contains(err.Error(), why)
		}, patience, tick, "a replica takes what it cannot keep, or does not say why")
		f.refusal(err)
		require.ErrorIs(f.t, e.ready(f.t.Context()), errDatabase)
		assert.True(f.t, e.telemetry.storageFailed.Load())
	}
	alias := alertAttributes("firing")[attrs.Alias]
	assert.Len(f.t, f.box.Open(alias), 1)
	mend()
	for _, e := range f.all {
		require.Eventually(f.t, func() bool { return !e.telemetry.storageFailed.Load() }, patience, tick, "a replica without webhooks does not see that the database works again")
		require.Eventually(f.t, func() bool { return e.ready(f.t.Context()) == nil }, patience, tick)
	}
	require.Eventually(f.t, func() bool { return f.send(followers[0], "resolved") == nil }, patience, tick)
	f.opens(0)
	f.leader(f.all...)
	assert.Equal(f.t, 1, f.created())
}

// refusal checks an error: it is not permanent, so that the receiver answers 503, and it is one line without the password.
func (f *fleet) refusal(err error) {
	f.t.Helper()
	require.Error(f.t, err)
	assert.False(f.t, consumererror.IsPermanent(err))
	assert.NotContains(f.t, err.Error(), "\n")
	assert.NotContains(f.t, err.Error(), pgtest.Password)
}

// endSessions makes the replicas reconnect.
func (f *fleet) endSessions() {
	f.t.Helper()
	f.server.Do(f.t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+f.database+"'")
}

// complains waits for the log line that tells why the database cannot be used, and checks that there are few such lines.
func (f *fleet) complains(why string) {
	f.t.Helper()
	const line = "The database cannot be used"
	require.Eventually(f.t, func() bool {
		for _, entry := range f.logs.FilterMessage(line).All() {
			if text, ok := entry.ContextMap()["error"].(string); ok && strings.Contains(text, why) {
				return true
			}
		}
		return false
	}, patience, tick, "no line says %s", why)
	minutes := 1 + int(time.Since(f.start)/time.Minute)
	assert.LessOrEqual(f.t, f.logs.FilterMessage(line).Len(), len(f.all)*seldom.PerMinute*minutes)
}

func noConnection(f *fleet) {
	var free func()
	f.survives("SQLSTATE 53300", func() {
		f.server.Do(f.t, "postgres", "ALTER DATABASE "+f.database+" CONNECTION LIMIT 0")
		f.endSessions()
		free = f.server.Exhaust(f.t, "ALTER DATABASE "+f.database+" CONNECTION LIMIT -1")
		f.complains("SQLSTATE 53300")
	}, func() { free() })
}

func readOnly(f *fleet) {
	f.survives("the server is read-only or a standby", func() {
		f.server.Do(f.t, "postgres", "ALTER DATABASE "+f.database+" SET default_transaction_read_only = on")
		f.endSessions()
		f.complains("the server is read-only or a standby")
	}, func() {
		f.server.Do(f.t, "postgres", "ALTER DATABASE "+f.database+" RESET default_transaction_read_only")
	})
}

// insteadOf runs code before each new row, to simulate faults of a disk.
func (f *fleet) insteadOf(code string) {
	f.t.Helper()
	f.server.Do(f.t, f.database, "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "+code+"; RETURN NEW; END$$",
		"CREATE TRIGGER broken BEFORE INSERT ON otelcol_alert24.entries FOR EACH ROW EXECUTE FUNCTION broken()",
		"CREATE TRIGGER broken BEFORE INSERT ON otelcol_alert24.inbox FOR EACH ROW EXECUTE FUNCTION broken()")
}

func (f *fleet) mend() { f.server.Do(f.t, f.database, "DROP FUNCTION broken CASCADE") }

func fullDisk(f *fleet) {
	f.survives("No space left on device (SQLSTATE 53100)", func() {
		f.insteadOf("RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'")
	}, f.mend)
}

func slowStatements(f *fleet) {
	f.survives("canceling statement due to statement timeout (SQLSTATE 57014)", func() { f.insteadOf("PERFORM pg_sleep(60)") }, f.mend)
}

// Behind PgBouncer with one session per connection, replicas work as without it.
func poolerOfSessions(f *fleet) {
	url := pgtest.TCP(f.server.Pooler(f.t, "session"), f.database)
	leader, follower := f.join(url, nil), f.join(url, nil)
	if f.leader(leader, follower) == follower {
		leader, follower = follower, leader
	}
	f.sends(follower, f.alert("firing"))
	f.opens(1)
	require.NoError(f.t, leader.shutdown(f.t.Context()))
	f.leader(follower)
	f.sends(follower, f.alert("resolved"))
	f.opens(0)
	assert.Equal(f.t, 1, f.created())
}

// A pooler that shares sessions is refused, and the log tells how to configure it.
func poolerOfTransactions(f *fleet) {
	e := f.join(pgtest.TCP(f.server.Pooler(f.t, "transaction"), f.database), nil)
	require.ErrorIs(f.t, e.ready(f.t.Context()), errDatabase)
	const advice = "set pool_mode = session"
	require.Eventually(f.t, func() bool {
		err := f.send(e, "firing")
		return err != nil && strings.Contains(err.Error(), advice)
	}, patience, tick, advice)
	f.complains(advice)
}

// A leader writes to other tables than a follower. While it cannot write to these, it is not ready, and does not report its recovery.
func leaderCannotWrite(f *fleet) {
	leader := f.leader(f.join("", stays))
	follower := f.join("", stays)
	f.server.Do(f.t, f.database, "REVOKE INSERT ON otelcol_alert24.entries FROM "+pgtest.Role)
	require.Eventually(f.t, func() bool {
		err := f.send(leader, "firing")
		return err != nil && strings.Contains(err.Error(), "permission denied for table entries (SQLSTATE 42501)")
	}, patience, tick)
	for range 3 {
		require.ErrorIs(f.t, leader.ready(f.t.Context()), errDatabase)
		assert.True(f.t, leader.telemetry.storageFailed.Load())
	}
	require.Eventually(f.t, func() bool { return follower.ready(f.t.Context()) == nil }, patience, tick)
	f.sends(follower, f.alert("firing"))
	f.server.Do(f.t, f.database, "GRANT INSERT ON otelcol_alert24.entries TO "+pgtest.Role)
	require.Eventually(f.t, func() bool { return leader.ready(f.t.Context()) == nil }, patience, tick)
	f.opens(1)
}

// The password may be corrected later, in the database or in a file. No replica needs a restart.
func wrongPassword(f *fleet) {
	const secret = "s3cret-of-the-database"
	url := "postgres://" + pgtest.Role + ":" + secret + "@" + f.server.Address() + "/" + f.database + "?sslmode=disable"
	e := f.join(url, nil)
	f.refusal(f.send(e, "firing"))
	require.ErrorIs(f.t, e.ready(f.t.Context()), errDatabase)
	f.complains("password authentication failed")
	require.Eventually(f.t, func() bool { // a busy machine may need several tries
		err := f.send(e, "firing")
		return err != nil && strings.Contains(err.Error(), "password authentication failed")
	}, patience, tick)
	for _, entry := range f.logs.All() {
		assert.NotContains(f.t, entry.Message, secret)
		for _, field := range entry.ContextMap() {
			assert.NotContains(f.t, field, secret)
		}
	}
	password := func(to string) {
		assert.NoError(f.t, f.server.Exec(context.WithoutCancel(f.t.Context()), "postgres", "ALTER ROLE "+pgtest.Role+" PASSWORD '"+to+"'"))
	}
	f.t.Cleanup(func() { password(pgtest.Password) })
	password(secret)
	f.leader(e)
	require.Eventually(f.t, func() bool { return e.ready(f.t.Context()) == nil }, patience, tick)
	f.sends(e, f.alert("firing"))
	f.opens(1)
}

// A shutdown that runs out of time leaves no connection behind either: after a reload of the configuration the process lives on.
func leaderHasNoTimeToStop(f *fleet) {
	leader := f.join("", stays)
	f.leader(leader)
	require.Eventually(f.t, func() bool { return leader.ready(f.t.Context()) == nil }, patience, tick) // so that the connections exist
	conn, err := f.server.Connect(f.t.Context(), f.database)
	require.NoError(f.t, err)
	defer func() { require.NoError(f.t, conn.Close(f.t.Context())) }()
	_, err = conn.Exec(f.t.Context(), "BEGIN; LOCK TABLE otelcol_alert24.lease IN EXCLUSIVE MODE") // so that the lease cannot be given up yet
	require.NoError(f.t, err)
	over, cancel := context.WithCancel(f.t.Context())
	cancel()
	require.ErrorIs(f.t, leader.shutdown(over), context.Canceled)
	_, err = conn.Exec(f.t.Context(), "ROLLBACK")
	require.NoError(f.t, err)
	require.Eventually(f.t, func() (gone bool) {
		err := conn.QueryRow(f.t.Context(), "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()").Scan(&gone)
		return err == nil && gone
	}, patience, tick)
}

// A sender that has gone may have sent newer data to another replica. This is not a fault of the database.
func senderGone(f *fleet) {
	leader, followers := f.three(stays)
	gone, cancel := context.WithCancel(f.t.Context())
	cancel()
	require.ErrorIs(f.t, f.sendIn(gone, leader, "firing"), context.Canceled)
	require.ErrorContains(f.t, f.sendIn(gone, followers[0], "firing"), "canceled")
	for _, e := range f.all {
		assert.Zero(f.t, e.telemetry.writesFailed.Load())
		assert.False(f.t, e.telemetry.storageFailed.Load())
	}
	f.sends(followers[0], f.alert("resolved"))
	assert.Zero(f.t, f.created())
}
