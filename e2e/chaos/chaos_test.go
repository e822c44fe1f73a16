// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	shortRun = 10 * time.Second
	// changeEvery is how often an alert of a family changes, on average.
	changeEvery = 400 * time.Millisecond
	// calmLimit bounds how long the collector may need to come to rest once all is well.
	calmLimit = 60 * time.Second
	// restTime is how long nothing may happen before we believe that nothing will: above every timer of the collector.
	restTime = echoHold + settleTime + time.Second
	// shown is how many aliases' histories a failure prints.
	shown = 2
)

// run is one time of chaos, and the calm after it.
type run struct {
	sandbox   *harness.Sandbox
	collector *harness.Collector
	families  []*family
	counts    *counts
	seed      uint64

	lives []entry  // when the collector was killed and started
	logs  []string // of each of its lives
	kills int
	stops int
}

// TestChaos runs for CHAOS_SECONDS, 10 by default. CHAOS_SEED gives the choices of an earlier run again, though not its
// timing: the programs are real.
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
	r.chaos(t, time.Duration(seconds)*time.Second)
	rules := r.sandbox.Faults()
	r.sandbox.ClearFaults()
	r.deliverRest(t)
	calm := time.Now()
	r.rest(t)
	r.report(t, rules, calm.Sub(began), time.Since(calm))

	r.requireChaos(t, rules, int(seconds))
	r.requirePromise(t)
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
	r := &run{seed: seed, counts: newCounts()}
	for n := range families {
		r.families = append(r.families, newFamily(n, r.source(uint64(3000+n))))
	}
	var err error
	r.sandbox, err = harness.StartSandbox(t.Context(), func(o *sandbox.Options) {
		o.Seed = seed
		o.MaxRequests = 200_000 // all of them, for the histories
	})
	require.NoError(t, err)
	t.Cleanup(r.sandbox.Close)
	r.collector, err = harness.StartCollector(t.Context(), harness.CollectorOptions{
		Binary: binary, Endpoint: r.sandbox.Endpoint(), APIKey: r.sandbox.Key, Dir: t.TempDir(), Set: settings(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.collector.Stop()) })
	return r
}

// source gives each part of the run choices of its own.
func (r *run) source(part uint64) *rand.Rand { return rand.New(rand.NewPCG(r.seed, part)) }

// chaos lets alerts come and go, senders send, the API fail and the collector die, for a while.
func (r *run) chaos(t *testing.T, length time.Duration) {
	t.Helper()
	require.NoError(t, r.sandbox.SetFaults(faults()))
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var all sync.WaitGroup
	wire := newWire(r.collector.Webhook)
	for n, f := range r.families {
		random := r.source(uint64(n))
		all.Go(func() {
			for sleep(ctx, time.Duration(random.ExpFloat64()*float64(changeEvery))) {
				f.live(random, time.Now().UTC().Truncate(time.Millisecond))
			}
		})
	}
	for n, sender := range r.replicas(wire) {
		sender.random, sender.late = r.source(uint64(1000+n)), all.Go
		all.Go(func() { sender.run(ctx) })
	}
	err := r.crash(ctx)
	cancel()
	all.Wait()
	require.NoError(t, err)
}

// replicas are two senders for each group.
func (r *run) replicas(wire *wire) []*replica {
	var senders []*replica
	for _, f := range r.families {
		for _, group := range f.groups {
			for number := range wire.clients {
				senders = append(senders, &replica{number: number, family: f, group: group, wire: wire, counts: r.counts})
			}
		}
	}
	return senders
}

// crash ends the collector again and again until ctx ends, mostly by SIGKILL, and leaves it running. Lives shorter than
// every timer alternate with some that are long enough for doubt to end.
func (r *run) crash(ctx context.Context) error {
	random := r.source(10_000)
	for {
		life := 200*time.Millisecond + time.Duration(random.Int64N(int64(1500*time.Millisecond)))
		if random.IntN(6) == 0 {
			life = settleTime + time.Duration(random.Int64N(int64(settleTime)))
		}
		if !sleep(ctx, life) {
			return nil
		}
		how := "killed"
		if random.IntN(8) == 0 {
			how = "stopped"
			r.stops++
			if err := r.collector.Stop(); err != nil {
				return err
			}
		} else {
			r.kills++
			r.collector.Kill()
		}
		r.note(how)
		// It comes back also when the chaos has ended meanwhile.
		if err := r.collector.Start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		r.note("started")
	}
}

func (r *run) note(what string) {
	r.lives = append(r.lives, entry{time.Now(), "----- the collector was " + what})
	if what != "started" {
		r.logs = append(r.logs, r.collector.Log())
	}
}

// deliverRest lets the senders say what they owe, without disturbance.
func (r *run) deliverRest(t *testing.T) {
	t.Helper()
	r.note("left alone")
	for _, f := range r.families {
		for _, p := range f.problems {
			for _, a := range p.alerts {
				a.heardAt = time.Time{} // gossip has had its time
			}
		}
	}
	senders := r.replicas(newWire(r.collector.Webhook))
	for n, sender := range senders {
		sender.random = r.source(uint64(2000 + n))
	}
	require.NoError(t, harness.Await(t.Context(), calmLimit, func(ctx context.Context) error {
		owing := 0
		for _, sender := range senders {
			if !sender.settle(ctx) {
				owing++
			}
		}
		if owing > 0 {
			return fmt.Errorf("%d senders owe something", owing)
		}
		return nil
	}))
}

// rest waits until nothing has happened for so long that nothing more will.
func (r *run) rest(t *testing.T) {
	t.Helper()
	requests, since := -1, time.Now()
	err := harness.Await(t.Context(), calmLimit, func(context.Context) error {
		stats := r.sandbox.Stats()
		total := stats.PendingCommits
		for _, n := range stats.Requests {
			total += n
		}
		if total != requests {
			requests, since = total, time.Now()
		}
		if quiet := time.Since(since); quiet < restTime {
			return fmt.Errorf("the last of %d requests was %s ago", requests, quiet)
		}
		return nil
	})
	r.logs = append(r.logs, r.collector.Log())
	assert.NoError(t, err, "the collector does not come to rest")
}
