// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

const alias = "HighErrorRate:api-01.prod"

// world is a loop over a ledger and a sandbox, in the fake time of a synctest bubble.
type world struct {
	*sandboxtest.Sandbox
	t      *testing.T
	policy *ledger.Policy
	ledger *ledger.Ledger
	loop   *Reconciler
	seen   *record
}

type options struct {
	content func(*incident.Config)
	cfg     func(*Config)
	policy  func(*ledger.Policy)
}

// inWorld runs f in a bubble of fake time.
func inWorld(t *testing.T, o options, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, o)
		defer w.loop.Shutdown()
		f(w)
	})
}

func newWorld(t *testing.T, o options) *world {
	t.Helper()
	box, hc := sandboxtest.StartInMemory(t, sandbox.Options{Seed: 1, Switches: sandbox.Merging})
	client, err := alert24.New(hc, box.Endpoint, alert24.WithAPIKey("ak_live_demodemodemodemodemodemodemodemo"))
	require.NoError(t, err)
	content := incident.DefaultConfig()
	if o.content != nil {
		o.content(&content)
	}
	renderer, err := incident.NewRenderer(content)
	require.NoError(t, err)
	policy := &ledger.Policy{
		SettleTime: 15 * time.Second, EchoWindow: 6 * time.Minute, EchoHold: 6 * time.Minute, Refresh: time.Hour,
		ClosedRetention: time.Hour, Render: renderer.Render,
		Backoff: ledger.Backoff{Initial: time.Second, Max: time.Minute, Multiplier: 1.5, RandomizationFactor: 0.5},
	}
	cfg := Config{
		Workers: 8, Timeout: 10 * time.Second, DeniedPause: time.Minute, ShutdownGrace: 2 * time.Second,
		Source: "prometheus", Tracer: noop.NewTracerProvider().Tracer(""),
	}
	if o.policy != nil {
		o.policy(policy)
	}
	if o.cfg != nil {
		o.cfg(&cfg)
	}
	w := &world{Sandbox: box, t: t, policy: policy, seen: &record{}}
	w.ledger = ledger.New(policy, nil, 1000, time.Now)
	w.loop = New(cfg, w.ledger, client, w.seen, time.Now)
	w.loop.Start()
	return w
}

// fire applies a firing, and lets the loop do all that it can at once.
func (w *world) fire(alias string, s incident.Severity, summary string) {
	w.t.Helper()
	w.apply(firing(alias, s, summary))
}

func (w *world) resolve(alias string, s incident.Severity, endsAt time.Time) {
	w.t.Helper()
	w.apply(resolved(alias, s, endsAt))
}

func firing(alias string, s incident.Severity, summary string) ledger.Event {
	return ledger.Event{Alias: alias, Firing: true, Alert: incident.Pack(new(alert(alias, s, summary)))}
}

func resolved(alias string, s incident.Severity, endsAt time.Time) ledger.Event {
	return ledger.Event{Alias: alias, Alert: incident.Pack(new(alert(alias, s, "over"))), EndsAt: endsAt}
}

func (w *world) apply(ev ledger.Event) {
	w.t.Helper()
	w.applyFrom(w.t.Context(), ev)
}

func (w *world) applyFrom(ctx context.Context, ev ledger.Event) {
	w.t.Helper()
	w.post(ctx, ev)
	w.pass(4 * learnDelay) // for a call and those that its answer leads to
}

// post applies events and lets no time pass.
func (w *world) post(ctx context.Context, events ...ledger.Event) {
	w.t.Helper()
	outcomes, err := w.ledger.Apply(ctx, events)
	require.NoError(w.t, err)
	w.loop.Notify(ctx, ledger.ToWake(events, outcomes)...)
	synctest.Wait()
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	synctest.Wait()
	time.Sleep(d) // fake time
	synctest.Wait()
}

func (w *world) fault(f sandbox.Fault) int {
	w.t.Helper()
	id, err := w.AddFault(f)
	require.NoError(w.t, err)
	return id
}

func (w *world) creates() int { stats := w.Stats(); return stats.Creates() }

// requests is the number of requests that reached the API.
func (w *world) requests() int { return len(w.Requests()) }

func alert(alias string, s incident.Severity, summary string) incident.Alert {
	return incident.Alert{
		Fingerprint: alias + s.String(),
		Name:        "HighErrorRate",
		Severity:    s,
		Labels:      labels.New(labels.Label{Name: "alertname", Value: "HighErrorRate"}),
		Annotations: labels.New(labels.Label{Name: "summary", Value: summary}),
	}
}

// record keeps what the loop reports.
type record struct {
	sync.Mutex
	verdicts []ledger.Verdict
	lessons  []ledger.Lesson
	storage  []error
	orphans  []int
	waited   time.Duration
}

func (r *record) Called(_ ledger.Kind, v ledger.Verdict, _ time.Duration, err error) {
	r.Lock()
	defer r.Unlock()
	r.verdicts = append(r.verdicts, v)
	if (v == ledger.Accepted) != (err == nil) && v != ledger.Gone {
		r.storage = append(r.storage, errors.New("verdict and error disagree"))
	}
}

func (r *record) Learned(a *ledger.Answered, _ error) {
	r.Lock()
	defer r.Unlock()
	r.lessons = append(r.lessons, a.Lesson)
}

func (r *record) Audited(orphans int, err error) {
	r.Lock()
	defer r.Unlock()
	r.orphans = append(r.orphans, orphans)
	if err != nil {
		r.storage = append(r.storage, err)
	}
}

func (r *record) Waited(d time.Duration) {
	r.Lock()
	defer r.Unlock()
	r.waited += d
}

func (r *record) StorageFailed(err error) {
	r.Lock()
	defer r.Unlock()
	r.storage = append(r.storage, err)
}
