// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/reconcile"
)

// term is the time during which this process works on incidents: always, or while it leads. It has its own ledger and loop.
type term struct {
	exporter *alert24Exporter
	ledger   *ledger.Ledger
	loop     *reconcile.Reconciler
	watch    *watch
	// punctual returns a function that tells why the webhook of a context comes too late, and arrived when it arrived. They are set only
	// for replicas.
	punctual func(ctx context.Context) func() error
	arrived  func(ctx context.Context) time.Time
}

// begin loads the content of store. It does not start the loop.
func (e *alert24Exporter) begin(ctx context.Context, lc ledger.Config, rc reconcile.Config, store ledger.Store) (*term, error) {
	t := &term{exporter: e}
	e.terms.Add(1)
	lc.Unpacked = t.unpacked
	if unpack := lc.Unpack; unpack != nil {
		lc.Unpack = func(r ledger.Row) ([]protocol.Event, error) {
			events, err := unpack(r)
			t.watch.hear(events, time.Now().Add(-r.Waited))
			return events, err
		}
	}
	t.ledger = ledger.New(lc, store)
	began := time.Now()
	damage, err := t.ledger.Load(ctx)
	if err != nil {
		return nil, err
	}
	e.telemetry.optional.ExporterAlert24LedgerLoadDuration.Record(ctx, time.Since(began).Seconds(), e.telemetry.own)
	e.logDamage(damage)
	e.services.await(ctx)
	t.loop = reconcile.New(rc, t.ledger, e.manager, e.gate, (*observer)(e))
	t.watch = newWatch(t, time.Now())
	return t, nil
}

// start starts work on incidents.
func (t *term) start() {
	t.loop.Start()
	t.watch.start()
}

// shutdown ends the term. abandon also ends it, but leaves calls that are under way to a successor.
func (t *term) shutdown() {
	t.watch.stop()
	t.loop.Shutdown()
}

func (t *term) abandon() {
	t.watch.stop()
	t.loop.Abandon()
}

// ledger returns this process's ledger, or nil while another replica has it.
func (e *alert24Exporter) ledger() *ledger.Ledger {
	if t := e.term.Load(); t != nil {
		return t.ledger
	}
	return nil
}

// accept returns nil once the ledger holds all events and snapshots.
func (t *term) accept(ctx context.Context, events []protocol.Event, snapshots []*protocol.Snapshot) (err error) {
	if len(events) > 0 {
		err = t.take(ctx, events)
	}
	for _, s := range snapshots {
		err = errors.Join(err, t.sync(ctx, s))
	}
	return err
}

// take applies events.
func (t *term) take(ctx context.Context, events []protocol.Event) error {
	began := time.Now()
	arrived := began
	if t.arrived != nil {
		arrived = t.arrived(ctx)
	}
	t.watch.hear(events, arrived)
	outcomes, err := t.apply(ctx, events)
	t.exporter.telemetry.applied(ctx, outcomes, time.Since(began), err)
	t.applied(ctx, events, outcomes)
	return err
}

// applied processes the outcomes of events that the ledger has applied.
func (t *term) applied(ctx context.Context, events []protocol.Event, outcomes []protocol.Outcome) {
	t.loop.Notify(ctx, t.ledger.ToWake(events, outcomes)...)
	if slices.Contains(outcomes, protocol.ResolveWaits) {
		t.watch.holds.begin()
	}
	t.noticed(events, outcomes)
}

func (t *term) apply(ctx context.Context, events []protocol.Event) ([]protocol.Outcome, error) {
	ctx, span := t.exporter.tracer.Start(ctx, "alert24 ledger write")
	defer span.End()
	if span.IsRecording() {
		span.SetAttributes(attribute.Int("alert24.events", len(events)))
	}
	var punctual func() error
	if t.punctual != nil {
		punctual = t.punctual(ctx)
	}
	outcomes, err := t.ledger.Apply(ctx, events, punctual)
	if err != nil {
		span.SetAttributes(attribute.String("error.type", errorType(err)))
		span.SetStatus(otelcodes.Error, err.Error())
	}
	return outcomes, err
}

// unpacked processes the outcomes of webhooks that other replicas accepted.
func (t *term) unpacked(events []protocol.Event, outcomes []protocol.Outcome) {
	ctx := context.Background()
	t.exporter.telemetry.outcomes(ctx, outcomes)
	t.applied(ctx, events, outcomes)
}
