// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// Each acknowledged webhook is applied once, and the webhooks of each sender in the order in which it sent them, whichever replicas
// accept them and whichever one leads.
func TestInboxOrderAcrossReplicas(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	url := server.URL(database)
	replicas := make([]*DB, 3)
	rapid.Check(t, func(rt *rapid.T) {
		server.Do(t, database, "DROP SCHEMA IF EXISTS otelcol_alert24 CASCADE")
		for i := range replicas {
			replicas[i] = open(t, url)
		}
		defer func() {
			for _, db := range replicas {
				db.Close(t.Context())
			}
		}()
		routes := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, len(replicas)-1), 1, 8), 1, 4).Draw(rt, "routes of senders")
		rounds := rapid.SliceOfN(rapid.IntRange(0, 2), 1, 6).Draw(rt, "rounds of the leader")
		a := &applier{t: t, database: database, replicas: replicas, applied: map[string]int{}}
		a.take(0)
		var senders sync.WaitGroup
		for s, route := range routes {
			senders.Go(func() {
				for i, r := range route {
					put(t, replicas[r], "", fmt.Sprintf("%d %d", s, i+1))
				}
			})
		}
		for _, round := range rounds {
			a.round(round)
		}
		senders.Wait()
		a.round(0)
		a.round(0)
		for s, route := range routes {
			require.Equal(t, len(route), a.applied[strconv.Itoa(s)], "sender %d", s)
		}
		require.NoError(t, a.leader.Close(t.Context()))
	})
}

// applier reads and commits for whichever replica leads. A webhook counts as applied only after its commit.
type applier struct {
	t        *testing.T
	database string
	replicas []*DB
	at       int
	leader   *Leader
	applied  map[string]int // the last number from each sender
}

func (a *applier) take(replica int) {
	var err error
	a.at = replica
	a.leader, err = a.replicas[replica].Campaign(a.t.Context())
	require.NoError(a.t, err)
}

const (
	apply      = iota // apply everything in the inbox
	moveBefore        // another replica takes over between reading and committing
	moveAfter         // or after the commit
)

func (a *applier) round(kind int) {
	rows, _, err := a.leader.Inbox(a.t.Context(), nil)
	require.NoError(a.t, err)
	former := a.leader
	if kind == moveBefore {
		depose(a.t, a.database)
		a.take((a.at + 1) % len(a.replicas))
	}
	next := map[string]int{}
	var done ledger.Consumed
	for _, row := range rows {
		sender, number, _ := strings.Cut(string(row.Payload), " ")
		n, err := strconv.Atoi(number)
		require.NoError(a.t, err)
		last, ok := next[sender]
		if !ok {
			last = a.applied[sender]
		}
		require.Equal(a.t, last+1, n, "sender %s is out of order", sender)
		next[sender] = n
		done.IDs = append(done.IDs, row.ID)
	}
	var changes []ledger.Change
	for sender, n := range next {
		changes = append(changes, change(sender, strconv.Itoa(n)))
	}
	err = former.CommitInbox(a.t.Context(), changes, done)
	if kind == moveBefore {
		require.ErrorIs(a.t, err, ErrDeposed)
		require.NoError(a.t, former.Close(a.t.Context()))
		return
	}
	require.NoError(a.t, err)
	maps.Copy(a.applied, next)
	for key, record := range records(a.t, a.replicas[a.at]) {
		require.Equal(a.t, strconv.Itoa(a.applied[key]), record)
	}
	if kind == moveAfter {
		require.NoError(a.t, former.Close(a.t.Context()))
		a.take((a.at + 1) % len(a.replicas))
	}
}
