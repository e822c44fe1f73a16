// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// leaderLimit bounds the wait for the first leader.
const leaderLimit = time.Minute

// replicas compares bridges that share a PostgreSQL database with one that uses the embedded store on the same disk.
func (b *bench) replicas(ctx context.Context) error {
	server, err := pgtest.Start("fsync=on") //nolint:contextcheck // it has a limit of its own
	if err != nil {
		return err
	}
	defer server.Stop()
	if err := b.throughLeader(ctx, server); err != nil {
		return err
	}
	for _, end := range []struct {
		what  string
		limit time.Duration
		by    func(c *harness.Collector) error
	}{
		{"kill -9", b.size.lease + 5*time.Second, func(c *harness.Collector) error { c.Kill(); return nil }},
		{"a clean stop", 2 * time.Second, (*harness.Collector).Stop},
	} {
		took, err := b.takeover(ctx, server, end.by)
		if err != nil {
			return err
		}
		r := row{
			what: fmt.Sprintf("takeover after %s of the leader, lease %s, until another replica opens an incident", end.what, b.size.lease),
			ours: duration(took), peer: "≤ " + duration(end.limit), ratio: took.Seconds() / end.limit.Seconds(),
		}
		r.atMost(1)
		b.table.add(r)
	}
	return nil
}

// throughLeader compares the two stores round by round, so a slow phase of the machine affects both.
func (b *bench) throughLeader(ctx context.Context, server *pgtest.Server) error {
	var embedded, leader float64
	for range b.size.rounds {
		got, err := b.freshLoad(ctx, "extensions.file_storage.fsync=true", budgetPerWebhook, budgetConnections)
		if err != nil {
			return err
		}
		embedded += got.rate()
		if got, err = b.leaderLoad(ctx, server); err != nil {
			return err
		}
		leader += got.rate()
	}
	rounds := float64(b.size.rounds)
	r := row{
		what: fmt.Sprintf("acknowledged alerts/s through the leader of replicas, fsync, %d per webhook, %d connections, over the embedded store",
			budgetPerWebhook, budgetConnections),
		ours: count(leader / rounds), peer: count(embedded / rounds), ratio: over(leader, embedded),
	}
	r.atLeast(0.6)
	b.table.add(r)
	return nil
}

// database creates an empty database, and returns the settings of a bridge that uses it.
func (b *bench) database(ctx context.Context, server *pgtest.Server) ([]string, error) {
	b.stores++
	name := "bench" + strconv.Itoa(b.stores)
	return harness.OnDatabase(pgtest.TCP(server.Address(), name), b.size.lease),
		server.Exec(ctx, "postgres", "CREATE DATABASE "+name+" OWNER "+pgtest.Role)
}

func (b *bench) leaderLoad(ctx context.Context, server *pgtest.Server) (sent, error) {
	set, err := b.database(ctx, server)
	if err != nil {
		return sent{}, err
	}
	s, err := b.bridge(ctx, apiLatency, set...)
	if err != nil {
		return sent{}, err
	}
	defer s.close()
	if _, err := harness.Leader(ctx, leaderLimit, s.collector); err != nil {
		return sent{}, err
	}
	return s.target.send(ctx, load{connections: budgetConnections, perWebhook: budgetPerWebhook, duration: b.size.window, next: fresh})
}

// takeover ends the leader of two replicas, and returns how long it takes until the other one opens the incident of an alert sent
// at once.
func (b *bench) takeover(ctx context.Context, server *pgtest.Server, end func(c *harness.Collector) error) (time.Duration, error) {
	set, err := b.database(ctx, server)
	if err != nil {
		return 0, err
	}
	s, err := b.bridge(ctx, 0, set...)
	if err != nil {
		return 0, err
	}
	defer s.close()
	other, err := b.startCollector(ctx, s, set...)
	if err != nil {
		return 0, err
	}
	defer other.Kill()
	leader, err := harness.Leader(ctx, leaderLimit, s.collector, other)
	if err != nil {
		return 0, err
	}
	follower := other
	if leader == other {
		follower = s.collector
	}
	to, err := newTarget(follower)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- end(leader) }()
	if _, err := to.send(ctx, load{connections: 1, perWebhook: 1, webhooks: 1, next: fresh}); err != nil {
		return 0, errors.Join(err, <-ended)
	}
	err = s.awaitOpen(ctx, 1)
	return time.Since(began), errors.Join(err, <-ended)
}
