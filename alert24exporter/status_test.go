// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
	logobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// withPage turns the status page on, on a free port.
func withPage(cfg *Config) {
	s := newStatusConfig()
	s.NetAddr.Endpoint = "127.0.0.1:0"
	cfg.Status = configoptional.Some(s)
}

// watchedExporter starts an exporter in memory, with a page.
func watchedExporter(t *testing.T, box *sandboxtest.Sandbox, h host, change func(*Config)) (*alert24Exporter, *logobserver.ObservedLogs) {
	t.Helper()
	cfg := configOf(box)
	cfg.RetryConfig.InitialInterval, cfg.RetryConfig.MaxInterval = 10*time.Millisecond, 50*time.Millisecond
	withPage(cfg)
	if change != nil {
		change(cfg)
	}
	require.NoError(t, cfg.Validate())
	core, logged := logobserver.New(zap.InfoLevel)
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID, set.Logger = component.NewID(metadata.Type), zap.New(core)
	e, err := newExporter(set, cfg)
	require.NoError(t, err)
	require.NoError(t, e.start(t.Context(), h))
	t.Cleanup(func() { require.NoError(t, e.shutdown(context.WithoutCancel(t.Context()))) })
	return e, logged
}

// ask requests a path of the page, and decodes an answer with status 200.
func ask[T any](t *testing.T, e *alert24Exporter, path string, change ...func(*http.Request)) (v T, code int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+e.status.address.String()+path, http.NoBody)
	require.NoError(t, err)
	for _, do := range change {
		do(r)
	}
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	if answer.StatusCode == http.StatusOK {
		require.NoError(t, json.Unmarshal(body, &v), string(body))
	}
	if answer.StatusCode == http.StatusUnauthorized {
		assert.Equal(t, `Basic realm="otelcol-alert24"`, answer.Header.Get("WWW-Authenticate"), "a browser asks for the token")
	}
	return v, answer.StatusCode
}

func explain(t *testing.T, e *alert24Exporter, alias string) status.Explanation {
	t.Helper()
	found, code := ask[status.Explanation](t, e, status.PathExplain+"?alias="+url.QueryEscape(alias))
	require.Equal(t, http.StatusOK, code)
	return found
}

// send lets the exporter consume an alert.
func send(t *testing.T, e *alert24Exporter, statusWord, alias string, more map[string]string) {
	t.Helper()
	attributes := alertAttributes(statusWord)
	attributes[attrs.Alias], attributes[attrs.AlertFingerprint] = alias, alias
	maps.Copy(attributes, more)
	require.NoError(t, e.consume(t.Context(), logs(attributes)))
}

func TestPageShowsWhatFires(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	e, _ := watchedExporter(t, box, host{}, nil)
	send(t, e, "firing", "one", nil)
	require.Eventually(t, func() bool {
		o, _ := ask[status.Overview](t, e, status.PathOverview)
		return *o.Counts == status.Counts{Live: 1, Firing: 1, Open: 1} && o.API.State == status.APIAnswers && o.API.Calls > 0 && !o.API.LastSuccess.IsZero()
	}, soon, tick)
	require.Eventually(t, func() bool { return len(explain(t, e, "one").Entries[0].Results) > 0 }, soon, tick) // the ledger learns of the answer first
	table, _ := ask[status.Aliases](t, e, status.PathAliases)
	require.Len(t, table.Rows, 1)
	assert.Equal(t, "open as #1", table.Rows[0].State.Text)
	entry := explain(t, e, "one").Entries[0]
	assert.Equal(t, []status.Result{{At: entry.Results[0].At, Call: "create", Result: "done", Change: "opened", Text: "opened #1"}}, entry.Results)
	assert.Equal(t, table.Rows[0].Title, entry.Content.Title)
	assert.Len(t, entry.Alerts, 1)
	found, _ := ask[status.Explanation](t, e, status.PathExplain+"?label=alertname="+url.QueryEscape(alertAttributes("firing")[attrs.AlertName]))
	assert.NotNil(t, found.Entries)
}

func TestPageSaysWhyACreateFails(t *testing.T) {
	box, e, logged := failing(t)
	require.Eventually(t, func() bool {
		found := explain(t, e, "one")
		return found.Entries[0].State.Kind == status.Retrying && len(found.Entries[0].Results) > 1
	}, soon, tick)
	state := explain(t, e, "one").Entries[0].State
	assert.Regexp(t, `^create failed`, state.Text)
	assert.Regexp(t, `^HTTP 503`, state.Reason)
	line := logged.FilterMessage("A request to Alert24 failed").FilterFieldKey("alias").All()[0].ContextMap()
	assert.Equal(t, "one", line["alias"])
	assert.Equal(t, box.Endpoint+"/incidents", line["url"])
	o, _ := ask[status.Overview](t, e, status.PathOverview)
	assert.Equal(t, status.APIFails, o.API.State)
	assert.NotZero(t, o.API.FailingSince)
	assert.Contains(t, o.API.LastError, "503")
	box.SetKeys(map[string][]string{"ak_live_another": {"write"}})
	box.ClearFaults()
	require.Eventually(t, func() bool {
		o, _ := ask[status.Overview](t, e, status.PathOverview)
		trouble := explain(t, e, "two").Trouble
		return o.API.State == status.APIRefusesKey && !o.API.PausedUntil.IsZero() && len(trouble) > 0 && trouble[0].Kind == status.KeyRefused
	}, soon, tick)
}

func TestEachReasonForNoIncidentLeavesALine(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	e, logged := watchedExporter(t, box, host{}, func(cfg *Config) { cfg.Limits.Aliases = 2 })
	for range 3 {
		send(t, e, "firing", "ignored", map[string]string{attrs.AlertLabelPrefix + "severity": "none"})
	}
	send(t, e, "firing", "held", map[string]string{attrs.ExternalURL: "http://am-1"})
	require.Eventually(t, func() bool { return len(box.Open("held")) == 1 }, soon, tick)
	send(t, e, "resolved", "held", map[string]string{attrs.ExternalURL: "http://am-1"})
	require.Eventually(t, func() bool { return explain(t, e, "held").Entries[0].State.Kind == status.Closed }, soon, tick)
	send(t, e, "firing", "held", map[string]string{attrs.ExternalURL: "http://am-2", attrs.ClientAddress: "10.0.0.2"})

	for alias, want := range map[string]struct {
		kind    status.Reason
		message string
		count   int64
	}{
		"ignored": {status.Ignored, "An alert opens no incident, because a rule of the configuration says so", 3},
		"held":    {status.HeldEcho, "An alert waits before it opens an incident, because it may be a late repeat of a resolved one", 1},
	} {
		notices := explain(t, e, alias).Notices
		require.Len(t, notices, 1, alias)
		assert.Equal(t, want.kind, notices[0].Kind)
		assert.Equal(t, want.count, notices[0].Count)
		lines := logged.FilterMessage(want.message).All()
		require.Len(t, lines, 1, alias)
		assert.Equal(t, alias, lines[0].ContextMap()["alias"])
		assert.Equal(t, notices[0].Text, lines[0].ContextMap()["reason"])
	}
	assert.Equal(t, `incident::severity::ignore has the word "none"`, explain(t, e, "ignored").Notices[0].Text)
	held := explain(t, e, "held")
	assert.Equal(t, status.Held, held.Entries[0].State.Kind)
	assert.Equal(t, held.Entries[0].State.Until, held.Notices[0].Until)

	assert.Empty(t, explain(t, e, "never").Notices)
}

func TestARuleThatClosesAnIncidentIsNamed(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	e, _ := watchedExporter(t, box, host{}, nil)
	send(t, e, "firing", "a", nil)
	require.Eventually(t, func() bool { return len(box.Open("a")) == 1 }, soon, tick)
	send(t, e, "firing", "a", map[string]string{attrs.AlertAnnotationPrefix + "alert24_ignore": "true"})
	require.Eventually(t, func() bool { return len(box.Open("a")) == 0 }, soon, tick)
	notices := explain(t, e, "a").Notices
	require.Len(t, notices, 1)
	assert.Equal(t, status.Ignored, notices[0].Kind)
	assert.Equal(t, "its annotation alert24_ignore says so", notices[0].Text)
}

// guard is an authenticator that accepts one token.
type guard struct {
	component.StartFunc
	component.ShutdownFunc
}

func (guard) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	if v := sources["Authorization"]; len(v) == 1 && v[0] == "Bearer secret" {
		return ctx, nil
	}
	return ctx, errors.New("the token is not secret")
}

func TestNothingIsShownWithoutAuthentication(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	id := component.MustNewIDWithName("bearertokenauth", "status")
	e, _ := watchedExporter(t, box, host{id: guard{}}, func(cfg *Config) {
		s := *cfg.Status.Get()
		s.Auth = configoptional.Some(confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: id}})
		cfg.Status = configoptional.Some(s)
	})
	for _, path := range []string{"/", "/app.js", status.PathOverview, status.PathAliases, status.PathExplain + "?alias=a", "/nothing"} {
		_, code := ask[any](t, e, path)
		assert.Equal(t, http.StatusUnauthorized, code, path)
	}
	for name, add := range map[string]func(*http.Request){
		"a script":  func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret") },
		"a browser": func(r *http.Request) { r.SetBasicAuth("anybody", "secret") },
	} {
		_, code := ask[status.Overview](t, e, status.PathOverview, add)
		assert.Equal(t, http.StatusOK, code, name)
	}
	_, code := ask[any](t, e, status.PathOverview, func(r *http.Request) { r.SetBasicAuth("secret", "wrong") })
	assert.Equal(t, http.StatusUnauthorized, code)
}

func TestPortInUseIsAnErrorWithItsKey(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	first, _ := watchedExporter(t, box, host{}, nil)
	cfg := configOf(box)
	withPage(cfg)
	cfg.Status.Get().NetAddr.Endpoint = first.status.address.String()
	second, err := newExporter(exportertest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	require.ErrorContains(t, second.start(t.Context(), host{}), "status::endpoint: cannot listen on")
}

func TestPageShowsAFullDisk(t *testing.T) {
	ext := &fullStorage{Extension: fileStorage(t, t.TempDir()).(storage.Extension)}
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.WithoutCancel(t.Context()))) })
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{storageID: ext}, func(cfg *Config) { cfg.Storage = &storageID })
	o, _ := ask[status.Overview](t, e, status.PathOverview)
	assert.Equal(t, "file", o.Storage.Kind)
	assert.True(t, o.Storage.Up)
	ext.full.Store(true)
	require.Error(t, e.consume(t.Context(), logs(alertAttributes("firing"))))
	o, _ = ask[status.Overview](t, e, status.PathOverview)
	assert.False(t, o.Storage.Up)
	assert.Contains(t, o.Storage.Error, storage.ErrStorageFull.Error())
	assert.NotZero(t, o.Storage.FailingSince)
	assert.Equal(t, status.StorageDown, explain(t, e, "one").Trouble[0].Kind)
	ext.full.Store(false)
	require.Eventually(t, func() bool { return logged.FilterMessage("The ledger can be written again").Len() == 1 }, soon, tick, "nobody asked whether it is ready")
	o, _ = ask[status.Overview](t, e, status.PathOverview)
	assert.True(t, o.Storage.Up)
}

// followerShowsTheDatabase is run by the tests of replicas.
func followerShowsTheDatabase(f *fleet) {
	f.t.Helper()
	f.join("", both(stays, withPage))
	f.join("", both(stays, withPage))
	leader := f.leader(f.all...)
	follower := f.all[0]
	if follower == leader {
		follower = f.all[1]
	}
	f.sends(follower, f.alert("firing"))
	f.opens(1)
	require.Eventually(f.t, func() bool {
		table, code := ask[status.Aliases](f.t, follower, status.PathAliases)
		return code == http.StatusOK && len(table.Rows) == 1 && table.Rows[0].Incident.State == "open"
	}, patience, tick)
	o, _ := ask[status.Overview](f.t, follower, status.PathOverview)
	assert.Equal(f.t, "database", o.Storage.Kind)
	assert.False(f.t, o.Replica.Leads)
	assert.Equal(f.t, status.APIUnknown, o.API.State)
	assert.Equal(f.t, status.Follower, explain(f.t, follower, "never").Trouble[0].Kind)
	assert.Len(f.t, explain(f.t, follower, alertAttributes("firing")[attrs.Alias]).Entries, 1)
	o, _ = ask[status.Overview](f.t, leader, status.PathOverview)
	assert.True(f.t, o.Replica.Leads)

	require.NoError(f.t, leader.shutdown(context.WithoutCancel(f.t.Context())))
	require.Eventually(f.t, func() bool {
		o, _ := ask[status.Overview](f.t, follower, status.PathOverview)
		return o.Replica.Leads && o.Counts.Open == 1
	}, patience, tick, "it takes over")
}
