// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

var metadataID = component.NewID(metadata.Type)

// patience is more than the lease and what a loaded machine needs.
const patience = 30 * time.Second

// fleet is some exporters over one database and one Alert24.
type fleet struct {
	t        *testing.T
	box      *sandboxtest.Sandbox
	server   *pgtest.Server
	database string
	logs     *logobserver.ObservedLogs
	logger   *zap.Logger
	all      []*alert24Exporter
}

func TestReplicas(t *testing.T) {
	server, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	for name, test := range map[string]func(*fleet){
		"webhook through a follower":    throughAFollower,
		"list through a follower":       listThroughAFollower,
		"leader stops":                  leaderStops,
		"leader loses its connections":  leaderLosesItsConnections,
		"leader cut off":                leaderCutOff,
		"database away":                 databaseAway,
		"no room for another alias":     noRoom,
		"row that cannot be read":       unreadableRow,
		"a wrong password":              wrongPassword,
		"a dry run has its own entries": dryRunApart,
	} {
		t.Run(name, func(t *testing.T) {
			core, logs := logobserver.New(zap.DebugLevel)
			test(&fleet{
				t: t, box: sandboxtest.Start(t, sandbox.Options{}), server: server, database: server.Database(t),
				logs: logs, logger: zap.New(core),
			})
		})
	}
}

// join starts one more exporter; with an empty url over the socket.
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

// three returns the leader of three replicas, and the others.
func (f *fleet) three() (leader *alert24Exporter, followers []*alert24Exporter) {
	f.t.Helper()
	for range 3 {
		f.join("", nil)
	}
	leader = f.leader(f.all...)
	for _, e := range f.all {
		if e != leader {
			followers = append(followers, e)
		}
	}
	return leader, followers
}

// leader waits for one of them to lead.
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
	attributes := alertAttributes(status)
	attributes[attrs.AlertStartsAt] = f.began().Format(time.RFC3339Nano)
	return e.consume(f.t.Context(), logs(attributes))
}

// began is when the alert began, the same each time.
func (f *fleet) began() time.Time { return time.Now().Truncate(time.Hour).Add(-time.Hour) }

func (f *fleet) opens(incidents int) {
	f.t.Helper()
	alias := alertAttributes("firing")[attrs.Alias]
	require.Eventually(f.t, func() bool { return len(f.box.Open(alias)) == incidents }, patience, tick)
}

// created counts the incidents that there ever were.
func (f *fleet) created() int { return len(f.box.Incidents()) }

func (f *fleet) says(what string) {
	f.t.Helper()
	require.Eventually(f.t, func() bool { return f.logs.FilterMessageSnippet(what).Len() > 0 }, patience, tick, what)
}

func throughAFollower(f *fleet) {
	_, followers := f.three()
	require.NoError(f.t, f.send(followers[0], "firing"))
	f.opens(1)
	conn, err := f.server.Connect(f.t.Context(), f.database)
	require.NoError(f.t, err)
	defer func() { require.NoError(f.t, conn.Close(f.t.Context())) }()
	var alias, state, incident, severity string
	var firing int
	require.Eventually(f.t, func() bool {
		err := conn.QueryRow(f.t.Context(), "SELECT alias, state, incident, severity, firing FROM otelcol_alert24.entries").
			Scan(&alias, &state, &incident, &severity, &firing)
		return err == nil && state == "open"
	}, patience, tick)
	assert.Equal(f.t, alertAttributes("firing")[attrs.Alias], alias)
	assert.Equal(f.t, f.box.Open(alias)[0].ID, incident)
	assert.Equal(f.t, "high", severity)
	assert.Equal(f.t, 1, firing)

	require.NoError(f.t, f.send(followers[1], "resolved"))
	f.opens(0)
	assert.Equal(f.t, 1, f.created())
}

// A list that a follower's receiver read ends up in the leader's ledger.
func listThroughAFollower(f *fleet) {
	_, followers := f.three()
	list := plog.NewLogs()
	addRecord(list, map[string]string{attrs.SyncSource: "alertmanager"})
	r := list.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	r.SetEventName(attrs.SyncEventName)
	silence := r.Attributes().PutEmptySlice(attrs.SyncSilences).AppendEmpty().SetEmptyMap()
	silence.PutStr(attrs.SilenceID, "s1")
	silence.PutStr(attrs.SilenceBy, "jane")
	silence.PutStr(attrs.SilenceUntil, time.Now().Add(time.Hour).Format(time.RFC3339))
	silence.PutEmptyBytes(attrs.SilenceKeys).FromRaw(make([]byte, 16))
	require.NoError(f.t, followers[0].consume(f.t.Context(), list))
	f.says("Alerts are silenced in Alertmanager")
}

func leaderStops(f *fleet) {
	leader, followers := f.three()
	require.NoError(f.t, f.send(leader, "firing"))
	f.opens(1)
	require.NoError(f.t, leader.shutdown(f.t.Context()))
	next := f.leader(followers...)
	require.NoError(f.t, f.send(followers[0], "firing"))
	require.NoError(f.t, f.send(next, "resolved"))
	f.opens(0)
	assert.Equal(f.t, 1, f.created())
}

// The server ends all sessions. The leader goes on, or another replica takes over.
func leaderLosesItsConnections(f *fleet) {
	leader, _ := f.three()
	require.NoError(f.t, f.send(leader, "firing"))
	f.opens(1)
	f.server.Do(f.t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+f.database+"'")
	require.Eventually(f.t, func() bool { return f.send(f.all[1], "resolved") == nil }, patience, tick)
	f.opens(0)
	assert.Equal(f.t, 1, f.created())
}

func leaderCutOff(f *fleet) {
	proxy := pgtest.NewProxy(f.t, f.server.Address())
	cut := f.join(pgtest.TCP(proxy.Address(), f.database), nil)
	f.leader(cut)
	rest := []*alert24Exporter{f.join("", nil), f.join("", nil)}
	require.NoError(f.t, f.send(cut, "firing"))
	f.opens(1)

	proxy.Set(pgtest.Fault{HangToServer: true, HangToClient: true, Refuse: true})
	f.leader(rest...)
	require.Eventually(f.t, func() bool { return cut.term.Load() == nil }, patience, tick, "it believes that it leads")
	require.Error(f.t, f.send(cut, "resolved"))
	require.NoError(f.t, f.send(rest[0], "resolved"))
	f.opens(0)

	proxy.Set(pgtest.Fault{})
	proxy.Cut()
	require.Eventually(f.t, func() bool { return cut.ready(f.t.Context()) == nil }, patience, tick)
	require.Eventually(f.t, func() bool { return f.send(cut, "resolved") == nil }, patience, tick)
	assert.Equal(f.t, 1, f.created())
}

func databaseAway(f *fleet) {
	proxy := pgtest.NewProxy(f.t, f.server.Address())
	proxy.Set(pgtest.Fault{Refuse: true})
	url := pgtest.TCP(proxy.Address(), f.database)
	first, second := f.join(url, nil), f.join(url, nil) // it is away when they start
	for _, e := range f.all {
		require.ErrorIs(f.t, e.ready(f.t.Context()), errDatabase)
		require.Error(f.t, f.send(e, "firing"))
	}
	proxy.Set(pgtest.Fault{})
	f.leader(first, second)
	require.Eventually(f.t, func() bool { return f.send(first, "firing") == nil }, patience, tick)
	f.opens(1)
	proxy.Set(pgtest.Fault{Refuse: true})
	proxy.Cut()
	require.Eventually(f.t, func() bool { return f.send(first, "resolved") != nil && f.send(second, "resolved") != nil }, patience, tick)
	proxy.Set(pgtest.Fault{})
	require.Eventually(f.t, func() bool { return f.send(second, "resolved") == nil }, patience, tick)
	f.opens(0)
	assert.Equal(f.t, 1, f.created())
}

func noRoom(f *fleet) {
	leader := f.join("", func(c *Config) { c.Limits.Aliases = 1 })
	f.leader(leader)
	follower := f.join("", func(c *Config) { c.Limits.Aliases = 1 })
	require.NoError(f.t, f.send(leader, "firing"))
	f.opens(1)
	require.Eventually(f.t, func() bool { return follower.replica.db.Live() == 1 }, patience, tick)
	require.ErrorContains(f.t, f.send(follower, "firing"), "limits::aliases")
	require.NoError(f.t, f.send(follower, "resolved"), "it makes room")
	f.opens(0)
}

func unreadableRow(f *fleet) {
	leader, followers := f.three()
	f.server.Do(f.t, f.database, "INSERT INTO otelcol_alert24.inbox (component, payload) VALUES ('"+metadataID.String()+"', 'no protobuf')")
	f.says("A row of the inbox cannot be used")
	require.NoError(f.t, f.send(followers[0], "firing"))
	f.opens(1)
	require.NoError(f.t, leader.ready(f.t.Context()))
	require.Equal(f.t, 1, leader.replica.standing.Load().Aside)
}

func wrongPassword(f *fleet) {
	const secret = "s3cret-of-the-database"
	url := "postgres://" + pgtest.Role + ":" + secret + "@" + f.server.Address() + "/" + f.database + "?sslmode=disable"
	e := f.join(url, nil)
	err := f.send(e, "firing")
	require.Error(f.t, err)
	assert.NotContains(f.t, err.Error(), secret)
	require.ErrorIs(f.t, e.ready(f.t.Context()), errDatabase)
	f.says("The database cannot be used")
	for _, entry := range f.logs.All() {
		assert.NotContains(f.t, entry.Message, secret)
		for _, field := range entry.ContextMap() {
			assert.NotContains(f.t, field, secret)
		}
	}
}

func dryRunApart(f *fleet) {
	dry := f.join("", func(c *Config) { c.DryRun = true })
	sent := f.join("", nil)
	f.leader(dry)
	f.leader(sent)
	require.NoError(f.t, f.send(dry, "firing"))
	f.says("Dry run: not sent")
	assert.Zero(f.t, f.created())
	assert.Empty(f.t, sent.ledger().Aliases())
}

func TestLeaderHasNoMoreWorkersThanCallsThatLeaveInTime(t *testing.T) {
	for _, test := range []struct {
		perSecond float64
		lease     time.Duration
		want      int
	}{
		{15, 10 * time.Second, 8},
		{0, time.Second, 8},
		{1, 10 * time.Second, 1},
		{6, 10 * time.Second, 5},
		{0.1, time.Second, 1},
	} {
		limits := LimitsConfig{RequestsPerSecond: test.perSecond, ConcurrentRequests: 8}
		assert.Equal(t, test.want, leaderWorkers(limits, test.lease), "%+v", test)
	}
}
