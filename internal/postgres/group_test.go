// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// Large webhooks that wait together are more than a slow network carries in time. Some of them get through at each try. On a busy machine
// even those may need several tries; if all failed together, no try would help.
func TestLargeWebhooksDoNotFailTogether(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t, server.Database(t))
	const tries = 5
	for range tries {
		if largeWebhooks(t, db, proxy) == 2 {
			return
		}
	}
	require.Fail(t, "the first ones do not get through")
}

// largeWebhooks sends ten webhooks of 4 MiB over a network that carries 12 MiB in time. It returns how many of the first two get through.
func largeWebhooks(t *testing.T, db *DB, proxy *pgtest.Proxy) (accepted int) {
	t.Helper()
	put(t, db, "", "x") // so that it is connected
	proxy.Set(pgtest.Fault{CarryToServer: 12 << 20})
	defer proxy.Set(pgtest.Fault{})
	payload := make([]byte, 4<<20)
	results := make(chan error, 10)
	arrival := Arrival{theirs: time.Now().Add(time.Hour), ours: time.Now()} // never late: only the network counts
	db.inbox.turn <- struct{}{}                                             // so that all wait
	for range 10 {
		go func() { results <- db.Append(context.WithoutCancel(t.Context()), arrival, "", payload) }()
	}
	holds(t, func() bool {
		db.inbox.mu.Lock()
		defer db.inbox.mu.Unlock()
		return len(db.inbox.pending) == 10
	}, "the webhooks do not wait")
	<-db.inbox.turn
	for n := range 10 {
		if err := <-results; n < 2 && err == nil {
			accepted++
		}
		if n == 1 {
			proxy.Set(pgtest.Fault{}) // so that the other ones end soon
		}
	}
	return accepted
}

// Replicas read the lists of the same Alertmanagers at the same time, and not in the same order. Their transactions must not wait for each
// other in a circle: the webhooks with them would fail.
func TestListsOfSeveralReplicasDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	sources := []string{"am1", "am2", "am3", "am4"}
	replicas := make([]*DB, 3)
	for i := range replicas {
		replicas[i] = unopened(t, url)
		replicas[i].inbox.session.lock = time.Minute // on a busy machine, a transaction of another replica may take long
		put(t, replicas[i], "", "x")
	}
	var work sync.WaitGroup
	for i, db := range replicas {
		work.Go(func() {
			for range 100 {
				group := []*addition{{arrival: db.Arrival(), payload: []byte("webhook"), done: make(chan struct{})}}
				for n := range sources {
					source := sources[(n+i)%len(sources)]
					group = append(group, &addition{arrival: db.Arrival(), source: source, payload: []byte("list"), done: make(chan struct{})})
				}
				db.inbox.commit(t.Context(), group)
				for _, a := range group {
					assert.NoError(t, a.err)
				}
			}
		})
	}
	work.Wait()
}

// A follower that is cut off while it replaces a list keeps that row locked. The leader's webhooks must not wait for it.
func TestLeaderDoesNotWaitForAList(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	for _, source := range []string{"", "am1", "am2"} {
		put(t, db, source, source)
	}
	tx, err := superuser(t, database).Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "UPDATE otelcol_alert24.inbox SET payload = 'new' WHERE source = 'am1'")
	require.NoError(t, err)
	_, ids := read(t, l)
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{IDs: ids}), "it would wait until the lock is given up")
	require.NoError(t, tx.Commit(t.Context()))
	left, _ := read(t, l)
	assert.Equal(t, []string{"new"}, left)
}

// Nor does a follower wait for a slow commit of the leader: webhooks that share the follower's transaction would fail.
func TestFollowerDoesNotWaitForAList(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db, follower := open(t, server.URL(database)), open(t, server.URL(database))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	put(t, follower, "am1", "old")
	_, ids := read(t, l)
	locked := lockEntries(t, database)
	committed := make(chan error, 1)
	go func() {
		committed <- l.CommitInbox(context.WithoutCancel(t.Context()), []ledger.Change{change("a", "2")}, ledger.Consumed{IDs: ids})
	}()
	waitForLock(t, database)
	put(t, follower, "am1", "new")
	locked.release()
	require.NoError(t, <-committed)
	left, _ := read(t, l)
	assert.Equal(t, []string{"new"}, left)
}

// If the row of a list is locked, the webhooks that come with the list get through.
func TestWebhooksDoNotFailWithALockedList(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	put(t, db, "am1", "old")
	tx, err := superuser(t, database).Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "UPDATE otelcol_alert24.inbox SET payload = 'new' WHERE source = 'am1'")
	require.NoError(t, err)
	results := map[string]chan error{"am1": make(chan error, 1), "": make(chan error, 1)}
	db.inbox.turn <- struct{}{} // so that both wait
	for source, result := range results {
		go func() { result <- db.Append(context.WithoutCancel(t.Context()), db.Arrival(), source, []byte("x")) }()
	}
	holds(t, func() bool {
		db.inbox.mu.Lock()
		defer db.inbox.mu.Unlock()
		return len(db.inbox.pending) == 2
	}, "they do not wait")
	<-db.inbox.turn
	require.NoError(t, <-results[""])
	require.Error(t, <-results["am1"])
	require.NoError(t, tx.Rollback(t.Context()))
}
