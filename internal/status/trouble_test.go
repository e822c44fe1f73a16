// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fine is a healthy bridge.
func fine() *Overview {
	return &Overview{
		Now: start, Bridge: Bridge{Started: start.Add(-time.Hour)}, API: API{State: APIAnswers, LastSuccess: start.Add(-2 * time.Second)}, Storage: Storage{Up: true},
		Webhooks: Webhooks{Since: start.Add(-time.Hour), LastAccepted: start.Add(-time.Minute)}, Counts: &Counts{Live: 2},
	}
}

func TestTroubles(t *testing.T) { //nolint:funlen // one table of cases
	soon, later := start.Add(time.Minute), start.Add(time.Hour)
	failing := API{State: APIFails, LastError: "HTTP 500", LastFailure: start, LastSuccess: start.Add(-2 * time.Second), FailingSince: start.Add(-time.Second)}
	for name, c := range map[string]struct {
		changed func(o *Overview)
		want    []Trouble // without remedies
	}{
		"all is well": {func(*Overview) {}, []Trouble{}},
		"a refused key": {func(o *Overview) {
			o.API = API{State: APIRefusesKey, LastError: "HTTP 401", PausedUntil: soon, CreatesPausedUntil: soon}
			o.Counts.Pending = 2
		}, []Trouble{{Kind: KeyRefused, Scope: Pending, Text: "Alert24 refuses the API key: HTTP 401; all calls wait until 2026-03-19T14:31:00Z, 2 changes wait"}}},
		"Alert24 is down": {func(o *Overview) { o.API = failing }, []Trouble{{
			Kind: APIDown, Scope: Pending, Since: start.Add(-time.Second),
			Text: "Alert24 does not answer as it should; the last call failed at 2026-03-19T14:30:00Z: HTTP 500; last success at 2026-03-19T14:29:58Z",
		}}},
		"Alert24 has never answered": {func(o *Overview) { o.API = API{State: APIFails, LastFailure: start} }, []Trouble{{
			Kind: APIDown, Scope: Pending, Text: "Alert24 does not answer as it should; the last call failed at 2026-03-19T14:30:00Z; none has succeeded since the start",
		}}},
		"one alias fails": {func(o *Overview) { o.API, o.Counts.Failing, o.Affected.Failing = failing, 1, []string{"a (HTTP 500)"} }, []Trouble{
			{Kind: SomeFail, Scope: Named, Text: "calls for 1 of 2 aliases fail: a (HTTP 500)"},
		}},
		"a close is refused": {func(o *Overview) { o.Counts.Failing, o.Affected.Failing = 1, []string{"a (HTTP 422)"} }, []Trouble{
			{Kind: SomeFail, Scope: Named, Text: "calls for 1 of 2 aliases fail: a (HTTP 422)"},
		}},
		"Alert24 is down, and most aliases need no call": {func(o *Overview) {
			o.API, o.Counts.Failing, o.Affected.Failing = failing, 1, []string{"a (HTTP 500)"}
			o.API.FailingSince = start.Add(-downAfter)
		}, []Trouble{{
			Kind: APIDown, Scope: Pending, Since: start.Add(-downAfter),
			Text: "Alert24 does not answer as it should; the last call failed at 2026-03-19T14:30:00Z: HTTP 500; last success at 2026-03-19T14:29:58Z",
		}}},
		"a rate limit": {func(o *Overview) {
			o.API, o.Counts.Pending, o.Counts.Failing = failing, 41, 1
			o.API.RateLimited, o.API.PausedUntil, o.API.CreatesPausedUntil = true, soon, soon
		}, []Trouble{{
			Kind: RateLimit, Scope: Pending, Since: start.Add(-time.Second), Text: "Alert24's rate limit (HTTP 429); all calls wait until 2026-03-19T14:31:00Z, 41 changes wait",
		}}},
		"a pause": {func(o *Overview) { o.API.PausedUntil, o.API.CreatesPausedUntil = later, soon }, []Trouble{{
			Kind: Paused, Scope: Pending, Text: "Alert24 asked for a pause; creates wait until 2026-03-19T14:31:00Z, all other calls until 2026-03-19T15:30:00Z",
		}}},
		"a pause that has ended": {func(o *Overview) { o.API.PausedUntil, o.API.CreatesPausedUntil = start, start }, []Trouble{}},
		"a full disk": {func(o *Overview) {
			o.Storage = Storage{Kind: "file", Error: "no space left on device", FailingSince: start}
		}, []Trouble{{
			Kind: StorageDown, Scope: All, Since: start, Text: "the storage cannot be written: no space left on device; webhooks with new alerts are refused, and no call is sent that cannot be stored",
		}}},
		"a database that is away": {func(o *Overview) {
			o.Storage, o.Replica = Storage{Kind: "database", Error: "connection refused"}, &Replica{}
		}, []Trouble{{
			Kind: DatabaseDown, Scope: All, Text: "the database cannot be used: connection refused; webhooks with new alerts are refused, and nothing is sent",
		}}},
		"no leader": {func(o *Overview) { o.Replica = &Replica{} }, []Trouble{{Kind: NoLeader, Scope: All, Text: "no replica leads; no webhook waits"}}},
		"a leader that is silent": {func(o *Overview) {
			o.Replica = &Replica{HasLeader: true, LeaseAge: 81, Lease: 10, InboxWebhooks: 5, InboxSince: start.Add(-time.Minute)}
		}, []Trouble{
			{Kind: NoLeader, Scope: All, Text: "the leader has not been heard of for 1 min 21 s (database::lease 10 s); 5 accepted webhooks wait for the leader, the oldest since 2026-03-19T14:29:00Z"},
			{Kind: InInbox, Scope: UnknownAlias, Since: start.Add(-time.Minute), Text: "5 accepted webhooks wait for the leader, the oldest since 2026-03-19T14:29:00Z"},
		}},
		"a follower": {func(o *Overview) {
			o.Replica, o.API = &Replica{HasLeader: true, LeaseAge: 1, Lease: 10}, API{State: APIUnknown}
			o.Counts.Failing = 1
		}, []Trouble{{Kind: Follower, Scope: Pending, Text: "this replica follows; only the leader knows calls, their failures and pauses"}}},
		"a leader with a full inbox": {func(o *Overview) { o.Replica = &Replica{Leads: true, HasLeader: true, InboxWebhooks: 1} }, []Trouble{
			{Kind: InInbox, Scope: UnknownAlias, Text: "1 accepted webhook waits for the leader"},
		}},
		"refused webhooks": {func(o *Overview) {
			o.Webhooks = Webhooks{Since: start.Add(-time.Hour), SenderErrorAt: start, LastRefused: start, SenderError: "401: not authorized, from 10.0.0.1"}
		}, []Trouble{{
			Kind: Refusing, Scope: UnknownAlias, Since: start,
			Text: "webhooks are refused, the last one at 2026-03-19T14:30:00Z: 401: not authorized, from 10.0.0.1; none has been accepted since the start at 2026-03-19T13:30:00Z",
		}}},
		"a webhook was refused, and then one was accepted": {func(o *Overview) {
			o.Webhooks.SenderErrorAt, o.Webhooks.SenderError = start.Add(-2*time.Minute), "401: not authorized"
		}, []Trouble{{
			Kind: Refusing, Scope: UnknownAlias, Since: start.Add(-2 * time.Minute),
			Text: "webhooks are refused, the last one at 2026-03-19T14:28:00Z: 401: not authorized; others are accepted, the last one at 2026-03-19T14:29:00Z",
		}}},
		"no webhook was refused for a while": {func(o *Overview) { o.Webhooks.SenderErrorAt = start.Add(-refusedFor) }, []Trouble{}},
		"the bridge cannot take webhooks": {func(o *Overview) {
			o.Webhooks = Webhooks{LastAccepted: start.Add(-time.Minute), LastRefused: start, Refusal: "503: not now"}
		}, []Trouble{{
			Kind: Busy, Scope: UnknownAlias, Since: start, Text: "webhooks are answered 503, the last one at 2026-03-19T14:30:00Z: 503: not now; none has been accepted since",
		}}},
		"it could not, and can again":          {func(o *Overview) { o.Webhooks.LastRefused = start.Add(-time.Hour / 2) }, []Trouble{}},
		"the storage could not, and can again": {func(o *Overview) { o.Webhooks.LastRefused, o.Storage.RecoveredAt = start.Add(-time.Second), start }, []Trouble{}},
		"the storage cannot": {func(o *Overview) { o.Webhooks.LastRefused, o.Storage = start, Storage{FailingSince: start} }, []Trouble{{
			Kind: StorageDown, Scope: All, Since: start, Text: "the storage cannot be written; webhooks with new alerts are refused, and no call is sent that cannot be stored",
		}}},
		"a group that is cut": {func(o *Overview) { o.Truncated = []TruncatedGroup{{"web {}:{}", start.Add(-time.Hour), start}} }, []Trouble{{
			Kind: Cut, Scope: UnknownAlias, Since: start.Add(-time.Hour),
			Text: "Alertmanager cuts 1 group short (max_alerts), the last time at 2026-03-19T14:30:00Z, and never sends the alerts past the cut, nor their resolves: web {}:{}",
		}}},
		"groups that are cut": {func(o *Overview) {
			o.Truncated = []TruncatedGroup{{"a", start.Add(-2), start}, {"b", start.Add(-time.Minute), start.Add(-1)}, {"c", start, start}, {"d", start, start}}
		}, []Trouble{{
			Kind: Cut, Scope: UnknownAlias, Since: start.Add(-time.Minute),
			Text: "Alertmanager cuts 4 groups short (max_alerts), the last time at 2026-03-19T14:30:00Z, and never sends the alerts past the cut, nor their resolves: a, b, c, 1 more",
		}}},
		"no webhook ever": {func(o *Overview) { o.Webhooks.LastAccepted = time.Time{} }, []Trouble{
			{Kind: NoWebhook, Scope: UnknownAlias, Since: start.Add(-time.Hour), Text: "no webhook has come since the start at 2026-03-19T13:30:00Z"},
		}},
		"no webhook ever, and alerts from another source": {func(o *Overview) { o.Webhooks = Webhooks{AlertsReceived: true} }, []Trouble{}},
		"a parked create": {func(o *Overview) { o.Affected.Unopened = []string{"a"} }, []Trouble{{Kind: Unopened, Scope: Named, Text: "1 incident is refused by Alert24: a"}}},
		"a blocked alias": {func(o *Overview) { o.Affected.Blocked = []string{"a"} }, []Trouble{
			{Kind: Taken, Scope: Named, Text: "another tool's open incidents block 1 alias: a"},
		}},
		"many parked creates": {func(o *Overview) { o.Affected.Unopened = []string{"a", "b", "c", "d", "e"} }, []Trouble{
			{Kind: Unopened, Scope: Named, Text: "5 incidents are refused by Alert24: a, b, c, 2 more"},
		}},
		"a silent watchdog": {func(o *Overview) {
			o.Watchdog = &Watchdog{Missing: 3, MissingSources: []MissingSource{{"eu", start}, {"us", start}}}
		}, []Trouble{{Kind: Watchdogs, Scope: All, Since: start, Text: "no watchdog from eu since 2026-03-19T14:30:00Z, us since 2026-03-19T14:30:00Z, 1 more: alerts may not arrive"}}},
		"no watchdog ever": {func(o *Overview) { o.Watchdog = &Watchdog{NeverHeard: true} }, []Trouble{
			{Kind: NoWatchdog, Scope: UnknownAlias, Since: start.Add(-time.Hour), Text: "no watchdog has been heard since the start at 2026-03-19T13:30:00Z"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := fine()
			c.changed(o)
			all := Troubles(o)
			require.Len(t, all, len(c.want))
			for i := range all {
				require.NotNil(t, all[i].Do, "each trouble has a remedy")
				all[i].Do = nil
			}
			assert.Equal(t, c.want, all)
		})
	}
}

// A problem that keeps out webhooks of some senders ranks below one that keeps incidents from being opened.
func TestWorstTroubleIsFirst(t *testing.T) {
	o := fine()
	o.Webhooks.SenderErrorAt, o.Watchdog, o.Affected.Unopened = start, &Watchdog{NeverHeard: true}, []string{"a"}
	for kind, api := range map[TroubleKind]API{KeyRefused: {State: APIRefusesKey}, APIDown: {State: APIFails}} {
		o.API = api
		var kinds []TroubleKind
		for _, t := range Troubles(o) {
			kinds = append(kinds, t.Kind)
		}
		assert.Equal(t, []TroubleKind{kind, Unopened, Refusing, NoWatchdog}, kinds)
	}
}

func TestNoWebhookIsNoTroubleAtOnceNorOfAFollower(t *testing.T) {
	o := fine()
	o.Webhooks = Webhooks{Since: start}
	o.Now = start.Add(noWebhookAfter - 1)
	assert.Empty(t, Troubles(o))
	o.Now = start.Add(noWebhookAfter)
	assert.Len(t, Troubles(o), 1)
	o.Replica = &Replica{Leads: true, HasLeader: true}
	assert.Len(t, Troubles(o), 1)
	o.Replica = &Replica{HasLeader: true}
	for _, trouble := range Troubles(o) {
		assert.NotEqual(t, NoWebhook, trouble.Kind)
	}
}

func TestLocalize(t *testing.T) {
	assert.Equal(t, "from 14:30 until 15:30.", Localize("from 2026-03-19T14:30:00Z until 2026-03-19T15:30:00Z.", func(t time.Time) string { return t.Format("15:04") }))
	assert.Equal(t, "2026-99-19T14:30:00Z", Localize("2026-99-19T14:30:00Z", func(time.Time) string { return "" }))
}
