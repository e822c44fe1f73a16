// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// bothOf asks the Alertmanagers at these hosts, and opens incidents for alerts that no webhook brought.
func bothOf(hosts ...string) func(c *SyncConfig) {
	return func(c *SyncConfig) {
		c.Repair, c.Receiver, c.Endpoints = RepairBoth, "web.hook", nil
		for _, h := range hosts {
			c.Endpoints = append(c.Endpoints, "http://"+h)
		}
	}
}

// routed is a listed alert that began this long ago. more is added to its status.
func routed(name string, age time.Duration, state, more string) string {
	return fmt.Sprintf(`{"fingerprint":"f-%s","labels":{"alertname":%q},"annotations":{"summary":"%[1]s burns"},"startsAt":%[3]q,"endsAt":"2100-01-01T00:00:00Z",
		"generatorURL":"http://prometheus/x","receivers":[{"name":"other"},{"name":"web.hook"}],"status":{"state":%[4]q,"silencedBy":[],"inhibitedBy":[]%[5]s}}`,
		name, name, time.Now().Add(-age).UTC().Format(time.RFC3339Nano), state, more)
}

// muted is Alertmanager's field about time intervals since 0.28.
const muted = `,"mutedBy":[]`

// passed returns the alerts that lists have brought so far.
func passed(t *testing.T, sink *consumertest.LogsSink) (records []plog.LogRecord, names []string) {
	t.Helper()
	for _, logs := range sink.AllLogs() {
		for _, r := range recordsOf(logs) {
			if r.EventName() == attrs.EventName {
				records = append(records, r)
				names = append(names, get(t, r.Attributes(), attrs.AlertName).(string))
			}
		}
	}
	return records, names
}

func labelsOf(name string) labels.Set { return labels.FromMap(map[string]string{"alertname": name}) }

// listing is a world with one Alertmanager, a.
func listing(list ...string) *world {
	w := &world{answer: map[string]func() (string, string, error){}}
	w.says("a", solo, "["+strings.Join(list, ",")+"]")
	return w
}

// TestRepair: an alert that is active for five minutes without a webhook is passed on once, in the form of a webhook.
func TestRepair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := []string{
			routed("Old", 10*time.Minute, "active", muted), routed("Young", 0, "active", muted), routed("Silenced", time.Hour, "suppressed", muted),
			strings.ReplaceAll(routed("Elsewhere", time.Hour, "active", muted), "web.hook", "webXhook"),
		}
		w, sink := listing(list...), new(consumertest.LogsSink)
		h, stop := polled(t, w, sink, bothOf("a"))
		defer stop()
		time.Sleep(30 * time.Second)
		records, names := passed(t, sink)
		require.Equal(t, []string{"Old"}, names, "of the first list the start counts")
		m := records[0].Attributes()
		assert.Equal(t, h.poller.source, get(t, m, attrs.ListedBy))
		assert.Equal(t, attrs.StatusFiring, get(t, m, attrs.AlertStatus))
		assert.Equal(t, "Old burns", get(t, m, attrs.AlertAnnotationPrefix+"summary"))
		assert.Equal(t, "http://prometheus/x", get(t, m, attrs.AlertGeneratorURL))
		assert.Equal(t, h.epoch, get(t, m, attrs.Epoch))
		assert.EqualValues(t, 1, seqOf(t, records[0])>>24, "a webhook since the request is newer")
		_, ends := m.Get(attrs.AlertEndsAt)
		assert.False(t, ends, "the end of the list is that of a lease")
		key := h.converter.Key(&webhook.Alert{Fingerprint: "f-Old", Labels: labelsOf("Old")})
		assert.Equal(t, key[:], get(t, m, attrs.AlertKey))

		h.poller.hear([]webhook.Alert{{Status: "firing", Fingerprint: "f-Told", Labels: labelsOf("Told")}}, &webhook.Delivery{Arrival: h.arrivals.Add(1)})
		w.says("a", solo, "["+strings.Join(append(list, routed("Told", time.Hour, "active", muted)), ",")+"]")
		time.Sleep(10 * time.Minute)
		_, names = passed(t, sink)
		assert.Equal(t, []string{"Old", "Young"}, names)
	})
}

// TestRepairWaits: after the first list, an alert's time counts from the first list that shows it as active. A resolve restarts it.
func TestRepairWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := listing(routed("Late", time.Hour, "suppressed", muted))
		sink := new(consumertest.LogsSink)
		h, stop := polled(t, w, sink, bothOf("a"))
		defer stop()
		time.Sleep(90 * time.Second)
		w.says("a", solo, "["+routed("Late", time.Hour, "active", muted)+","+routed("Back", time.Hour, "active", muted)+"]")
		h.poller.hear([]webhook.Alert{{Status: "resolved", Fingerprint: "f-Back", Labels: labelsOf("Back")}}, &webhook.Delivery{Arrival: h.arrivals.Add(1)})
		time.Sleep(5 * time.Minute)
		_, names := passed(t, sink)
		assert.Empty(t, names)
		time.Sleep(time.Minute)
		_, names = passed(t, sink)
		assert.Equal(t, []string{"Late"}, names)
		time.Sleep(time.Minute)
		_, names = passed(t, sink)
		assert.Equal(t, []string{"Late", "Back"}, names)
	})
}

// TestLateWebhook: a webhook that the pipeline accepts only after a later list does not count as a hearing. The alert may have resolved
// and fired again since.
func TestLateWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, sink := listing(), new(consumertest.LogsSink)
		h, stop := polled(t, w, sink, bothOf("a"))
		defer stop()
		stuck := &webhook.Delivery{Arrival: h.arrivals.Add(1)}
		time.Sleep(2 * time.Minute)
		h.poller.hear([]webhook.Alert{{Status: "firing", Fingerprint: "f-Again", Labels: labelsOf("Again")}}, stuck)
		w.says("a", solo, "["+routed("Again", 0, "active", muted)+"]")
		time.Sleep(7 * time.Minute)
		_, names := passed(t, sink)
		assert.Equal(t, []string{"Again"}, names)
	})
}

// TestRepairIsCareful: of these lists, only the first opens an incident, and only one.
func TestRepairIsCareful(t *testing.T) {
	const (
		starts  = `{"uptime":"2100-01-01T00:00:00Z","cluster":{"status":"disabled"}}`
		settles = `{"uptime":"1999-01-01T00:00:00Z","cluster":{"status":"settling"}}`
	)
	// The time is that of a bubble.
	active := func() string { return routed("X", time.Hour, "active", muted) }
	suppressed := func() string { return routed("X", time.Hour, "suppressed", muted) }
	const due = "both list it"
	for name, change := range map[string]func(w *world){
		due: func(w *world) { w.says("b", solo, "["+active()+"]") },
		"no answer of the other one": func(w *world) {
			w.answer["b"] = func() (string, string, error) { return "", "", errors.New("no route") }
		},
		"the other one was just started":     func(w *world) { w.says("b", starts, "["+active()+"]") },
		"the other one settles":              func(w *world) { w.says("b", settles, "["+active()+"]") },
		"the other one suppresses it":        func(w *world) { w.says("b", solo, "["+suppressed()+"]") },
		"an alert cannot be read":            func(w *world) { w.says("b", solo, "["+active()+`,{"labels":7}]`) },
		"a time interval mutes it":           func(w *world) { w.says("b", solo, "["+routed("X", time.Hour, "active", `,"mutedBy":["nights"]`)+"]") },
		"nobody tells of time intervals":     func(w *world) { w.says("a", solo, "["+routed("X", time.Hour, "active", "")+"]") },
		"Alertmanager has not looked at it":  func(w *world) { w.says("b", solo, "["+routed("X", time.Hour, "unprocessed", muted)+"]") },
		"it is not sent to the receiver":     func(w *world) { w.says("a", solo, "["+strings.ReplaceAll(active(), "web.hook", "web")+"]") },
		"the other one does not tell of any": func(w *world) { w.says("b", solo, "["+routed("X", time.Hour, "active", "")+"]") },
		"nobody knows its start":             func(w *world) { w.says("a", solo, "["+strings.Replace(active(), "startsAt", "from", 1)+"]") },
		"it has not yet burnt for long":      func(w *world) { w.says("a", solo, "["+routed("X", 3*time.Minute, "active", muted)+"]") },
		"it begins in the future of a clock": func(w *world) { w.says("a", solo, "["+routed("X", -time.Hour, "active", muted)+"]") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := listing(active())
				w.says("b", solo, "[]")
				change(w)
				sink := new(consumertest.LogsSink)
				_, stop := polled(t, w, sink, bothOf("a", "b"))
				defer stop()
				time.Sleep(90 * time.Second)
				_, names := passed(t, sink)
				assert.NotEmpty(t, sink.AllLogs())
				if name == due {
					assert.Equal(t, []string{"X"}, names)
					return
				}
				assert.Empty(t, names)
			})
		})
	}
}

// TestResolvesRepairsNoFirings: by default no firing is repaired.
func TestResolvesRepairsNoFirings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := listing(routed("Old", time.Hour, "active", muted))
		sink := new(consumertest.LogsSink)
		_, stop := polled(t, w, sink, bothOf("a"), func(c *SyncConfig) { c.Repair = RepairResolves })
		defer stop()
		time.Sleep(10 * time.Minute)
		_, names := passed(t, sink)
		assert.Empty(t, names)
	})
}

// TestRepairIsBounded: alerts beyond the bound wait for the next syncs, and refused ones are passed on again.
func TestRepairIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := func(name string) string {
			return strings.Replace(routed(name, time.Hour, "active", muted), "burns", strings.Repeat("x", maxRepairBytes/2), 1)
		}
		w := listing(large("A"), large("B"), large("C"), large("D"))
		sink := new(consumertest.LogsSink)
		var refusing atomic.Bool
		refusing.Store(true)
		next, err := consumer.NewLogs(func(ctx context.Context, logs plog.Logs) error {
			if refusing.Load() && recordsOf(logs)[0].EventName() == attrs.EventName {
				return errors.New("full")
			}
			return sink.ConsumeLogs(ctx, logs)
		})
		require.NoError(t, err)
		_, stop := polled(t, w, next, bothOf("a"))
		defer stop()
		time.Sleep(90 * time.Second)
		refusing.Store(false)
		time.Sleep(time.Minute)
		_, names := passed(t, sink)
		assert.Equal(t, []string{"A", "B"}, names)
		time.Sleep(time.Minute)
		_, names = passed(t, sink)
		assert.Equal(t, []string{"A", "B", "C", "D"}, names)
	})
}

// TestHeardIsBounded: an alert that is not known to have come is passed on, as a repeat.
func TestHeardIsBounded(t *testing.T) {
	r := &repair{heard: map[webhook.Key]hearing{}}
	for i := range maxHeard + 10 {
		r.note(webhook.Key{byte(i), byte(i >> 8), byte(i >> 16)}, hearing{1, true})
	}
	assert.Len(t, r.heard, maxHeard)
	r.note(webhook.Key{}, hearing{2, false})
	r.note(webhook.Key{}, hearing{1, true})
	assert.Equal(t, hearing{2, false}, r.heard[webhook.Key{}], "the last one counts")
}

// TestOtherReceiverIsWarnedOf: the warning comes once, and not for the configured receiver.
func TestOtherReceiverIsWarnedOf(t *testing.T) {
	cfg := defaultConfig()
	bothOf("a")(&cfg.Sync)
	core, logs := observer.New(zap.WarnLevel)
	set := receivertest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	h, err := newHandler(set, cfg, new(consumertest.LogsSink))
	require.NoError(t, err)
	for _, receiver := range []string{`web\.hook`, "web.hook", "", "pager", "mail"} {
		body := fmt.Sprintf(`{"version":"4","receiver":%q,"alerts":[{"status":"firing","labels":{"alertname":"A"},"startsAt":"2026-11-26T10:00:00Z"}]}`, receiver)
		require.Equal(t, 200, post(h, strings.NewReader(body)).Code)
	}
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, map[string]any{"receiver": "pager", "sync_receiver": "web.hook"}, logs.All()[0].ContextMap())
}

// TestRepairHearsWebhooks: alerts that the pipeline accepted need no repair; refused ones do.
func TestRepairHearsWebhooks(t *testing.T) {
	cfg := defaultConfig()
	bothOf("a")(&cfg.Sync)
	var refusal error
	next, err := consumer.NewLogs(func(context.Context, plog.Logs) error { return refusal })
	require.NoError(t, err)
	h, err := newHandler(receivertest.NewNopSettings(metadata.Type), cfg, next)
	require.NoError(t, err)
	const body = `{"version":"4","alerts":[{"status":"firing","fingerprint":"f","labels":{"alertname":"A"},"startsAt":"2026-11-26T10:00:00Z"}]}`
	refusal = errors.New("full")
	require.Equal(t, 503, post(h, strings.NewReader(body)).Code)
	assert.Empty(t, h.poller.repairs.heard)
	refusal = nil
	require.Equal(t, 200, post(h, strings.NewReader(body)).Code)
	key := h.converter.Key(&webhook.Alert{Fingerprint: "f", Labels: labelsOf("A")})
	assert.Equal(t, map[webhook.Key]hearing{key: {2, true}}, h.poller.repairs.heard)
}
