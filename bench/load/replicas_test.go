// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// leaderLimit bounds the wait for the first leader.
const leaderLimit = time.Minute

// replicas compares bridges that share a PostgreSQL database with one that uses the embedded store on the same disk.
func (b *bench) replicas() {
	server, err := pgtest.Start("fsync=on")
	require.NoError(b, err)
	b.Cleanup(server.Stop)
	b.throughLeader(server)
	for _, end := range []struct {
		what  string
		limit time.Duration
		by    func(c *harness.Collector) error
	}{
		{"kill -9", b.size.lease + 5*time.Second, func(c *harness.Collector) error { c.Kill(); return nil }},
		{"a clean stop", 2 * time.Second, (*harness.Collector).Stop},
	} {
		took := b.takeover(server, end.by)
		b.table.add(row{
			what: fmt.Sprintf("takeover after %s of the leader, lease %s, until another replica opens an incident", end.what, b.size.lease),
			ours: duration(took), peer: "≤ " + duration(end.limit), ratio: took.Seconds() / end.limit.Seconds(),
		}.atMost(1))
	}
}

// throughLeader compares the two stores round by round, so a slow phase of the machine affects both.
func (b *bench) throughLeader(server *pgtest.Server) {
	var embedded, leader float64
	for range b.size.rounds {
		embedded += b.freshLoad("extensions.file_storage.fsync=true", budgetPerWebhook, budgetConnections).rate()
		leader += b.leaderLoad(server).rate()
	}
	rounds := float64(b.size.rounds)
	b.table.add(row{
		what: fmt.Sprintf("acknowledged alerts/s through the leader of replicas, fsync, %d per webhook, %d connections, over the embedded store",
			budgetPerWebhook, budgetConnections),
		ours: count(leader / rounds), peer: count(embedded / rounds), ratio: over(leader, embedded),
	}.atLeast(0.6))
}

// database creates an empty database, and returns the settings of a bridge that uses it.
func (b *bench) database(server *pgtest.Server) []string {
	return harness.OnDatabase(pgtest.TCP(server.Address(), server.Database(b)), b.size.lease)
}

func (b *bench) leaderLoad(server *pgtest.Server) sent {
	s := b.bridge(apiLatency, b.database(server)...)
	defer s.close()
	_, err := harness.Leader(b.Context(), leaderLimit, s.collector)
	require.NoError(b, err)
	return b.send(s.target, load{connections: budgetConnections, perWebhook: budgetPerWebhook, duration: b.size.window, next: fresh})
}

// takeover ends the leader of two replicas, and returns how long it takes until the other one opens the incident of an alert sent
// at once.
func (b *bench) takeover(server *pgtest.Server, end func(c *harness.Collector) error) time.Duration {
	set := b.database(server)
	s := b.bridge(0, set...)
	defer s.close()
	other := s.startCollector(set...)
	defer other.Kill()
	leader, err := harness.Leader(b.Context(), leaderLimit, s.collector, other)
	require.NoError(b, err)
	follower := other
	if leader == other {
		follower = s.collector
	}
	to := b.targetOf(follower)
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- end(leader) }()
	b.send(to, load{connections: 1, perWebhook: 1, webhooks: 1, next: fresh})
	s.awaitOpen(1)
	took := time.Since(began)
	require.NoError(b, <-ended)
	return took
}
