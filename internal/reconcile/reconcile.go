// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package reconcile makes Alert24 match the ledger: it takes aliases that need a call, makes the call, and hands back the answer. It
// knows the [Ledger] and the [Manager] only as ports. Package protocol makes all decisions about an alias. Start reading at worker.go.
package reconcile

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Config configures the loop.
type Config struct {
	// Workers is how many calls may be under way at once. As many additional workers make only pages, and as many only what pages wait for.
	Workers int
	// DeniedPause is how long all requests are held back after the API refused the key.
	DeniedPause time.Duration
	// AuditInterval is the time between comparisons of Alert24's open incidents with the ledger; 0 means none, unless an alias is blocked.
	AuditInterval time.Duration
	// ShutdownGrace is how long Shutdown waits for answers before it gives up the calls.
	ShutdownGrace time.Duration
	// MayCall reports whether a call whose write-ahead began at since may still leave; nil: always.
	MayCall func(since time.Time) bool
	// Tracer makes the spans of the calls.
	Tracer trace.Tracer
}

// Reconciler is the loop between the ledger and Alert24.
type Reconciler struct {
	cfg      Config
	ledger   Ledger
	manager  Manager
	gate     *Gate
	finder   *finder
	queue    *queue
	observer Observer
	origins  origins
	creates  writeRecord
	updates  writeRecord
	recovery recovery

	answers  chan *answered
	workers  sync.WaitGroup
	readers  sync.WaitGroup // the finder, the audit and lookOut
	learner  sync.WaitGroup
	stopping context.Context //nolint:containedctx // ends when no further call may begin
	stop     context.CancelFunc
	calls    context.Context //nolint:containedctx // ends when calls on the wire are given up
	giveUp   context.CancelFunc
}

// New returns a loop that has not started. g is the gate that the manager's requests pass.
func New(cfg Config, l Ledger, m Manager, g *Gate, observer Observer) *Reconciler {
	r := &Reconciler{
		cfg: cfg, ledger: l, manager: m, gate: g, observer: observer,
		origins: origins{spans: map[string][]trace.SpanContext{}},
		answers: make(chan *answered, maxUnlearnt),
	}
	r.finder = newFinder(m, g, r.outdated, r.found)
	r.stopping, r.stop = context.WithCancel(context.Background())
	r.calls, r.giveUp = context.WithCancel(context.Background())
	r.queue = newQueue(func(alias string) lane { return laneOf(l.Timed(alias)) })
	return r
}

// Start starts work on all aliases of the ledger.
func (r *Reconciler) Start() {
	for range max(1, r.cfg.Workers) {
		for c := range numCrews {
			r.workers.Go(func() { r.work(c) })
		}
	}
	r.readers.Go(func() { r.finder.run(r.stopping) })
	r.readers.Go(r.watch)
	r.readers.Go(r.lookOut)
	r.learner.Go(r.learn)
	r.Notify(r.calls, r.ledger.Aliases()...)
}

// Notify tells the loop that these aliases changed. Their next calls continue the trace in ctx.
func (r *Reconciler) Notify(ctx context.Context, aliases ...string) {
	r.origins.add(trace.SpanContextFromContext(ctx), aliases)
	for _, a := range aliases {
		r.queue.add(a)
	}
}

// Abandon is Shutdown without grace, for a process that can no longer store answers.
func (r *Reconciler) Abandon() {
	r.giveUp()
	r.Shutdown()
}

// Shutdown stops the loop within the grace, unless the storage delays it. Calls that are still under way are in doubt, on disk. When it
// returns, all goroutines of the loop have ended. Call it once, after Start.
func (r *Reconciler) Shutdown() {
	r.stop()
	r.queue.close()
	grace := time.NewTimer(r.cfg.ShutdownGrace)
	defer grace.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.workers.Wait()
		r.readers.Wait()
	}()
	select {
	case <-done:
	case <-grace.C:
	}
	r.giveUp()
	<-done
	close(r.answers)
	r.learner.Wait()
}
