// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	logobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/status"
)

func TestReplicas(t *testing.T) {
	server, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	for name, test := range map[string]func(*fleet){
		"webhook through a follower":     throughAFollower,
		"list through a follower":        listThroughAFollower,
		"old list through a follower":    oldListThroughAFollower,
		"list of a former lead":          listOfAFormerLead,
		"leader stops":                   leaderStops,
		"leader has no time to stop":     leaderHasNoTimeToStop,
		"leader loses its connections":   leaderLosesItsConnections,
		"leader cut off":                 leaderCutOff,
		"leader that Alert24 failed":     leaderThatAlert24Failed,
		"database away":                  databaseAway,
		"no room for another alias":      noRoom,
		"row that cannot be read":        unreadableRow,
		"a wrong password":               wrongPassword,
		"a pooler of sessions":           poolerOfSessions,
		"a pooler of transactions":       poolerOfTransactions,
		"no connection is free":          noConnection,
		"the server is read-only":        readOnly,
		"the server's disk is full":      fullDisk,
		"statements take too long":       slowStatements,
		"a leader that cannot write":     leaderCannotWrite,
		"a webhook whose sender is gone": senderGone,
		"a dry run has its own entries":  dryRunApart,
		"watchdog through a follower":    watchdogThroughAFollower,
		"page of a follower":             followerShowsTheDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			core, logs := logobserver.New(zap.DebugLevel)
			test(&fleet{
				t: t, box: sandboxtest.Start(t, sandbox.Options{}), server: server, database: server.Database(t),
				logs: logs, logger: zap.New(core), start: time.Now(),
			})
		})
	}
}

func throughAFollower(f *fleet) {
	_, followers := f.three(stays)
	f.sends(followers[0], f.alert("firing"))
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

	f.sends(followers[1], f.alert("resolved"))
	f.opens(0)
	assert.Equal(f.t, 1, f.created())
}

// A list that a follower's receiver read reaches the leader's ledger.
func listThroughAFollower(f *fleet) {
	_, followers := f.three(stays)
	list := plog.NewLogs()
	addRecord(list, map[string]string{attrs.SyncSource: "alertmanager"})
	r := list.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	r.SetEventName(attrs.SyncEventName)
	silence := r.Attributes().PutEmptySlice(attrs.SyncSilences).AppendEmpty().SetEmptyMap()
	silence.PutStr(attrs.SilenceID, "s1")
	silence.PutStr(attrs.SilenceBy, "jane")
	silence.PutStr(attrs.SilenceUntil, time.Now().Add(time.Hour).Format(time.RFC3339))
	silence.PutEmptyBytes(attrs.SilenceKeys).FromRaw(make([]byte, 16))
	f.sends(followers[0], list)
	f.says("Alerts are silenced in Alertmanager")
}

// A list from before an alert's resolve does not decide about a firing that may be an echo, whichever replica read the list.
func oldListThroughAFollower(f *fleet) {
	leader, followers := f.three(stays)
	said := func(e *alert24Exporter, status string) {
		r := of("Down", status, downKey)
		r.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutStr(attrs.AlertStartsAt, f.began().Format(time.RFC3339Nano))
		f.sends(e, r)
	}
	aged := func(age time.Duration) plog.Logs {
		list := listOf(downKey)
		list.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutInt(attrs.SyncAge, age.Milliseconds())
		return list
	}
	said(leader, "firing")
	opens(f.t, f.box, "Down:eu-1", 1)
	said(followers[0], "resolved")
	opens(f.t, f.box, "Down:eu-1", 0)
	said(followers[1], "firing")
	require.Eventually(f.t, func() bool { return f.standing(leader).Held() == 1 }, patience, tick)

	f.sends(followers[0], aged(time.Minute))
	shown := func() bool { return f.standing(leader).Get(protocol.Key(downKey)).ShownBy != "" }
	require.Eventually(f.t, shown, patience, tick, "the list is applied")
	require.Equal(f.t, 1, f.standing(leader).Held(), "the list is older than the resolve")
	f.sends(leader, aged(0))
	opens(f.t, f.box, "Down:eu-1", 1)
	assert.Equal(f.t, 2, f.created())
}

// standing returns the members of the alias of the lists' alert.
func (f *fleet) standing(leader *alert24Exporter) *protocol.Members {
	e := leader.ledger().Get("Down:eu-1")
	require.NotNil(f.t, e)
	return &e.Members
}

// A former leader does not call Alert24, so it must forget that Alert24 failed: nothing would show its recovery.
func leaderThatAlert24Failed(f *fleet) {
	proxy := pgtest.NewProxy(f.t, f.server.Address())
	patient := func(c *Config) { // it must not fail ten times
		c.RetryConfig.InitialInterval, c.RetryConfig.MaxInterval = 2*time.Second, 2*time.Second
	}
	failed := f.join(pgtest.TCP(proxy.Address(), f.database), patient)
	f.leader(failed)
	require.NoError(f.t, f.box.SetFaults([]sandbox.Fault{{Status: http.StatusServiceUnavailable}}))
	f.sends(failed, f.alert("firing"))
	require.Eventually(f.t, func() bool { return !failed.lately.apiWorks() }, patience, tick)
	next := f.join("", patient)
	proxy.Set(pgtest.Fault{HangToServer: true, HangToClient: true, Refuse: true})
	f.leader(next)
	f.box.ClearFaults()
	f.opens(1)
	require.Eventually(f.t, failed.lately.apiWorks, patience, tick)
	assert.Equal(f.t, status.APINotAsked, failed.lately.answers().State)
}

// A replica that leads again does not apply lists from before its last leadership ended.
func listOfAFormerLead(f *fleet) {
	leader, followers := f.three(stays)
	silences := []protocol.Silence{{ID: "s1"}}
	for _, e := range followers {
		e.replica.listed.add([]*protocol.Snapshot{{Source: "a", Silences: silences}})
	}
	require.NoError(f.t, leader.shutdown(f.t.Context()))
	next := f.leader(followers...)
	for _, e := range followers {
		if e != next {
			f.sends(e, f.alert("firing"))
		}
	}
	f.opens(1) // the inbox was read; lists are applied right after that
	f.sends(next, f.alert("resolved"))
	f.opens(0)
	assert.Zero(f.t, f.logs.FilterMessageSnippet("Alerts are silenced").Len())
}

func leaderStops(f *fleet) {
	leader, followers := f.three(stays)
	f.sends(leader, f.alert("firing"))
	f.opens(1)
	require.NoError(f.t, leader.shutdown(f.t.Context()))
	next := f.leader(followers...)
	f.sends(followers[0], f.alert("firing"))
	f.sends(next, f.alert("resolved"))
	f.opens(0)
	assert.Equal(f.t, 1, f.created())
}

// The server ends all sessions. The leader continues, or another replica takes over.
func leaderLosesItsConnections(f *fleet) {
	leader, _ := f.three(nil)
	f.sends(leader, f.alert("firing"))
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
	f.sends(cut, f.alert("firing"))
	f.opens(1)

	proxy.Set(pgtest.Fault{HangToServer: true, HangToClient: true, Refuse: true})
	f.leader(rest...)
	require.Eventually(f.t, func() bool { return cut.term.Load() == nil }, patience, tick, "it believes that it leads")
	require.Error(f.t, f.send(cut, "resolved"))
	f.sends(rest[0], f.alert("resolved"))
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
	first, second := f.join(url, nil), f.join(url, nil) // the database is unavailable when they start
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
	small := func(c *Config) {
		c.Database.Get().Lease = 15 * time.Second // the leader renews it in time, and the follower soon learns the number of aliases
		c.Limits.Aliases = 1
	}
	leader := f.join("", small)
	f.leader(leader)
	follower := f.join("", small)
	f.sends(leader, f.alert("firing"))
	f.opens(1)
	require.Eventually(f.t, func() bool { return follower.replica.db.Live() == 1 }, patience, tick)
	require.ErrorContains(f.t, f.send(follower, "firing"), "limits::aliases")
	f.sends(follower, f.alert("resolved"))
	f.opens(0)
}

func unreadableRow(f *fleet) {
	leader, followers := f.three(stays)
	f.server.Do(f.t, f.database, "INSERT INTO otelcol_alert24.inbox (component, payload) VALUES ('"+metadataID.String()+"', 'no protobuf')")
	f.says("A row of the inbox cannot be used")
	f.sends(followers[0], f.alert("firing"))
	f.opens(1)
	require.Eventually(f.t, func() bool { return leader.ready(f.t.Context()) == nil }, patience, tick)
	require.Equal(f.t, 1, leader.replica.database.get().status.Aside)
}

func dryRunApart(f *fleet) {
	dry := f.join("", both(stays, func(c *Config) { c.DryRun = true }))
	sent := f.join("", stays)
	f.leader(dry)
	f.leader(sent)
	f.sends(dry, f.alert("firing"))
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
