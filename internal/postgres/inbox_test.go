// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

func put(tb testing.TB, db *DB, source, payload string) {
	tb.Helper()
	ready(tb, db)
	require.NoError(tb, db.Append(tb.Context(), db.Arrival(), source, []byte(payload)))
}

func TestInboxKeepsTheOrderAndIsConsumed(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	l := lead(t, open(t, url))
	one, other := open(t, url), open(t, url)
	put(t, one, "", "fired")
	put(t, other, "", "acknowledged")
	put(t, one, "", "resolved")
	payloads, ids := read(t, l)
	require.Equal(t, []string{"fired", "acknowledged", "resolved"}, payloads)
	require.NoError(t, l.CommitInbox(t.Context(), []ledger.Change{change("a", "1")}, ledger.Consumed{IDs: ids[:2]}))
	payloads, _ = read(t, l)
	require.Equal(t, []string{"resolved"}, payloads)
}

func TestSnapshotReplacesItsPredecessor(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	l := lead(t, open(t, url))
	one, other := open(t, url), open(t, url)
	put(t, one, "am1", "old")
	put(t, one, "am2", "another's")
	_, before := read(t, l)
	put(t, one, "", "webhook")
	put(t, other, "am1", "new")
	// A commit that removes the replaced snapshot keeps the new one.
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{IDs: before[:1]}))
	payloads, ids := read(t, l)
	require.Equal(t, []string{"another's", "webhook", "new"}, payloads)
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{Aside: map[int64]string{ids[2]: "cannot be decoded"}}))
	put(t, other, "am1", "newer")
	payloads, _ = read(t, l)
	require.Equal(t, []string{"another's", "webhook", "newer"}, payloads, "the source of a bad snapshot is not muted")
}

func TestRowsAreSetAside(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	put(t, db, "", "bad")
	put(t, db, "", "good")
	_, ids := read(t, l)
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{Aside: map[int64]string{ids[0]: "cannot be decoded"}}))
	payloads, _ := read(t, l)
	require.Equal(t, []string{"good"}, payloads)
	conn := superuser(t, database)
	var reason string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT set_aside FROM otelcol_alert24.inbox WHERE id = $1", ids[0]).Scan(&reason))
	require.Equal(t, "cannot be decoded", reason)

	// The rows set aside are bounded. The latest stay.
	_, err := conn.Exec(t.Context(), "INSERT INTO otelcol_alert24.inbox (component, payload, set_aside) SELECT $1, '', 'bad' FROM generate_series(1, $2::int)",
		db.component(), maxAside)
	require.NoError(t, err)
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{Aside: map[int64]string{ids[1]: "cannot be decoded"}}))
	var n int
	var first bool
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*), bool_or(id = $1) FROM otelcol_alert24.inbox", ids[0]).Scan(&n, &first))
	require.Equal(t, maxAside, n)
	require.False(t, first)
}

// A delayed webhook must not overtake later webhooks of its sender.
func TestLateWebhookIsRefused(t *testing.T) {
	t.Parallel()
	db := open(t, server.URL(server.Database(t)))
	l := lead(t, db)
	put(t, db, "", "teaches the database's time")
	late := db.Arrival()
	late.theirs = late.theirs.Add(-5 * time.Second)
	require.ErrorIs(t, db.Append(t.Context(), late, "", []byte("late")), ErrLate)
	holds(t, func() bool { // a busy machine may need several tries
		onTime := db.Arrival()
		onTime.theirs = onTime.theirs.Add(-3 * time.Second)
		return db.Append(t.Context(), onTime, "", []byte("on time")) == nil
	}, "no webhook is on time")
	payloads, _ := read(t, l)
	require.Equal(t, []string{"teaches the database's time", "on time"}, payloads)
}

// The delay counts even if the database's time was not known yet when the webhook arrived.
func TestLateWebhookIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	now := time.Now()
	db := open(t, server.URL(server.Database(t)), func(c *Config) { c.now = func() time.Time { return now } })
	arrival := db.Arrival()
	require.Zero(t, arrival.theirs)
	now = now.Add(5*time.Second - 1)
	require.NoError(t, db.Punctual(arrival))
	now = now.Add(1)
	require.ErrorIs(t, db.Punctual(arrival), ErrLate)
	now = now.Add(time.Second)
	ready(t, db)
	require.ErrorIs(t, db.Append(t.Context(), arrival, "", []byte("late")), ErrLate)
	put(t, db, "", "on time")
}

func TestClockIsNeverAhead(t *testing.T) {
	t.Parallel()
	var c clock
	base := time.Now()
	_, err := c.at(base)
	require.ErrorIs(t, err, errNoClock)
	theirs := base.Add(500 * time.Hour)
	c.learn(theirs, base.Add(time.Second)) // the answer took at most a second
	got, err := c.at(base.Add(3 * time.Second))
	require.NoError(t, err)
	require.Equal(t, theirs.Add(2*time.Second), got)
}

func TestInboxIsBounded(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	l := lead(t, open(t, url))
	rows := open(t, url, func(c *Config) { c.InboxRows = 2 })
	put(t, rows, "", "1")
	require.NoError(t, rows.Check(t.Context()))
	put(t, rows, "", "2") // a check leaves nothing behind
	require.ErrorIs(t, rows.Check(t.Context()), ErrFull)
	require.ErrorIs(t, rows.Append(t.Context(), rows.Arrival(), "", []byte("3")), ErrFull)
	bytes := open(t, url, func(c *Config) { c.InboxBytes = 10 })
	put(t, bytes, "", "12345678")
	require.ErrorIs(t, bytes.Append(t.Context(), bytes.Arrival(), "", []byte("x")), ErrFull)
	_, ids := read(t, l)
	require.Len(t, ids, 3)
	aside := map[int64]string{ids[1]: "bad", ids[2]: "bad"} // these no longer count
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{IDs: ids[:1], Aside: aside}))
	put(t, rows, "", "4")
	put(t, bytes, "", "5")
}

// Webhooks that wait together share a transaction, and so a NOTIFY. So do lists.
func TestConcurrentAppendsShareATransaction(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	put(t, db, "", "first")
	const many = 200
	db.inbox.turn <- struct{}{} // another caller commits
	var work sync.WaitGroup
	for i := range many {
		work.Go(func() {
			source := ""
			if i%2 == 0 {
				source = fmt.Sprint("am", i%4)
			}
			assert.NoError(t, db.Append(t.Context(), db.Arrival(), source, []byte(strconv.Itoa(i))))
		})
	}
	holds(t, func() bool {
		db.inbox.mu.Lock()
		defer db.inbox.mu.Unlock()
		return len(db.inbox.pending) == many
	}, "they do not wait")
	<-db.inbox.turn
	work.Wait()
	var transactions int
	require.NoError(t, superuser(t, database).QueryRow(t.Context(), "SELECT count(DISTINCT xmin::text) FROM otelcol_alert24.inbox").Scan(&transactions))
	require.Equal(t, 3, transactions)
	payloads, _ := read(t, l)
	require.Len(t, payloads, 1+many/2+2, "one snapshot per source")
}

// A webhook whose sender has gone is dropped.
func TestAbandonedAppendIsForgotten(t *testing.T) {
	t.Parallel()
	db := open(t, server.URL(server.Database(t)))
	db.inbox.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- db.Append(ctx, db.Arrival(), "", []byte("x")) }()
	cancel()
	require.ErrorContains(t, <-result, "canceled")
	require.Empty(t, db.inbox.pending)
	<-db.inbox.turn
}

func TestNotifyWakesTheLeader(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	first := lead(t, open(t, url))
	receives(t, first.Wake(), "the leader does not look at its start")
	// The leader also looks each second. Only a NOTIFY wakes this one.
	l := &Leader{db: first.db, listen: first.db.newSession(time.Minute, time.Minute), wake: make(chan struct{}, 1)}
	l.listen.setUp = first.listen.setUp
	ctx, cancel := context.WithCancel(t.Context())
	var hearing sync.WaitGroup
	hearing.Go(func() { l.hear(ctx) })
	defer func() { cancel(); hearing.Wait() }()
	follower := open(t, url)
	holds(t, func() bool {
		put(t, follower, "", "until it listens")
		return drain(l)
	}, "the leader does not listen")
	for i := range 10 {
		drain(l)
		put(t, follower, "", strconv.Itoa(i))
		receives(t, l.Wake(), "the leader does not wake")
	}
}

// drain reports whether the leader was woken.
func drain(l *Leader) bool {
	select {
	case <-l.Wake():
		return true
	default:
		return false
	}
}
