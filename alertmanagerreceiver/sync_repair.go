// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

const (
	// repairAfter is how long an alert must be active without a webhook before it is passed on.
	repairAfter = 5 * time.Minute
	// maxRepairBytes bounds the memory of the alerts that one sync passes on. The next syncs pass on the rest.
	maxRepairBytes = 4 << 20
	// maxHeard bounds the alerts that are known to have come by webhook. Any others are passed on as well, as repeats.
	maxHeard = 200_000
)

// repair finds firing alerts that no webhook has brought since this process started. Only the poller uses the fields that mu does not
// guard.
type repair struct {
	receiver  string // the name of Alertmanager's receiver
	converter *webhook.Converter
	now       func() time.Time

	mu    sync.Mutex
	heard map[webhook.Key]hearing
	asked int64 // position of the last complete list in the order of arrival

	// waiting tells since when the other alerts are known to be active: alerts of the first complete list since their start, all others
	// since they were first listed as active.
	waiting map[webhook.Key]time.Time
	began   bool // there was a complete list
	warned  bool // about an Alertmanager that is too old
	other   sync.Once
}

// hearing is the last webhook about an alert, or the list that passed it on.
type hearing struct {
	arrival int64
	firing  bool
}

func newRepair(cfg *SyncConfig, converter *webhook.Converter) *repair {
	if cfg.Repair != RepairBoth {
		return nil
	}
	return &repair{receiver: cfg.Receiver, converter: converter, now: time.Now, heard: map[webhook.Key]hearing{}}
}

// hear notes the alerts of a webhook that the pipeline has accepted.
func (r *repair) hear(alerts []webhook.Alert, arrival int64) {
	if r == nil {
		return
	}
	keys := make([]webhook.Key, len(alerts))
	for i := range alerts {
		keys[i] = r.converter.Key(&alerts[i])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range alerts {
		r.note(keys[i], hearing{arrival, alerts[i].Status == attrs.StatusFiring})
	}
}

// note keeps the newest hearing. It ignores one from before the last list, because a later hearing may already be forgotten.
func (r *repair) note(k webhook.Key, h hearing) {
	former, known := r.heard[k]
	if h.arrival < r.asked || known && former.arrival > h.arrival || !known && len(r.heard) >= maxHeard {
		return
	}
	r.heard[k] = h
}

func (r *repair) knows(k webhook.Key) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := r.heard[k]
	return known
}

// unheard holds the alerts of a round that may have to be passed on.
type unheard struct {
	since map[webhook.Key]time.Time // active at least since then
	// barred alerts are suppressed by one Alertmanager, even if not by another.
	barred map[webhook.Key]bool
	due    []dueAlert
	room   int  // for more of them, in bytes
	old    bool // an Alertmanager does not tell which alerts a time interval mutes
}

type dueAlert struct {
	key   webhook.Key
	alert webhook.Alert
}

func newUnheard() unheard {
	return unheard{since: map[webhook.Key]time.Time{}, barred: map[webhook.Key]bool{}, room: maxRepairBytes}
}

// look adds a listed alert to u if it is routed to the receiver and no webhook has come. now is the Alertmanager's time.
func (r *repair) look(u *unheard, k webhook.Key, listed *webhook.ListedAlert, now time.Time) {
	switch {
	case r == nil:
		return
	case listed.Suppressed:
		u.barred[k] = true
		return
	case !slices.Contains(listed.Receivers, r.receiver) || r.knows(k):
		return
	case !listed.TellsMuted:
		u.barred[k], u.old = true, true
		return
	}
	if _, twice := u.since[k]; twice {
		return
	}
	since, waits := r.waiting[k]
	if !waits {
		since = r.now()
		if !r.began && !listed.StartsAt.IsZero() {
			since = since.Add(-max(0, now.Sub(listed.StartsAt)))
		}
	}
	u.since[k] = since
	if r.now().Sub(since) < repairAfter || u.room <= 0 {
		return
	}
	u.room -= listed.Bytes
	u.due = append(u.due, dueAlert{k, listed.Keep()})
}

// finish ends a round, and returns the alerts to pass on. An incomplete round returns none.
func (r *repair) finish(rd *round) (due []dueAlert) {
	if r == nil || !rd.complete {
		return nil
	}
	r.began = true
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = rd.arrival
	for k, h := range r.heard {
		// The last webhook resolved this alert before the list shows it as active: its wait begins now.
		if _, listed := rd.active[k]; h.arrival < rd.arrival && (!listed || !h.firing) {
			delete(r.heard, k)
		}
	}
	r.waiting = rd.unheard.since
	for k := range r.waiting {
		if _, heard := r.heard[k]; heard || rd.unheard.barred[k] {
			delete(r.waiting, k)
		}
	}
	for _, d := range rd.unheard.due {
		if _, waits := r.waiting[d.key]; waits {
			due = append(due, d)
		}
	}
	return due
}

// passed notes that the pipeline has accepted alerts of a list.
func (r *repair) passed(due []dueAlert, arrival int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range due {
		r.note(due[i].key, hearing{arrival, true})
	}
}

// repair passes on the alerts that should have come by webhook. In the order of arrival, they take the position of the round.
func (p *poller) repair(ctx context.Context, rd *round) {
	due := p.repairs.finish(rd)
	if rd.unheard.old && !p.repairs.warned {
		p.repairs.warned = true
		p.handler.logger.Warn("An Alertmanager older than 0.28 does not say which alerts a time interval mutes: sync::repair opens no incident for its alerts")
	}
	if len(due) == 0 {
		return
	}
	alerts := make([]webhook.Alert, len(due))
	for i := range due {
		alerts[i] = due[i].alert
	}
	d := webhook.Delivery{Epoch: p.handler.epoch, Arrival: rd.arrival, Received: p.repairs.now(), ListedBy: p.source}
	for _, w := range webhook.AsWebhooks(p.repairs.receiver, alerts) {
		logs, _ := p.handler.converter.Logs(w, &d)
		if err := p.handler.consume(ctx, logs); err != nil {
			if ctx.Err() == nil {
				p.handler.logger.Warn("The pipeline did not accept alerts that no webhook brought; the next sync passes them on", zap.Error(err))
			}
			return
		}
	}
	p.repairs.passed(due, rd.arrival)
	p.handler.telemetry.optional.ReceiverAlertmanagerSyncPassedOnAlerts.Add(ctx, int64(len(due)), p.handler.telemetry.own)
	p.handler.logger.Info("Passed on alerts that Alertmanager lists, but has not sent since the start of the bridge",
		zap.Int("alerts", len(due)))
}
