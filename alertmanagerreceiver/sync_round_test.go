// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// TestRoundIsTooOld: a round that took longer than a pause is incomplete, even if every Alertmanager has answered.
func TestRoundIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := defaultConfig()
		cfg.Sync.Endpoints = []string{"http://a"}
		h := handlerOf(t, cfg, consumertest.NewNop())
		longest := cfg.Sync.Interval + pause
		for age, want := range map[time.Duration]bool{0: true, longest: true, longest + time.Nanosecond: false, -time.Hour: true} {
			r := round{complete: true, began: time.Now().Add(-age)}
			h.poller.notice(t.Context(), &r)
			assert.Equal(t, want, r.complete, age)
			assert.GreaterOrEqual(t, r.age(), time.Duration(0))
		}
	})
}

// TestPipelineTakesTooLong: alerts of a list that became too old meanwhile are not passed on.
func TestPipelineTakesTooLong(t *testing.T) {
	type stamp struct{}
	for _, takes := range []time.Duration{time.Second, 2 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			defer inprocess.OnArrival(func(ctx context.Context) context.Context { return context.WithValue(ctx, stamp{}, true) })()
			w := listing(routed("X", time.Hour, "active", muted))
			var got []string
			_, stop := polled(t, w, consumeFunc(func(ctx context.Context, logs plog.Logs) error {
				assert.Equal(t, true, ctx.Value(stamp{}), "exporters know when the list arrived")
				got = append(got, recordsOf(logs)[0].EventName())
				time.Sleep(takes)
				return nil
			}), bothOf("a"))
			time.Sleep(10 * time.Second)
			stop()
			if takes > time.Minute {
				assert.Equal(t, []string{attrs.SyncEventName}, got)
			} else {
				assert.Equal(t, []string{attrs.SyncEventName, attrs.EventName}, got)
			}
		})
	}
}

// TestFirstAlertmanagerDoesNotAnswer: the answer of the other one makes the list neither complete nor that of a cluster.
func TestFirstAlertmanagerDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{answer: map[string]func() (string, string, error){}}
		w.answer["a:9093"] = func() (string, string, error) { return "", "", errors.New("no route") }
		w.says("b:9093", solo, "[]")
		sink := new(consumertest.LogsSink)
		h, stop := polled(t, w, sink)
		time.Sleep(35 * time.Second)
		assert.Equal(t, false, get(t, lastSync(t, sink), attrs.SyncComplete))
		assert.Equal(t, 2*time.Minute, h.poller.resolveWait(), "nobody knows whether they are peers")
		stop()
	})
}

// TestSyncSaysItOnce: a reason why the sync is incomplete is a warning, once until it changes.
func TestSyncSaysItOnce(t *testing.T) {
	set, logged := observed()
	cfg := defaultConfig()
	cfg.Sync.Endpoints = []string{"http://a"}
	h, err := newHandler(set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	e := newEndpoint("http://a", nil, h.converter, nil)
	for i, why := range []string{"it was started", "it was started", "", "", "it was started", "it settles"} {
		h.poller.note(t.Context(), e, &answer{why: why}, nil)
		assert.Equal(t, []int{1, 1, 1, 1, 2, 3}[i], logged.Len())
	}
}

// TestFinishOfARound: an alert waits only while no webhook has brought it, no Alertmanager suppresses it, and the list has it.
func TestFinishOfARound(t *testing.T) {
	k := func(first byte) webhook.Key { return webhook.Key{first} }
	waits, heard, barred, missing, resolved, later := k(1), k(2), k(3), k(4), k(5), k(6)
	r := &repair{heard: map[webhook.Key]hearing{
		heard: {4, true}, missing: {4, true}, resolved: {4, false}, later: {6, true},
	}}
	u := newUnheard()
	active := map[webhook.Key]bool{}
	for _, key := range []webhook.Key{waits, heard, barred, resolved} {
		active[key], u.since[key] = true, time.Now()
		u.due = append(u.due, dueAlert{key: key})
	}
	u.barred[barred] = true
	due := r.finish(&round{arrival: 5, complete: true, active: active, unheard: u})
	require.Len(t, due, 2)
	assert.Equal(t, []webhook.Key{waits, resolved}, []webhook.Key{due[0].key, due[1].key})
	assert.Equal(t, map[webhook.Key]hearing{heard: {4, true}, later: {6, true}}, r.heard, "a later webhook stays")
	r.passed(due, 5)
	assert.Contains(t, r.heard, waits)
}

// TestOneAlertmanagerNeedsNoCluster: resolves wait for nobody.
func TestOneAlertmanagerNeedsNoCluster(t *testing.T) {
	cfg := defaultConfig()
	cfg.Sync.Endpoints = []string{"http://a"}
	assert.Zero(t, handlerOf(t, cfg, consumertest.NewNop()).poller.resolveWait())
}

// TestAskListsAnAlertTwice: an alert that is in a list twice is active if one of the two is.
func TestAskListsAnAlertTwice(t *testing.T) {
	for _, states := range [][]string{{"active", "suppressed"}, {"suppressed", "active"}} {
		a, err := asked(t, scripted(t, alertmanagers{
			"/api/v2/status": statusOf(time.Hour, alone), "/api/v2/alerts": listOf(listedAlert("A", states[0]), listedAlert("A", states[1])),
		}), nil)
		require.NoError(t, err)
		require.Len(t, a.alerts, 1)
		for _, active := range a.alerts {
			assert.True(t, active, strings.Join(states, ", "))
		}
	}
}

// TestOldAlertmanagerIsWarnedOf: the warning comes once.
func TestOldAlertmanagerIsWarnedOf(t *testing.T) {
	set, logged := observed()
	cfg := defaultConfig()
	bothOf("a")(&cfg.Sync)
	h, err := newHandler(set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	r := h.poller.repairs
	for range 2 {
		u := newUnheard()
		r.look(&u, webhook.Key{1}, &webhook.ListedAlert{Receivers: []string{r.receiver}}, time.Now())
		h.poller.repair(t.Context(), &round{unheard: u})
		assert.Equal(t, 1, logged.Len())
	}
}

// TestStartInTheFuture: the clock of an Alertmanager may be ahead. The alert waits from now on.
func TestStartInTheFuture(t *testing.T) {
	now := time.Now()
	r, u := &repair{receiver: "r", now: func() time.Time { return now }}, newUnheard()
	r.look(&u, webhook.Key{1}, &webhook.ListedAlert{
		Alert: webhook.Alert{StartsAt: now.Add(time.Hour)}, Receivers: []string{"r"}, TellsMuted: true,
	}, now)
	assert.Equal(t, now, u.since[webhook.Key{1}])
}
