// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// read returns the content of the inbox.
func read(tb testing.TB, l *Leader) (payloads []string, ids []int64) {
	tb.Helper()
	for rest := []int64(nil); ; {
		var (
			rows []ledger.Row
			more []int64
		)
		inTime(tb, func() (err error) { rows, more, err = l.Inbox(tb.Context(), rest); return err })
		size := 0
		for i, r := range rows {
			require.True(tb, i == 0 || size < maxRead, "a part is too large")
			size += len(r.Payload)
			payloads, ids = append(payloads, string(r.Payload)), append(ids, r.ID)
		}
		if rest = more; len(rest) == 0 {
			return payloads, ids
		}
	}
}

// An inbox that takes longer to read than a statement may take is read all the same: otherwise nothing would ever empty it.
func TestLargeInboxIsReadInParts(t *testing.T) {
	t.Parallel()
	const rows, size = 9, 4 << 20
	database := server.Database(t)
	db, proxy := proxied(t, database)
	fill(t, database, db, rows-1, size)
	put(t, db, "", "")
	l := lead(t, db)
	l.commit.statement = time.Second
	proxy.Set(pgtest.Fault{Slow: 3 * time.Millisecond}) // the inbox takes one second and a half
	payloads, ids := read(t, l)
	require.Len(t, payloads, rows)
	assert.IsIncreasing(t, ids)
	for _, p := range payloads[:rows-1] {
		assert.Len(t, p, size)
	}
	assert.Empty(t, payloads[rows-1])
}

// fill puts webhooks of one size into the inbox.
func fill(tb testing.TB, database string, db *DB, rows, size int) {
	tb.Helper()
	server.Do(tb, database, fmt.Sprintf("INSERT INTO otelcol_alert24.inbox (component, payload) "+
		"SELECT '%s', convert_to(repeat('x', %d), 'UTF8') FROM generate_series(1, %d)", db.component(), size, rows))
}

// Over a slow network, even a part takes longer than a statement may take, and so does a single large webhook. They are read all the same.
func TestSlowNetworkDoesNotBlockTheInbox(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db, proxy := proxied(t, database)
	fill(t, database, db, 2, 1<<20)
	fill(t, database, db, 50, 1)
	l := lead(t, db)
	l.commit.statement = 200 * time.Millisecond
	proxy.Set(pgtest.Fault{Slow: 40 * time.Millisecond}) // a large webhook takes 640 ms
	payloads, _ := read(t, l)
	assert.Len(t, payloads, 52)
	proxy.Set(pgtest.Fault{})
	l.commit.statement = time.Minute // a busy machine is not a slow network
	holds(t, func() bool {
		read(t, l)
		return l.db.slowReads.Load() == 0
	}, "it does not read larger parts when the network is fast again")
}

// A read that takes long ends with the leadership: the replica could not lead again before.
func TestReadingEndsWithTheLeadership(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	l := lead(t, open(t, server.URL(database)))
	tx, err := superuser(t, database).Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE otelcol_alert24.inbox")
	require.NoError(t, err)
	result := make(chan error, 1)
	go func() {
		_, _, err := l.Inbox(context.WithoutCancel(t.Context()), nil)
		result <- err
	}()
	waitForLock(t, database)
	l.end(assert.AnError)
	require.ErrorIs(t, <-result, context.Canceled, "it does not wait for the statement's timeout")
	require.Zero(t, l.db.slowReads.Load(), "the network is not slow")
	require.NoError(t, tx.Rollback(t.Context()))
}

// Reading a large inbox takes time, and that counts as waiting.
func TestRowsWaitWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	proxy := pgtest.NewProxy(t, server.Address())
	l := lead(t, open(t, pgtest.TCP(proxy.Address(), database)))
	_, _, err := l.Inbox(t.Context(), nil)
	require.NoError(t, err)
	follower := open(t, server.URL(database))
	began := time.Now()
	put(t, follower, "", "webhook")
	put(t, follower, "", "another")
	proxy.Set(pgtest.Fault{HangToClient: true})
	const hangs = 300 * time.Millisecond
	time.AfterFunc(hangs, func() { proxy.Set(pgtest.Fault{}) })
	rows, _, err := l.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Greater(t, rows[1].Waited, hangs/2)
	require.Less(t, rows[1].Waited, time.Since(began)+time.Second)
}
