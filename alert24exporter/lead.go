// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// campaign leads whenever this replica is elected, until ctx ends.
func (r *replica) campaign(ctx context.Context) {
	for ctx.Err() == nil {
		l, err := r.db.Campaign(ctx)
		if err == nil {
			err = r.lead(ctx, l)
		}
		if err != nil && ctx.Err() == nil {
			r.set.Logger.Error("This replica cannot lead; it waits for database::lease before it tries again, so that another one can lead", zap.Error(err))
			sleep.For(ctx, r.lease)
		}
	}
}

// lead works on incidents until the leadership or ctx ends. It returns an error if it could not begin.
func (r *replica) lead(ctx context.Context, l ledger.Leadership) error {
	defer r.resign(ctx, l)
	t, err := r.take(ctx, l)
	if err != nil {
		select {
		case <-l.Lost():
			return nil // the leadership has logged the reason
		default:
			return err
		}
	}
	r.telemetry.builder.ExporterAlert24Takeovers.Add(ctx, 1, r.telemetry.own)
	r.term.Store(t) // before the first call: names of services that become known later reach the loop
	t.start()       //nolint:contextcheck // it ends with the term
	for {
		select {
		case <-ctx.Done():
			r.term.Store(nil) // webhooks go to the successor
			t.shutdown()
			return nil
		case <-l.Lost():
			r.term.Store(nil)
			t.abandon()
			r.telemetry.forgetAPI(ctx)
			return nil
		case <-l.Wake():
			r.drain(ctx, t, l)
		}
	}
}

// take loads the former leader's entries. Its calls that are under way are in doubt. Webhooks accepted by followers come before any others.
func (r *replica) take(ctx context.Context, l ledger.Leadership) (*term, error) {
	lc, rc := r.ledgerConfig(), r.loopConfig()
	lc.Policy.Unsettled, lc.Fresh, lc.Unpack = l.Unsettled(), r.lease/4, r.unpack
	r.listed.take() // lists from a former leadership are old
	rc.MayCall, rc.Workers = l.MayCall, leaderWorkers(r.cfg.Limits, r.lease)
	t, err := r.begin(ctx, lc, rc, measuredLeadership{l, r.telemetry})
	if err != nil {
		return nil, err
	}
	t.punctual = r.punctual
	t.arrived = func(ctx context.Context) time.Time { return r.arrived(ctx).Moment() }
	return t, t.ledger.Drain(ctx)
}

// punctual returns a function that tells why a webhook comes too late: its sender has gone, or may have sent newer data to another replica.
func (r *replica) punctual(ctx context.Context) func() error {
	arrived := r.arrived(ctx)
	return func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return r.db.Punctual(arrived)
	}
}

// leaderWorkers bounds the calls that wait at the gate, because a call must not leave after more than a third of the lease. Pages have
// as many additional workers, and an update takes two requests.
func leaderWorkers(l LimitsConfig, lease time.Duration) int {
	if l.RequestsPerSecond == 0 {
		return l.ConcurrentRequests
	}
	inTime := l.RequestsPerSecond * lease.Seconds() / 3
	return max(1, min(l.ConcurrentRequests, int(inTime/4)))
}

// drain applies the content of the inbox. Lists must not overtake the webhooks that were in the inbox with them. So it applies the lists
// that were read before it began: once it has applied the inbox, these webhooks are applied, too. A webhook of this replica may read
// others at any moment.
func (r *replica) drain(ctx context.Context, t *term, l ledger.Leadership) {
	lists := r.listed.take()
	if err := t.ledger.Drain(ctx); err == nil {
		r.syncListed(ctx, t, lists)
	} else {
		r.listed.giveBack(lists)
		if !errors.Is(err, ledger.ErrDeposed) {
			r.telemetry.failures.Error("The inbox cannot be read; it is tried again each second", zap.Error(err))
		}
	}
	_, live := t.ledger.Counts()
	if t.ledger.Full() {
		live = max(live, r.cfg.Limits.Aliases) // followers refuse new alerts, too
	}
	l.Publish(live)
}

// syncListed applies lists that were in the inbox.
func (r *replica) syncListed(ctx context.Context, t *term, lists map[string]*protocol.Snapshot) {
	for _, s := range lists {
		if err := t.sync(ctx, s); err != nil && !errors.Is(err, ledger.ErrDeposed) {
			r.telemetry.failures.Warn("A list of alerts from another replica could not be applied; the next list replaces it", zap.Error(err))
		}
	}
}

// resign lets another replica lead.
func (r *replica) resign(ctx context.Context, l ledger.Leadership) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(r.lease/2, time.Second))
	defer cancel()
	if err := l.Close(ctx); err != nil {
		r.set.Logger.Warn("The leadership could not be handed over", zap.Error(err))
	}
}
