// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// poller periodically asks all Alertmanagers for their alerts, and sends the result as one record.
type poller struct {
	handler   *handler // its arrivals order lists and webhooks
	cfg       *SyncConfig
	source    string
	version   string // of the instrumentation scope
	endpoints []*endpoint
	repairs   *repair // nil: lists open no incidents

	// apart: the Alertmanagers are not known to be members of one cluster, so one may send a resolve while the alert fires at another.
	apart atomic.Bool
}

// newPoller returns nil if there are no endpoints.
func newPoller(h *handler, cfg *Config, version string) *poller {
	if len(cfg.Sync.Endpoints) == 0 {
		return nil
	}
	p := &poller{handler: h, cfg: &cfg.Sync, source: cfg.Sync.source(h.id), version: version, repairs: newRepair(&cfg.Sync, h.converter)}
	p.apart.Store(len(cfg.Sync.Endpoints) > 1)
	return p
}

// open sets the client. The client follows no redirects, because they would take the credentials along.
func (p *poller) open(client *http.Client) {
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, address := range p.cfg.Endpoints {
		p.endpoints = append(p.endpoints, newEndpoint(address, client, p.handler.converter, p.repairs))
	}
}

// hear notes the alerts of a webhook that the pipeline has accepted.
func (p *poller) hear(alerts []webhook.Alert, d *webhook.Delivery) {
	if p != nil {
		p.repairs.hear(alerts, d.Arrival)
	}
}

// sentBy warns once if a webhook comes from a receiver of Alertmanager other than sync::receiver: its name may be misspelled. Alertmanager
// quotes the name as a regular expression, Grafana does not.
func (p *poller) sentBy(receiver string) {
	if p == nil || p.repairs == nil || receiver == "" || receiver == p.repairs.receiver || receiver == regexp.QuoteMeta(p.repairs.receiver) {
		return
	}
	p.repairs.other.Do(func() {
		p.handler.logger.Warn("A webhook came from another receiver of Alertmanager than sync::receiver: sync::repair opens no incident for its alerts",
			zap.String("receiver", text.Line(receiver, maxLogged)), zap.String("sync_receiver", p.repairs.receiver))
	})
}

// resolveWait is how long resolves wait for the next list.
func (p *poller) resolveWait() time.Duration {
	if p == nil || !p.apart.Load() {
		return 0
	}
	return 2 * p.cfg.Interval
}

// run polls until ctx ends. It spreads the polls of a round over the interval.
func (p *poller) run(ctx context.Context) {
	defer p.endpoints[0].client.CloseIdleConnections()
	if p.repairs != nil {
		// Start at 0: a counter that starts at 1 shows no increase.
		p.handler.telemetry.optional.ReceiverAlertmanagerSyncPassedOnAlerts.Add(ctx, 0, p.handler.telemetry.own)
	}
	slot := p.cfg.Interval / time.Duration(len(p.endpoints))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for at := time.Now(); ; {
		r := round{complete: true, active: map[webhook.Key]bool{}, silences: map[string]*silence{}, unheard: newUnheard()}
		for i, e := range p.endpoints {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			if i == 0 {
				r.arrival, r.began = p.handler.arrivals.Add(1), time.Now() // the answers may not include later webhooks
			}
			p.ask(ctx, e, &r, min(p.cfg.ClientConfig.Timeout, slot))
			// After a delay, for example while the machine slept, it continues from now.
			if at = at.Add(slot); time.Since(at) > slot {
				at = time.Now()
			}
			timer.Reset(time.Until(at))
		}
		if ctx.Err() != nil {
			return
		}
		p.finish(ctx, &r)
	}
}

// round holds one answer of each Alertmanager.
type round struct {
	arrival  int64
	began    time.Time
	complete bool
	active   map[webhook.Key]bool // false: suppressed
	statuses []*webhook.Status
	silences map[string]*silence
	unheard  unheard
}

// age is the time since the first poll. It also uses the wall clock, which counts the time while the machine slept.
func (r *round) age() time.Duration {
	now := time.Now()
	return max(now.Sub(r.began), now.Round(0).Sub(r.began.Round(0)), 0)
}

// pause is how much longer than the interval a round may take. A longer round was paused, and its first answers are too old.
const pause = 10 * time.Second

// notice marks a round that was paused as incomplete. The exporter notices later pauses.
func (p *poller) notice(ctx context.Context, r *round) context.Context {
	ctx = inprocess.Arrived(ctx)
	r.complete = r.complete && r.age() <= p.cfg.Interval+pause
	return ctx
}

// silence is a silence with the alerts to which it applies.
type silence struct {
	webhook.Silence

	keys map[webhook.Key]bool
}

// silenced adds the silences of an answer to the round.
func (r *round) silenced(a *answer) {
	for id, found := range a.silences {
		s := r.silences[id]
		if s == nil {
			s = &silence{Silence: found, keys: map[webhook.Key]bool{}}
			r.silences[id] = s
		}
		for _, k := range a.silenced[id] {
			s.keys[k] = true
		}
	}
}

// ask adds the answer of one Alertmanager. Its listed alerts fire, even if the list is incomplete.
func (p *poller) ask(ctx context.Context, e *endpoint, r *round, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	a, err := e.ask(ctx, p.cfg.StartupGrace, &r.unheard)
	for k, active := range a.alerts {
		r.active[k] = r.active[k] || active
	}
	if r.complete = r.complete && a.whole(); a.status != nil {
		r.statuses = append(r.statuses, a.status)
	}
	r.silenced(&a)
	p.note(ctx, e, &a, err)
}

// finish sends the record of a round.
func (p *poller) finish(ctx context.Context, r *round) {
	if len(r.statuses) == len(p.endpoints) {
		if apart := !webhook.OneCluster(r.statuses); p.apart.Swap(apart) != apart {
			p.handler.logger.Info("Asked the Alertmanagers whether they are peers of one cluster; if not, resolves wait for the next sync",
				zap.Bool("peers", !apart))
		}
	}
	ctx = p.notice(ctx, r)
	attributes := p.handler.telemetry.own
	p.handler.telemetry.ReceiverAlertmanagerSyncComplete.Record(ctx, number(r.complete), attributes)
	p.handler.telemetry.optional.ReceiverAlertmanagerSyncListedAlerts.Record(ctx, int64(len(r.active)), attributes)
	if err := p.handler.consume(ctx, p.record(r)); err != nil && ctx.Err() == nil {
		p.handler.logger.Warn("The pipeline did not accept Alertmanager's list of alerts; the next sync sends a new one", zap.Error(err))
	}
	p.repair(p.notice(ctx, r), r)
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// keys returns the sorted keys of a set with the given value, concatenated.
func keys(set map[webhook.Key]bool, value bool) []byte {
	var keys []webhook.Key
	for k, is := range set {
		if is == value {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b webhook.Key) int { return slices.Compare(a[:], b[:]) })
	b := make([]byte, 0, len(keys)*len(webhook.Key{}))
	for _, k := range keys {
		b = append(b, k[:]...)
	}
	return b
}
