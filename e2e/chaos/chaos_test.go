// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	shortRun = 10 * time.Second
	// changeEvery is how often an alert of a family changes, on average.
	changeEvery = 400 * time.Millisecond
	// calmLimit bounds how long the collector may need to come to rest after all faults end.
	calmLimit = 60 * time.Second
	// restTime is how long nothing may happen before the run counts as at rest. It is longer than every timer of the collector.
	restTime = echoHold + settleTime + auditInterval + time.Second
	// shown is the number of aliases whose histories a failure prints.
	shown = 2
)

// run is one run: a period of chaos, and the calm after it.
type run struct {
	sandbox   *harness.Sandbox
	collector *harness.Collector
	families  []*family
	counts    *counts
	seed      uint64

	worlds   map[world]bool
	calls    *calls
	weather  *weather
	people   *people
	stranger *stranger

	lives  []entry  // when the collector was killed and started
	logs   []packed // one for each of its lives
	kills  int
	stops  int
	ends   []span
	pauses []span
}

// TestChaos runs for CHAOS_SECONDS, 10 by default. CHAOS_SEED repeats the choices of an earlier run, but not its timing: the
// programs are real.
func TestChaos(t *testing.T) {
	found, err := harness.BinariesFromEnv(harness.CollectorEnv)
	if err != nil && os.Getenv("ALERT24_E2E") == "" {
		t.Skipf("run `make chaos`: %v", err)
	}
	require.NoError(t, err)
	seconds := fromEnv(t, "CHAOS_SECONDS", uint64(shortRun/time.Second))
	seed := fromEnv(t, "CHAOS_SEED", rand.Uint64N(1e6)+1)
	t.Logf("CHAOS_SEED=%d CHAOS_SECONDS=%d", seed, seconds)

	r := start(t, found.Collector, seed)
	began := time.Now()
	watched, endWatch := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() { r.calls.watch(watched, r.sandbox.Requests) })
	r.chaos(t, time.Duration(seconds)*time.Second)
	rules := r.sandbox.Faults()
	r.sandbox.ClearFaults()
	r.deliverRest(t)
	calm := time.Now()
	r.rest(t)
	resting := time.Since(calm)
	endWatch()
	watch.Wait()

	r.calls.drain(r.sandbox.Requests(), time.Now())
	judged := time.Now()
	v := r.evidence().judge()
	r.report(t, v, rules, calm.Sub(began), resting, time.Since(judged))
	r.requireChaos(t, v, rules, int(seconds))
	r.requirePromise(t, v)
}

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, name)
	return n
}

func start(t *testing.T, binary string, seed uint64) *run {
	t.Helper()
	r := &run{seed: seed, counts: newCounts(), calls: &calls{}}
	r.worlds = chosen(t, r.source(11_000))
	for n := range families {
		r.families = append(r.families, newFamily(n, r.source(uint64(3000+n))))
	}
	r.sandbox = harness.StartSandbox(func(o *sandbox.Options) {
		o.Seed = seed
		o.MaxRequests, o.MaxIncidents, o.MaxHistory = keptRequests, 1_000_000, 1000
		if r.worlds[unchanged] {
			o.Switches = nil
		}
	})
	t.Cleanup(r.sandbox.Close)
	r.weather = &weather{api: r.sandbox.Server, random: r.source(12_000), counts: map[string]int{}}
	r.stranger = &stranger{api: r.sandbox.Server, random: r.source(13_000), families: r.families}
	r.people = &people{api: r.sandbox.Server, random: r.source(14_000), families: r.families, counts: map[string]int{}}
	if r.worlds[personEdits] {
		r.people.deeds = append(r.people.deeds, edit...)
	}
	if r.worlds[personCloses] {
		r.people.deeds = append(r.people.deeds, closing)
	}
	var err error
	r.collector, err = harness.StartCollector(t.Context(), harness.CollectorOptions{
		Binary: binary, Endpoint: r.sandbox.Endpoint, APIKey: r.sandbox.Key, Dir: t.TempDir(), Set: settings(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.collector.Stop()) })
	return r
}

// source gives each part of the run its own random choices.
func (r *run) source(part uint64) *rand.Rand { return rand.New(rand.NewPCG(r.seed, part)) }

// chaos changes alerts, sends webhooks, makes the API fail and kills the collector, for a while. On a slow machine, it goes on until each
// kind of failure has happened.
func (r *run) chaos(t *testing.T, length time.Duration) {
	t.Helper()
	require.NoError(t, r.sandbox.SetFaults(faults(r.worlds)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() {
		defer cancel()
		if sleep.For(ctx, length) {
			_ = harness.Await(ctx, calmLimit, func(context.Context) error { // requireChaos tells what is missing
				if missing := r.lacks(r.sandbox.Faults()); len(missing) > 0 {
					return fmt.Errorf("not happened: %v", missing)
				}
				return nil
			})
		}
	})
	wire := newWire(r.collector.Webhook)
	for n, f := range r.families {
		random := r.source(uint64(n))
		all.Go(func() { f.run(ctx, random) })
	}
	for n, sender := range r.replicas(wire) {
		sender.random, sender.late = r.source(uint64(1000+n)), all.Go
		all.Go(func() { sender.run(ctx) })
	}
	run := func(in bool, part func(context.Context) error) {
		if in {
			all.Go(func() { assert.NoError(t, part(ctx)) })
		}
	}
	run(r.worlds[putAnswers], r.weather.run)
	run(len(r.people.deeds) > 0, r.people.run)
	run(r.worlds[otherTool], r.stranger.run)
	err := r.crash(ctx)
	cancel()
	all.Wait()
	require.NoError(t, err)
}

// replicas returns two senders for each group.
func (r *run) replicas(wire line) []*replica { return replicas(r.families, wire, r.counts) }

func replicas(families []*family, wire line, counts *counts) []*replica {
	var senders []*replica
	for _, f := range families {
		for _, group := range f.groups {
			for number := range 2 {
				senders = append(senders, &replica{number: number, family: f, group: group, wire: wire, counts: counts})
			}
		}
	}
	return senders
}

// deliverRest lets the senders deliver what they owe, without disturbance. Then they repeat all firing alerts, as Alertmanager does
// at each repeat_interval, so an incident that a person closed comes back.
func (r *run) deliverRest(t *testing.T) {
	t.Helper()
	r.note("left alone")
	for _, f := range r.families {
		for _, p := range f.problems {
			for _, a := range p.alerts {
				a.heardAt = time.Time{} // gossip has had enough time
			}
		}
	}
	senders := r.replicas(newWire(r.collector.Webhook))
	for n, sender := range senders {
		sender.random = r.source(uint64(2000 + n))
	}
	settle := func(senders []*replica, all bool) {
		require.NoError(t, harness.Await(t.Context(), calmLimit, func(ctx context.Context) error {
			senders = slices.DeleteFunc(senders, func(r *replica) bool { return r.settle(ctx, all) })
			if len(senders) > 0 {
				return fmt.Errorf("%d senders owe something", len(senders))
			}
			return nil
		}))
	}
	settle(slices.Clone(senders), false)
	sleep.For(t.Context(), refreshInterval+settleTime)
	settle(slices.Clone(senders), true)
}

// rest waits until there has been no write for so long that none can follow. Audits continue to read.
func (r *run) rest(t *testing.T) {
	t.Helper()
	writes, since := -1, time.Now()
	err := harness.Await(t.Context(), calmLimit, func(context.Context) error {
		stats := r.sandbox.Stats()
		total := stats.PendingCommits
		for _, operation := range []fault.Operation{fault.Create, fault.Update, fault.Resolve} {
			total += stats.Requests[string(operation)]
		}
		if total != writes {
			writes, since = total, time.Now()
		}
		if quiet := time.Since(since); quiet < restTime {
			return fmt.Errorf("the last of %d writes was %s ago", writes, quiet)
		}
		return nil
	})
	r.logs = append(r.logs, pack(r.collector.Log()))
	assert.NoError(t, err, "the collector does not come to rest; it wrote last: %v", r.lastWrites())
}

// lastWrites returns a few of the newest writes, for the log of a long wait.
func (r *run) lastWrites() []string {
	var last []string
	for _, q := range slices.Backward(r.sandbox.Requests()) {
		if q.Method != http.MethodGet && len(last) < 5 {
			last = append(last, fmt.Sprintf("\n%s %s %s => %d: %.200s", stamp(q.Time), q.Method, q.Path, q.Status, q.Body))
		}
	}
	return last
}

// evidence collects the results of the run.
func (r *run) evidence() *evidence {
	return &evidence{
		families: r.families, webhooks: r.counts.webhooks, incidents: r.sandbox.Incidents(), byID: r.calls.byID(), noFault: r.calls.texts.number(""),
		reads: r.calls.reads(), ends: r.ends, pauses: r.pauses, blind: r.weather.blind, gap: r.sandbox.Switches().NonAtomicCreate,
	}
}
