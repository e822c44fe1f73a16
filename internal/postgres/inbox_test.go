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
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

func put(tb testing.TB, db *DB, source, payload string) {
	tb.Helper()
	require.NoError(tb, db.Append(tb.Context(), db.Arrival(), source, []byte(payload)))
}

// read returns the content of the inbox.
func read(tb testing.TB, l *Leader) (payloads []string, ids []int64) {
	tb.Helper()
	for rest := []int64(nil); ; {
		rows, more, err := l.Inbox(tb.Context(), rest)
		require.NoError(tb, err)
		size := 0
		for i, r := range rows {
			require.True(tb, i == 0 || size < maxRead, "a part is too large")
			size += len(r.Payload)
			payloads, ids = append(payloads, string(r.Payload)), append(ids, r.ID)
			assert.Less(tb, r.Waited, time.Minute)
		}
		if rest = more; len(rest) == 0 {
			return payloads, ids
		}
	}
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

// An inbox that takes longer to read than a statement may take is read all the same: otherwise nothing would ever empty it.
func TestLargeInboxIsReadInParts(t *testing.T) {
	t.Parallel()
	const rows, size = 32, 4 << 20
	database := server.Database(t)
	db, proxy := proxied(t, database, leases(4*time.Second))
	server.Do(t, database, fmt.Sprintf("INSERT INTO otelcol_alert24.inbox (component, payload) "+
		"SELECT '%s', convert_to(repeat('x', %d), 'UTF8') FROM generate_series(1, %d)", db.component(), size, rows-1))
	put(t, db, "", "")
	l := lead(t, db)
	proxy.Set(pgtest.Fault{Slow: 3 * time.Millisecond / 2}) // the inbox takes three seconds, and a statement may take two
	payloads, ids := read(t, l)
	require.Len(t, payloads, rows)
	assert.IsIncreasing(t, ids)
	for _, p := range payloads[:rows-1] {
		assert.Len(t, p, size)
	}
	assert.Empty(t, payloads[rows-1])
}

// TestRowsWaitWhileTheyAreRead: reading a large inbox takes time, and that counts as waiting.
func TestRowsWaitWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	proxy := pgtest.NewProxy(t, server.Address())
	l := lead(t, open(t, pgtest.TCP(proxy.Address(), database), leases(time.Minute)))
	_, _, err := l.Inbox(t.Context(), nil)
	require.NoError(t, err)
	follower := open(t, server.URL(database))
	put(t, follower, "", "webhook")
	put(t, follower, "", "another")
	proxy.Set(pgtest.Fault{HangToClient: true})
	const hangs = 300 * time.Millisecond
	time.AfterFunc(hangs, func() { proxy.Set(pgtest.Fault{}) })
	rows, _, err := l.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Greater(t, rows[1].Waited, hangs/2)
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
	late, onTime := db.Arrival(), db.Arrival()
	late.theirs = late.theirs.Add(-Punctual)
	onTime.theirs = onTime.theirs.Add(-Punctual + 2*time.Second)
	require.ErrorIs(t, db.Append(t.Context(), late, "", []byte("late")), ErrLate)
	require.NoError(t, db.Append(t.Context(), onTime, "", []byte("on time")))
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
	now = now.Add(Punctual + time.Second)
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
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{IDs: ids}))
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
	l := lead(t, open(t, url, leases(time.Minute)))
	follower := open(t, url)
	put(t, follower, "", "teaches the time")
	within(t, 5*time.Second, l.Wake(), "the leader does not look at its start")
	// The leader also looks each second. Only a NOTIFY wakes it faster.
	quick := 0
	for i := range 10 {
		drain(l)
		start := time.Now()
		put(t, follower, "", strconv.Itoa(i))
		within(t, 5*time.Second, l.Wake(), "the leader does not wake")
		if time.Since(start) < 300*time.Millisecond {
			quick++
		}
	}
	require.GreaterOrEqual(t, quick, 7)
}

func drain(l *Leader) {
	select {
	case <-l.Wake():
	default:
	}
}
