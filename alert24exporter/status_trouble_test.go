// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	logobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/status"
)

func TestRefusedWebhooksAreShown(t *testing.T) {
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	before := explain(t, e, "never")
	assert.Empty(t, before.Trouble, "it just started")
	assert.Equal(t, e.lately.started.UnixNano(), before.Webhooks.Since.UnixNano())
	assert.Contains(t, before.Do.Text, "routes it to the bridge")

	from := inprocess.Sender{Receiver: "alertmanager", From: "10.0.0.1"}
	inprocess.ReportRejected(inprocess.Rejection{Text: "404: wrong path", Detail: "/alertmanagr instead of /alertmanager", Sender: from})
	inprocess.ReportRejected(inprocess.Rejection{Text: "404: wrong path", Detail: "/wp-admin instead of /alertmanager", Sender: from})
	found := explain(t, e, "never")
	require.Len(t, found.Notices, 1, "a scanner asks for many paths")
	assert.Equal(t, "webhooks are answered 404: wrong path (/wp-admin instead of /alertmanager)", found.Notices[0].Text)
	assert.Equal(t, int64(2), found.Notices[0].Count)
	assert.Equal(t, "10.0.0.1", found.Notices[0].From)
	assert.Equal(t, status.Refusing, found.Trouble[0].Kind)
	assert.Contains(t, found.Trouble[0].Text, "404: wrong path (/wp-admin instead of /alertmanager), from 10.0.0.1")
	assert.Contains(t, found.Do.Text, "routes it to the bridge", "after what the trouble has")

	inprocess.ReportAccepted()
	after := explain(t, e, "never")
	require.Len(t, after.Trouble, 1, "the same address may have other receivers")
	assert.Equal(t, status.Refusing, after.Trouble[0].Kind)
	assert.NotZero(t, after.Webhooks.LastAccepted)
}

// An alert past the cut is one that the bridge does not know, and its owner waits for a page.
func TestTruncatedGroupsAreShown(t *testing.T) {
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	inprocess.ReportGroup(inprocess.Group{ID: "alertmanager 1", Name: "web {}:{}", Cut: true})
	found := explain(t, e, "never")
	require.Len(t, found.Trouble, 1)
	assert.Equal(t, status.Cut, found.Trouble[0].Kind)
	assert.Contains(t, found.Trouble[0].Do.Text, "set max_alerts: 0")
	o, _ := ask[status.Overview](t, e, status.PathOverview)
	require.Len(t, o.Trouble, 1)
	assert.Contains(t, o.Trouble[0].Text, "Alertmanager cuts 1 group short (max_alerts)")
	inprocess.ReportGroup(inprocess.Group{ID: "alertmanager 1"})
	assert.Empty(t, explain(t, e, "never").Trouble)
}

func TestWebhooksThatAFullDiskKeepsOutAreNoTroubleOfTheirOwn(t *testing.T) {
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	e.telemetry.storageFails(errors.New("no space left on device"))
	inprocess.ReportRejected(inprocess.Rejection{Text: "503: not now", Busy: true})
	troubles := func() (kinds []status.TroubleKind) {
		o, _ := ask[status.Overview](t, e, status.PathOverview)
		for _, t := range o.Trouble {
			kinds = append(kinds, t.Kind)
		}
		return kinds
	}
	assert.Equal(t, []status.TroubleKind{status.StorageDown}, troubles())
	e.telemetry.storageWorks()
	assert.Empty(t, troubles(), "Alertmanager sends it again")
	inprocess.ReportRejected(inprocess.Rejection{Text: "503: not now", Busy: true})
	assert.Equal(t, []status.TroubleKind{status.Busy}, troubles())
}

func TestSkippedAlertsAreShownToWhoAsksForThem(t *testing.T) {
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	inprocess.ReportSkipped(inprocess.Skipped{Alias: "DiskFull:db-9", Labels: labels.New(labels.Label{Name: "alertname", Value: "DiskFull"}), Text: `status "maybe": must be firing or resolved`})
	inprocess.ReportSkipped(inprocess.Skipped{Text: "must be an object"})
	assert.Empty(t, explain(t, e, "DiskFull:db-1").Notices)
	assert.Equal(t, "DiskFull:db-9", explain(t, e, "diskfull:db-9").DidYouMean)
	found := explain(t, e, "DiskFull:db-9")
	require.Len(t, found.Notices, 1)
	assert.Equal(t, `status "maybe": must be firing or resolved`, found.Notices[0].Text)
	assert.Equal(t, "docs/runbook.md#an-alert-has-no-incident", found.Do.Runbook)
	byLabel, _ := ask[status.Explanation](t, e, status.PathExplain+"?label=alertname=DiskFull")
	assert.Len(t, byLabel.Notices, 1)
	byLabel, _ = ask[status.Explanation](t, e, status.PathExplain+"?label=alertname=Other")
	assert.Empty(t, byLabel.Notices)
	o, _ := ask[status.Overview](t, e, status.PathOverview)
	assert.Len(t, o.Notices, 2)
}

func TestAliasInAnotherCaseIsOffered(t *testing.T) {
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	send(t, e, "firing", "DiskFull:db-1", nil)
	assert.Equal(t, "DiskFull:db-1", explain(t, e, "diskfull:DB-1").DidYouMean)
	assert.Empty(t, explain(t, e, "another").DidYouMean)
}

// A call that waits for the end of a pause has not failed.
func TestRateLimitHasItsName(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	require.NoError(t, box.SetFaults([]sandbox.Fault{{Match: sandbox.Match{Method: http.MethodPost}, Status: 429, RetryAfter: 30 * time.Second}}))
	e, _ := watchedExporter(t, box, host{}, func(cfg *Config) { cfg.Limits.ConcurrentRequests, cfg.Lifecycle.AuditInterval = 1, 0 })
	aliases := []string{"a", "b", "c", "d", "e"}
	for _, alias := range aliases {
		send(t, e, "firing", alias, nil)
	}
	var o status.Overview
	require.Eventually(t, func() bool {
		o, _ = ask[status.Overview](t, e, status.PathOverview)
		return o.API.RateLimited && len(o.Trouble) > 0
	}, soon, tick)
	assert.Equal(t, status.RateLimit, o.Trouble[0].Kind)
	assert.Regexp(t, `^Alert24's rate limit \(HTTP 429\); all calls wait until \S+, 5 changes wait$`, o.Trouble[0].Text)
	waiting := func(is status.Kind) (n int) {
		for _, alias := range aliases {
			entry := explain(t, e, alias).Entries[0]
			for _, r := range entry.Results {
				assert.Contains(t, r.Reason, "HTTP 429", "what was never sent is no call")
			}
			if entry.State.Kind == is {
				n++
			}
		}
		return n
	}
	require.Eventually(t, func() bool { return waiting(status.Retrying) == 1 && waiting(status.Opening) == 4 }, soon, tick)
}

// failing returns an exporter whose create for the alias "one" fails, but not ten times during a test.
func failing(t *testing.T) (*sandboxtest.Sandbox, *alert24Exporter, *logobserver.ObservedLogs) {
	t.Helper()
	box := sandboxtest.Start(t, sandbox.Options{})
	require.NoError(t, box.SetFaults([]sandbox.Fault{{Status: 503}}))
	e, logged := watchedExporter(t, box, host{}, func(cfg *Config) {
		cfg.RetryConfig.InitialInterval, cfg.RetryConfig.MaxInterval = 500*time.Millisecond, 2*time.Second
	})
	send(t, e, "firing", "one", nil)
	return box, e, logged
}

// A failed call whose own wait is shorter than a pause waits for the end of the pause.
func TestARetryInAPause(t *testing.T) {
	_, e, _ := failing(t)
	state := func() status.State { return explain(t, e, "one").Entries[0].State }
	require.Eventually(t, func() bool { return state().Kind == status.Retrying }, soon, tick)
	leave, err := e.gate.Enter(t.Context(), protocol.Update)
	require.NoError(t, err)
	leave(protocol.NotSent, time.Minute)
	assert.False(t, state().PausedUntil.IsZero())
}

// A storage that fails changes what waits, although nothing changes in the ledger.
func TestTableShowsAFailingStorage(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	require.NoError(t, box.SetFaults([]sandbox.Fault{{Hang: true}}))
	e, _ := watchedExporter(t, box, host{}, nil)
	send(t, e, "firing", "one", nil)
	says := func(text string) func() bool {
		return func() bool {
			table, _ := ask[status.Aliases](t, e, status.PathAliases)
			return strings.Contains(table.Rows[0].State.Text, text)
		}
	}
	require.Eventually(t, says("being opened"), soon, tick)
	e.telemetry.storageFails(storage.ErrStorageFull)
	require.Eventually(t, says("nothing is sent until the storage can be written"), soon, tick)
}
