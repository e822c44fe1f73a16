// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package reconcile drives Alert24 to what the ledger asks for: it takes aliases that need a call, makes it, and
// commits what the answer taught. One alias is never worked on by two workers.
package reconcile

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/client-go/util/workqueue"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

const (
	// storagePause is the time between tries of a write to storage that failed.
	storagePause = time.Second
	// learnDelay is how long an answer waits for others to share its transaction. The webhooks of that time have the
	// disk to themselves.
	learnDelay = 5 * time.Millisecond
	// maxUnlearnt bounds the answers that wait; then workers wait, too.
	maxUnlearnt = 1024
)

// Config of the loop.
type Config struct {
	// Workers bounds the concurrent requests.
	Workers int
	// RequestsPerSecond bounds the rate; 0 is no limit.
	RequestsPerSecond float64
	// Timeout of one request.
	Timeout time.Duration
	// DeniedPause holds all requests back after the API did not accept the key.
	DeniedPause time.Duration
	// AuditInterval is the time between comparisons of Alert24's open incidents with the ledger; 0 is never.
	AuditInterval time.Duration
	// ShutdownGrace is how long Shutdown waits for answers before it gives the requests up.
	ShutdownGrace time.Duration
	// InitialStatus of a new incident; empty leaves it to Alert24.
	InitialStatus string
	// Tracer of the calls' spans.
	Tracer trace.Tracer
	// Source is the source that our incidents carry.
	Source string
}

// Observer hears what happens. Its methods are called concurrently and must not block.
type Observer interface {
	// Called reports one call and its answer; err is nil when the API carried it out.
	Called(kind ledger.Kind, verdict ledger.Verdict, took time.Duration, err error)
	// Learned reports what an answer changed, after it is on disk.
	Learned(a *ledger.Answered, err error)
	// Audited reports a comparison of Alert24's open incidents with the ledger.
	Audited(orphans int, err error)
	// Waited reports how long a request was held back by a limit or a pause.
	Waited(d time.Duration)
	// StorageFailed reports a write to storage that will be tried again.
	StorageFailed(err error)
}

// Reconciler is the loop.
type Reconciler struct {
	cfg      Config
	ledger   *ledger.Ledger
	api      API
	gate     *gate
	listing  *listing
	lookups  lookups
	queue    workqueue.TypedDelayingInterface[string]
	observer Observer
	tracer   trace.Tracer
	origins  origins
	now      func() time.Time

	answers  chan *answered
	workers  sync.WaitGroup
	finder   sync.WaitGroup
	auditor  sync.WaitGroup
	learner  sync.WaitGroup
	stopping context.Context //nolint:containedctx // ends when no further call may begin
	stop     context.CancelFunc
	calls    context.Context //nolint:containedctx // ends when calls on the wire are given up
	giveUp   context.CancelFunc
}

type answered struct {
	ledger.Answered
	err error
}

// New returns a loop over l that has not started.
func New(cfg Config, l *ledger.Ledger, api API, observer Observer, now func() time.Time) *Reconciler {
	r := &Reconciler{
		cfg: cfg, ledger: l, api: api, observer: observer, tracer: cfg.Tracer, now: now,
		origins: origins{spans: map[string][]trace.SpanContext{}},
		gate:    newGate(cfg.RequestsPerSecond, cfg.Workers, now, observer.Waited),
		lookups: lookups{wake: make(chan struct{}, 1)},
		answers: make(chan *answered, maxUnlearnt),
	}
	r.listing = &listing{api: api, gate: r.gate, now: now, timeout: cfg.Timeout}
	r.stopping, r.stop = context.WithCancel(context.Background())
	r.calls, r.giveUp = context.WithCancel(context.Background())
	pq := newPriorityQueue(func(alias string) priority { return priorityOf(l.Get(alias)) })
	r.queue = workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[string]{
		Queue: workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[string]{Queue: pq}),
	})
	return r
}

// Start begins to work on all aliases of the ledger.
func (r *Reconciler) Start() {
	for range r.cfg.Workers {
		r.workers.Go(r.work)
	}
	r.finder.Go(r.lookUp)
	r.learner.Go(r.learn)
	if r.cfg.AuditInterval > 0 {
		r.auditor.Go(r.audit)
	}
	r.Notify(r.calls, r.ledger.Aliases()...)
}

// Notify tells that these aliases changed. The calls that follow continue the trace in ctx.
func (r *Reconciler) Notify(ctx context.Context, aliases ...string) {
	r.origins.add(trace.SpanContextFromContext(ctx), aliases)
	for _, a := range aliases {
		r.queue.Add(a)
	}
}

// Shutdown ends the loop within the grace, storage permitting. What is on the wire by then is in doubt, on disk.
// It is called once, after Start.
func (r *Reconciler) Shutdown() {
	r.stop()
	r.queue.ShutDown()
	timer := time.AfterFunc(r.cfg.ShutdownGrace, r.giveUp)
	defer timer.Stop()
	r.workers.Wait()
	close(r.lookups.wake)
	r.finder.Wait()
	r.auditor.Wait()
	r.giveUp()
	close(r.answers)
	r.learner.Wait()
}

func (r *Reconciler) work() {
	for {
		alias, shutdown := r.queue.Get()
		if shutdown {
			return
		}
		// A queue that is shut down still hands out what is in it.
		if r.stopping.Err() != nil || !r.process(alias) {
			r.queue.Done(alias)
		}
	}
}

// process makes the alias's next call, if it needs one. It reports whether an answer is under way, which then
// ends the work on the alias.
func (r *Reconciler) process(alias string) bool {
	d := r.ledger.Peek(alias)
	if d.Call.Kind == ledger.NoCall && (d.Wake.IsZero() || d.Wake.After(r.now())) {
		r.origins.take(alias)
		r.wake(alias, d.Wake)
		return false
	}
	if d.Call.Kind != ledger.NoCall && d.Call.Kind != ledger.Lookup {
		if err := r.gate.wait(r.stopping); err != nil {
			return false
		}
	}
	e, d, err := r.ledger.Claim(r.stopping, alias)
	switch {
	case err != nil:
		r.observer.StorageFailed(err)
		r.queue.AddAfter(alias, storagePause)
		return false
	case d.Call.Kind == ledger.NoCall:
		r.wake(alias, d.Wake)
		return false
	}
	began := r.now()
	l := &lookup{entry: e, call: d.Call}
	switch {
	case d.Call.Kind != ledger.Lookup:
		ctx, span := r.startSpan(r.calls, alias, d.Call)
		answer, err := r.send(withWhy(ctx, e, d.Call), e, d.Call)
		endSpan(span, answer, err)
		r.finish(alias, d.Call, answer, began, err)
	case l.needsOpen() || l.needsRecent():
		r.lookups.add(l)
	default:
		r.answer(l, nil, began, nil)
	}
	return true
}

// finish hands an answer on. It is committed without the worker: losing it leaves doubt, which is safe.
func (r *Reconciler) finish(alias string, c ledger.Call, a ledger.Answer, began time.Time, err error) {
	r.observer.Called(c.Kind, a.Verdict, r.now().Sub(began), err)
	r.hold(a, err)
	r.answers <- &answered{Answered: ledger.Answered{Alias: alias, Call: c, Answer: a}, err: err}
}

func (r *Reconciler) wake(alias string, at time.Time) {
	if !at.IsZero() {
		r.queue.AddAfter(alias, max(at.Sub(r.now()), 0))
	}
}

// hold keeps all requests back when the API asks for it or does not know the key.
func (r *Reconciler) hold(a ledger.Answer, err error) {
	if a.RetryAfter > 0 {
		r.gate.pause(a.RetryAfter)
	}
	if e, ok := errors.AsType[*alert24.Error](err); ok && e.Status == http.StatusUnauthorized {
		r.gate.pause(r.cfg.DeniedPause)
	}
}

// learn commits answers, as many as wait, in one transaction.
func (r *Reconciler) learn() {
	for first := range r.answers {
		batch := []*answered{first}
		sleep(r.stopping, learnDelay)
		for n := len(r.answers); n > 0; n-- {
			batch = append(batch, <-r.answers)
		}
		r.commit(batch)
	}
}

func (r *Reconciler) commit(batch []*answered) {
	answers := make([]*ledger.Answered, len(batch))
	for i, a := range batch {
		answers[i] = &a.Answered
	}
	for {
		err := r.ledger.Learn(context.Background(), answers)
		if err == nil {
			break
		}
		r.observer.StorageFailed(err)
		if !sleep(r.stopping, storagePause) {
			return // shutting down: disk has the write-ahead, so the calls are in doubt after the restart
		}
	}
	for _, a := range batch {
		if a.Entry != nil {
			r.observer.Learned(&a.Answered, a.err)
		}
		r.queue.Add(a.Alias)
		r.queue.Done(a.Alias)
	}
}
