// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package reconcile drives Alert24 to what the ledger asks for: it takes aliases that need a call, makes it, and hands back what
// the answer taught. It knows the [Ledger] and the [Manager] only as ports, and decides nothing about an alias: package protocol
// does. Start reading at worker.go.
package reconcile

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Config of the loop.
type Config struct {
	// Workers is how many calls may be under way at once. Pages have as many workers again.
	Workers int
	// DeniedPause holds all requests back after the API did not accept the key.
	DeniedPause time.Duration
	// AuditInterval is the time between comparisons of Alert24's open incidents with the ledger; 0 is never.
	AuditInterval time.Duration
	// ShutdownGrace is how long Shutdown waits for answers before it gives the calls up.
	ShutdownGrace time.Duration
	// MayCall reports whether a call whose write-ahead began at since may still leave; nil: always.
	MayCall func(since time.Time) bool
	// Tracer of the calls' spans.
	Tracer trace.Tracer
}

// Reconciler is the loop.
type Reconciler struct {
	cfg      Config
	ledger   Ledger
	manager  Manager
	gate     *Gate
	finder   *finder
	queue    *queue
	observer Observer
	origins  origins
	updates  updateRecord
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
	r.finder = newFinder(m, g, r.found)
	r.stopping, r.stop = context.WithCancel(context.Background())
	r.calls, r.giveUp = context.WithCancel(context.Background())
	r.queue = newQueue(func(alias string) lane { return laneOf(l.Get(alias)) })
	return r
}

// Start begins to work on all aliases of the ledger.
func (r *Reconciler) Start() {
	for range max(1, r.cfg.Workers) {
		r.workers.Go(func() { r.work(false) })
		// Calls that hang may keep all other workers, but not these.
		r.workers.Go(func() { r.work(true) })
	}
	r.readers.Go(func() { r.finder.run(r.stopping) })
	r.readers.Go(r.watch)
	r.readers.Go(r.lookOut)
	r.learner.Go(r.learn)
	r.Notify(r.calls, r.ledger.Aliases()...)
}

// Notify tells that these aliases changed. The calls that follow continue the trace in ctx.
func (r *Reconciler) Notify(ctx context.Context, aliases ...string) {
	r.origins.add(trace.SpanContextFromContext(ctx), aliases)
	for _, a := range aliases {
		r.queue.add(a)
	}
}

// Abandon is Shutdown without grace, for a process that can no longer store what answers teach.
func (r *Reconciler) Abandon() {
	r.giveUp()
	r.Shutdown()
}

// Shutdown ends the loop within the grace, storage permitting. What is on the wire by then is in doubt, on disk. No goroutine of the loop
// is left when it returns. It is called once, after Start.
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
