// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replication

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// instances is how many alerts there are.
const instances = 12

// prometheus decides which alerts fire, and repeats them to the pair.
type prometheus struct {
	mu     sync.Mutex
	random *rand.Rand
	alerts []harness.Alert        // EndsAt is zero while an alert fires
	ends   map[string][]time.Time // of each instance
}

// change makes some alerts fire or resolve, and returns all alerts that ever fired.
func (p *prometheus) change(often int) []harness.Alert {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.alerts) == 0 {
		p.alerts = make([]harness.Alert, instances)
	}
	var told []harness.Alert
	for i := range p.alerts {
		a := &p.alerts[i]
		switch fires := !a.StartsAt.IsZero() && a.EndsAt.IsZero(); {
		case often == 0 || p.random.IntN(often) != 0:
		case fires:
			a.EndsAt = kit.Milliseconds(time.Now())
			p.ends[a.Labels["instance"]] = append(p.ends[a.Labels["instance"]], a.EndsAt)
		default:
			*a = kit.AlertOn("host-" + strconv.Itoa(i))
		}
		if !a.StartsAt.IsZero() {
			told = append(told, *a)
		}
	}
	return told
}

// setting reads a number from the environment, which make chaos sets.
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

// Whatever happens to replicas, their database and the API, the open incidents at the end match the alerts that Alertmanager reported as
// firing. The judge finds nothing wrong in the whole run.
func TestChaos(t *testing.T) {
	f := startSome(t, setting(t, "CHAOS_REPLICAS", replicas), "exporters.alert24.lifecycle.audit_interval="+audits.String())
	pair := f.pair(t)
	seed := uint64(setting(t, "CHAOS_SEED", int(time.Now().Unix())))
	t.Logf("seed %d", seed)
	p := &prometheus{random: rand.New(rand.NewPCG(seed, 1)), ends: map[string][]time.Time{}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(setting(t, "CHAOS_SECONDS", 20))*time.Second)
	defer cancel()
	var telling sync.WaitGroup
	telling.Go(func() {
		for sleep.For(ctx, time.Second) {
			_ = pair.Post(ctx, p.change(8)...) // sent again in a second
		}
	})
	c := &chaos{fleet: f, random: rand.New(rand.NewPCG(seed, 2)), did: map[string]int{}}
	for sleep.For(ctx, time.Duration(500+c.random.IntN(1000))*time.Millisecond) {
		c.strike(ctx, t)
	}
	telling.Wait()
	c.heal(t)
	err := harness.Await(t.Context(), 2*time.Minute, func(ctx context.Context) error {
		if err := pair.Post(ctx, p.change(0)...); err != nil {
			return err
		}
		if !sleep.For(ctx, time.Second) {
			return ctx.Err()
		}
		return f.agrees(p.change(0))
	})
	if err != nil {
		f.tell(t, p.change(0))
	}
	require.NoError(t, err)
	require.True(t, sleep.For(t.Context(), 2*audits))
	require.NoError(t, f.agrees(p.change(0)), "what was right did not stay so")
	c.judge(t, p)
}

// chaos causes one failure after another.
type chaos struct {
	*fleet
	random *rand.Rand
	did    map[string]int
}

func (c *chaos) strike(ctx context.Context, t *testing.T) {
	t.Helper()
	i := c.random.IntN(len(c.collectors))
	short := time.Duration(c.random.IntN(1500)) * time.Millisecond
	long := lease + time.Second + short
	switch n := c.random.IntN(6); n {
	case 0:
		c.did["kill -9"]++
		c.collectors[i].Kill()
		sleep.For(ctx, short)
		require.NoError(t, c.collectors[i].Start(context.WithoutCancel(ctx)))
	case 1:
		c.did["pause"]++
		require.NoError(t, c.collectors[i].Pause())
		sleep.For(ctx, long)
		require.NoError(t, c.collectors[i].Resume())
	case 2, 3:
		c.did["partition"]++
		faults := []pgtest.Fault{{HangToServer: true, HangToClient: true, Refuse: true}, {HangToServer: true}, {HangToClient: true}, {Refuse: true}}
		c.paths[i].Set(faults[c.random.IntN(len(faults))])
		if c.random.IntN(2) == 0 {
			c.paths[i].Cut()
		}
		sleep.For(ctx, long)
		c.paths[i].Set(pgtest.Fault{})
	case 4:
		c.did["restart of the database"]++
		require.NoError(t, c.server.Restart(context.WithoutCancel(ctx)))
	default:
		c.did["faults of the API"]++
		faults := []sandbox.Fault{
			{Status: http.StatusInternalServerError},
			{Status: http.StatusTooManyRequests},
			{Status: http.StatusBadGateway},
			{Status: http.StatusBadGateway, Commit: true},
			{Drop: true},
			{Drop: true, Commit: true},
		}
		chosen := faults[c.random.IntN(len(faults))]
		chosen.Match.Operation, chosen.Times = fault.Operations[c.random.IntN(len(fault.Operations))], 3
		_, err := c.sandbox.AddFault(chosen)
		require.NoError(t, err)
	}
}

// heal ends all faults.
func (c *chaos) heal(t *testing.T) {
	t.Helper()
	require.NoError(t, c.sandbox.SetFaults(nil))
	for i, path := range c.paths {
		path.Set(pgtest.Fault{})
		kit.Eventually(t, func(ctx context.Context) error { return kit.Readiness(ctx, t, c.collectors[i], http.StatusOK, "ready") })
	}
}
