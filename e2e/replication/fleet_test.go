// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replication

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

const (
	replicas = 3
	lease    = 2 * time.Second
	audits   = 3 * time.Second
)

// fleet is three built collectors behind a plain proxy, with a real PostgreSQL.
type fleet struct {
	sandbox    *harness.Sandbox
	server     *pgtest.Server
	database   string
	paths      []*pgtest.Proxy // the path from each collector to the database
	collectors []*harness.Collector
	proxy      *harness.Proxy
	witness    *witness // of the proxy
}

func start(t *testing.T) *fleet {
	t.Helper()
	return startSome(t, replicas)
}

// startSome starts n collectors with these settings, each with its own path to the database.
func startSome(t *testing.T, n int, set ...string) *fleet {
	t.Helper()
	found := kit.Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	server, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	f := &fleet{server: server, witness: newWitness()}
	f.sandbox = harness.StartSandbox()
	t.Cleanup(f.sandbox.Close)
	f.database = server.Database(t)
	for range n {
		path := pgtest.NewProxy(t, server.Address())
		f.paths = append(f.paths, path)
		f.collectors = append(f.collectors, kit.StartOn(t, f.sandbox, found, kit.World{Set: slices.Concat(kit.Quick(), set,
			harness.OnDatabase(pgtest.TCP(path.Address(), f.database), lease))}))
	}
	f.proxy = harness.StartProxy(f.witness, f.collectors...)
	t.Cleanup(f.proxy.Close)
	for _, c := range f.collectors {
		kit.Eventually(t, func(ctx context.Context) error { return kit.Readiness(ctx, t, c, http.StatusOK, "ready") })
	}
	return f
}

// leader waits until a collector leads.
func (f *fleet) leader(t *testing.T) *harness.Collector {
	t.Helper()
	return f.leaderBut(t, nil)
}

// leaderBut does not ask one of the collectors, which may not answer.
func (f *fleet) leaderBut(t *testing.T, but *harness.Collector) *harness.Collector {
	t.Helper()
	among := slices.DeleteFunc(slices.Clone(f.collectors), func(c *harness.Collector) bool { return c == but })
	leader, err := harness.Leader(t.Context(), kit.Limit, among...)
	require.NoError(t, err)
	return leader
}

// pair starts two Alertmanagers that send to the proxy.
func (f *fleet) pair(t *testing.T) *harness.Pair {
	t.Helper()
	found := kit.Binaries(t, harness.AlertmanagerEnv)
	pair, err := harness.StartPair(t.Context(), found.Alertmanager, t.TempDir(), [2]string{f.proxy.URL, f.proxy.URL})
	t.Cleanup(func() { assert.NoError(t, pair.Close()) })
	require.NoError(t, err)
	return pair
}
