// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// campaign campaigns in the background.
func campaign(tb testing.TB, db *DB) <-chan *Leader {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	won, done := make(chan *Leader, 1), make(chan struct{})
	go func() {
		defer close(done)
		if l, err := db.Campaign(ctx); err == nil {
			won <- l
		}
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
		select {
		case l := <-won:
			_ = l.Close(context.WithoutCancel(tb.Context()))
		default:
		}
	})
	return won
}

// await waits for a leader, for less time than a lease of a minute.
func await(tb testing.TB, won <-chan *Leader) *Leader {
	tb.Helper()
	select {
	case l := <-won:
		connected(tb, l.commit)
		tb.Cleanup(func() { _ = l.Close(context.WithoutCancel(tb.Context())) })
		return l
	case <-time.After(30 * time.Second):
		require.Fail(tb, "nobody leads")
		return nil
	}
}

// die ends a leadership as if the process was killed: without giving the lease up.
func die(l *Leader) {
	l.gone.Store(true)
	l.end(assert.AnError)
	l.work.Wait()
}

func TestOneReplicaLeads(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	one, other := open(t, url), open(t, url)
	first := lead(t, one)
	_, err := one.Campaign(t.Context())
	require.ErrorContains(t, err, "leads already")
	won := campaign(t, other)
	first.Publish(42)
	select {
	case <-won:
		require.Fail(t, "two lead")
	case <-time.After(500 * time.Millisecond):
	}
	require.NoError(t, first.Close(t.Context()))
	second := await(t, won) // before the lease expires
	require.Equal(t, first.number+1, second.number)
	require.ErrorIs(t, first.Err(), ErrResigned)
	require.False(t, first.MayCall(time.Now()))
	require.ErrorIs(t, first.Commit(t.Context(), []ledger.Change{change("a", "1")}, false), ErrDeposed)
	require.NoError(t, second.Close(t.Context()))
	third := lead(t, one)
	require.Equal(t, second.number+1, third.number)
}

func TestTakeoverOfADeadLeader(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	one := open(t, url, leases(8*time.Second), func(c *Config) { c.RequestTimeout = 7 * time.Second })
	other := open(t, url, func(c *Config) { c.RequestTimeout = time.Second })
	first := lead(t, one)
	won := campaign(t, other)
	require.NoError(t, first.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	die(first)
	second := await(t, won)
	require.Greater(t, time.Since(first.renewed), first.tenure(), "not before the lease expires")
	require.Equal(t, 7*time.Second, second.Unsettled(), "the time to settle is the former leader's")
	require.Equal(t, map[string]string{"a": "1"}, records(t, other))
}

func TestDeposedLeaderCannotWrite(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	url := server.URL(database)
	one, other := open(t, url), open(t, url)
	first := lead(t, one)
	require.NoError(t, first.Commit(t.Context(), []ledger.Change{change("a", "first"), change("b", "first")}, false))
	put(t, other, "", "webhook")
	rows, _, err := first.Inbox(t.Context(), nil)
	require.NoError(t, err)

	// It sleeps through its lease, and another replica takes over.
	wake := asleep(first)
	expire(t, database)
	second := lead(t, other)
	require.NoError(t, second.Commit(t.Context(), []ledger.Change{change("a", "second")}, false))
	require.NoError(t, first.Err(), "it does not know yet")
	wake()

	err = first.CommitInbox(t.Context(), []ledger.Change{change("a", "stale"), change("c", "stale"), {Key: "b"}}, ledger.Consumed{IDs: []int64{rows[0].ID}})
	require.ErrorIs(t, err, ErrDeposed)
	require.NotErrorIs(t, err, ledger.ErrUncertain)
	require.Equal(t, map[string]string{"a": "second", "b": "first"}, records(t, other))
	require.ErrorIs(t, first.Err(), ErrDeposed)
	require.False(t, first.MayCall(time.Now()))
	require.ErrorIs(t, first.Check(t.Context()), ErrDeposed)
	_, _, err = first.Inbox(t.Context(), nil)
	require.ErrorIs(t, err, ErrDeposed)
	left, _, err := second.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, left, 1, "a deposed leader removes nothing")
	require.Equal(t, rows[0].ID, left[0].ID)
	require.Greater(t, left[0].Waited, rows[0].Waited)
	require.NoError(t, first.Close(t.Context()))
	require.NoError(t, second.Commit(t.Context(), nil, false), "a deposed leader gives up nothing that is another's")
}

// A failover may lose a takeover, and the next one then has its number again.
func TestNumberOfALostTakeoverIsUsedAgain(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	l := lead(t, open(t, server.URL(database)))
	server.Do(t, database, "UPDATE otelcol_alert24.lease SET holder = 'another'", "UPDATE otelcol_alert24.leader SET holder = 'another'")
	inTime(t, func() error {
		held, err := l.renewOnce(t.Context())
		assert.False(t, held)
		return err
	})
	require.ErrorIs(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false), ErrDeposed)
}

// A renewal notices the takeover as well.
func TestDeposedLeaderStops(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	url := server.URL(database)
	first := lead(t, open(t, url, leases(15*time.Second)))
	server.Do(t, database, "UPDATE otelcol_alert24.lease SET number = number + 1, holder = 'another', expires = clock_timestamp() + interval '1 minute'")
	receives(t, first.Lost(), "the renewal did not notice")
	require.ErrorIs(t, first.Err(), ErrDeposed)
}

func TestMayCall(t *testing.T) {
	t.Parallel()
	base := time.Now()
	at := base.Add
	for _, c := range []struct {
		name                string
		renewed, since, now time.Duration
		cause               error
		want                bool
	}{
		{"fresh", 0, 0, 0, nil, true},
		{"a third of the lease after the write-ahead", 0, 0, 10 * time.Second, nil, true},
		{"later than that", 5 * time.Second, 0, 10*time.Second + 1, nil, false},
		{"at the end of the lease", 0, 20 * time.Second, 27 * time.Second, nil, true},
		{"after it", 0, 20 * time.Second, 27*time.Second + 1, nil, false},
		{"after the leadership", 0, 0, 0, ErrDeposed, false},
	} {
		db := &DB{cfg: Config{Lease: 30 * time.Second}, now: func() time.Time { return at(c.now) }}
		life, cease := context.WithCancelCause(t.Context())
		if c.cause != nil {
			cease(c.cause)
		}
		l := &Leader{db: db, renewed: at(c.renewed), life: life}
		assert.Equal(t, c.want, l.MayCall(at(c.since)), c.name)
		cease(nil)
	}
}

// A takeover waits for the lock of a slow commit. A renewal must not wait for it.
func TestSlowCommitDoesNotStarveRenewals(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	url := server.URL(database)
	db := open(t, url)
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	committed, locked := commitBehindLock(t, database, l)
	held, err := l.renewOnce(t.Context())
	require.NoError(t, err, "a renewal waits for a commit")
	require.True(t, held)
	locked.release()
	require.NoError(t, <-committed)
	require.NoError(t, l.Err())
}

// A commit that passed the fence counts: the takeover waits for it, and then loads its changes.
func TestTakeoverWaitsForACommit(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	takeoverWaitsForACommit(t, database, server.URL(database))
}

func takeoverWaitsForACommit(t *testing.T, database, url string) {
	t.Helper()
	one, other := open(t, url), open(t, url)
	first := lead(t, one)
	require.NoError(t, first.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	committed, locked := commitBehindLock(t, database, first)
	defer asleep(first)()
	expire(t, database)
	won := campaign(t, other)
	locked.releaseBehind(2) // the commit and the takeover
	second := await(t, won)
	require.NoError(t, <-committed)
	require.Equal(t, map[string]string{"a": "2"}, records(t, other))
	require.ErrorIs(t, first.Commit(t.Context(), []ledger.Change{change("a", "3")}, false), ErrDeposed)
	require.NoError(t, second.Err())
}

// A leader that was stopped in the middle of a commit keeps its locks until it resumes, unless its successor ends its sessions.
func TestStoppedLeaderIsDislodged(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	stoppedLeaderIsDislodged(t, database, server.URL(database))
}

func stoppedLeaderIsDislodged(t *testing.T, database, url string) {
	t.Helper()
	one, other := open(t, url), open(t, url)
	first := lead(t, one)
	require.NoError(t, first.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	committed, _ := commitBehindLock(t, database, first)
	defer asleep(first)()
	expire(t, database)
	await(t, campaign(t, other))
	require.ErrorIs(t, <-committed, ledger.ErrUncertain, "the former leader cannot know")
	require.Equal(t, map[string]string{"a": "1"}, records(t, other))
}

// The clocks of the processes may be arbitrarily wrong, and may differ.
func TestClocksOfProcessesDoNotMatter(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	off := func(d time.Duration) func(*Config) {
		return func(c *Config) { c.now = func() time.Time { return time.Now().Add(d) } }
	}
	lease := 15 * time.Second // the first leader renews it in time, also on a busy machine
	one, other := open(t, url, leases(lease), off(-9000*time.Hour)), open(t, url, off(9000*time.Hour))
	first := lead(t, one)
	require.True(t, first.MayCall(one.now()))
	put(t, other, "", "b")
	won := campaign(t, other)
	select {
	case <-won:
		require.Fail(t, "two lead")
	case <-time.After(lease + time.Second):
	}
	require.NoError(t, first.Err())
	require.NoError(t, first.Close(t.Context()))
	second := await(t, won)
	put(t, one, "", "c")
	rows, _, err := second.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, rows, 2)
}

func TestPublishedCountReachesFollowers(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	one, other := open(t, url, leases(15*time.Second)), open(t, url, leases(15*time.Second)) // a third of it passes before the next renewal
	l := lead(t, one)
	campaign(t, other)
	l.Publish(4711)
	holds(t, func() bool { return other.Live() == 4711 }, "followers do not learn the number of aliases")
}

func TestLostRowsOfTheLeaseAreMadeAgain(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	server.Do(t, database, "DELETE FROM otelcol_alert24.lease")
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
}
