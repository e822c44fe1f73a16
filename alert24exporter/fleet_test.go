// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	logobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

var metadataID = component.NewID(metadata.Type)

// patience is longer than the lease and the delays of a loaded machine together.
const patience = time.Minute

// fleet is several exporters with one database and one Alert24.
type fleet struct {
	t        *testing.T
	box      *sandboxtest.Sandbox
	server   *pgtest.Server
	database string
	logs     *logobserver.ObservedLogs
	logger   *zap.Logger
	start    time.Time
	all      []*alert24Exporter
}

// join starts another exporter. If url is empty, it connects over the socket.
func (f *fleet) join(url string, change func(*Config)) *alert24Exporter {
	f.t.Helper()
	cfg := configOf(f.box)
	cfg.RetryConfig.InitialInterval, cfg.RetryConfig.MaxInterval = 10*time.Millisecond, 50*time.Millisecond
	if url == "" {
		url = f.server.URL(f.database)
	}
	cfg.Database = configoptional.Some(DatabaseConfig{URL: configopaque.String(url), Schema: "otelcol_alert24", Lease: 2 * time.Second})
	if change != nil {
		change(cfg)
	}
	require.NoError(f.t, cfg.Validate())
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID, set.Logger = metadataID, f.logger
	e, err := newExporter(set, cfg)
	require.NoError(f.t, err)
	require.NoError(f.t, e.start(f.t.Context(), host{}))
	f.all = append(f.all, e)
	f.t.Cleanup(func() { require.NoError(f.t, e.shutdown(context.WithoutCancel(f.t.Context()))) })
	return e
}

// stays is a lease that outlasts a test: the leader stays, however slow the machine is, until it stops.
func stays(c *Config) { c.Database.Get().Lease = 5 * time.Minute }

// both makes two changes.
func both(one, other func(*Config)) func(*Config) {
	return func(c *Config) { one(c); other(c) }
}

// three returns the leader of three replicas, and the others. change is as for join.
func (f *fleet) three(change func(*Config)) (leader *alert24Exporter, followers []*alert24Exporter) {
	f.t.Helper()
	for range 3 {
		f.join("", change)
	}
	leader = f.leader(f.all...)
	for _, e := range f.all {
		if e != leader {
			followers = append(followers, e)
		}
	}
	return leader, followers
}

// leader waits until one of these exporters leads.
func (f *fleet) leader(among ...*alert24Exporter) (leader *alert24Exporter) {
	f.t.Helper()
	require.Eventually(f.t, func() bool {
		for _, e := range among {
			if e.term.Load() != nil {
				leader = e
				return true
			}
		}
		return false
	}, patience, tick, "nobody leads")
	return leader
}

func (f *fleet) send(e *alert24Exporter, status string) error {
	return f.sendIn(f.t.Context(), e, status)
}

func (f *fleet) sendIn(ctx context.Context, e *alert24Exporter, status string) error {
	return e.consume(ctx, f.alert(status))
}

// sends repeats the records until they are accepted, as senders do: the database may be slow.
func (f *fleet) sends(e *alert24Exporter, ld plog.Logs) {
	f.t.Helper()
	require.Eventually(f.t, func() bool { return e.consume(f.t.Context(), ld) == nil }, patience, tick)
}

func (f *fleet) alert(status string) plog.Logs {
	attributes := alertAttributes(status)
	attributes[attrs.AlertStartsAt] = f.began().Format(time.RFC3339Nano)
	return logs(attributes)
}

// began is when the alert began, the same for each call.
func (f *fleet) began() time.Time { return time.Now().Truncate(time.Hour).Add(-time.Hour) }

func (f *fleet) opens(incidents int) {
	f.t.Helper()
	alias := alertAttributes("firing")[attrs.Alias]
	require.Eventually(f.t, func() bool { return len(f.box.Open(alias)) == incidents }, patience, tick)
}

// created counts all incidents, open and closed.
func (f *fleet) created() int { return len(f.box.Incidents()) }

func (f *fleet) says(what string) {
	f.t.Helper()
	require.Eventually(f.t, func() bool { return f.logs.FilterMessageSnippet(what).Len() > 0 }, patience, tick, what)
}
