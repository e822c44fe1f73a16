// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a loop with a fake ledger and a fake manager, in the fake time of a synctest bubble.
type world struct {
	*fakeManager
	t       *testing.T
	options options
	ledger  *fakeLedger
	loop    *Reconciler
	seen    *record
}

type options struct {
	rate  float64
	cfg   func(*Config)
	fates func(op, alias string) *fate
}

// inWorld runs f in a bubble of fake time, and then stops the loop.
func inWorld(t *testing.T, o options, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, o)
		defer func() { w.loop.Shutdown() }()
		synctest.Wait()
		time.Sleep(rtt) // the check at start
		f(w)
	})
}

func newWorld(t *testing.T, o options) *world {
	t.Helper()
	w := &world{t: t, options: o, ledger: newFakeLedger(t), seen: &record{}, fakeManager: &fakeManager{fates: o.fates}}
	w.start()
	return w
}

func (w *world) start() {
	cfg := Config{Workers: 8, DeniedPause: time.Minute, ShutdownGrace: 2 * time.Second, Tracer: noop.NewTracerProvider().Tracer("")}
	if w.options.cfg != nil {
		w.options.cfg(&cfg)
	}
	w.gate = NewGate(w.options.rate, cfg.Workers, func(time.Duration) {})
	w.loop = New(cfg, w.ledger, w.fakeManager, w.gate, w.seen)
	w.loop.Start()
}

// restart starts another process with what is on disk.
func (w *world) restart() {
	w.t.Helper()
	w.loop.Shutdown()
	w.ledger.load()
	w.start()
}

// fire applies a firing without letting time pass.
func (w *world) fire(alias string, s incident.Severity, summary string) {
	w.t.Helper()
	w.ledger.apply(firing(alias, s, summary))
	w.loop.Notify(w.t.Context(), alias)
}

func (w *world) resolve(alias string) {
	w.t.Helper()
	w.ledger.apply(resolved(alias))
	w.loop.Notify(w.t.Context(), alias)
}

// moment is long enough for a call and for the calls that its answer leads to.
const moment = 10 * rtt

// record keeps the reports of the loop.
type record struct {
	mu sync.Mutex
	heard
}

type heard struct {
	calls   []called
	lessons []protocol.Lesson
	storage []error
	audits  []audited
}

type called struct {
	kind   protocol.Kind
	result protocol.Result
	err    error
}

type audited struct {
	orphans int
	err     error
}

// now returns the reports so far.
func (r *record) now() heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return heard{slices.Clone(r.calls), slices.Clone(r.lessons), slices.Clone(r.storage), slices.Clone(r.audits)}
}

func (r *record) Called(_ string, kind protocol.Kind, result protocol.Result, _ time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, called{kind, result, err})
}

func (r *record) Learned(a *protocol.Answered, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lessons = append(r.lessons, a.Lesson)
}

func (r *record) Audited(orphans int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.audits = append(r.audits, audited{orphans, err})
}

func (r *record) StorageFailed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.storage = append(r.storage, err)
}
