// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// steady measures the cost of repeats of unchanged alerts.
func (b *bench) steady() {
	const every = 5 * time.Second
	n := b.size.steady
	s := b.bridge(0)
	defer s.close()
	s.fill(0, n)
	calls, before, began := s.calls(), b.cpuTime(s.target.pid), time.Now()
	for round := range int(b.size.steadyFor / every) {
		s.sendOnce(0, n, budgetPerWebhook)
		sleep.For(b.Context(), time.Until(began.Add(time.Duration(round+1)*every)))
	}
	calls = s.calls() - calls
	b.table.add(row{
		what: fmt.Sprintf("API calls for %d live aliases repeated every %s", n, every),
		ours: count(float64(calls)), peer: "0", ratio: float64(calls),
	}.atMost(0))
	share := (b.cpuTime(s.target.pid) - before).Seconds() / time.Since(began).Seconds()
	b.table.add(row{what: "the same: share of one core", ours: number(100*share) + " %", ratio: share}.atMost(0.05))
}

// calls counts the requests that the API has got.
func (s *stage) calls() (sum int) {
	for _, n := range s.sandbox.Stats().Requests {
		sum += n
	}
	return sum
}

// fill opens the aliases from up to but not including to, and waits until all incidents are open.
func (s *stage) fill(from, to int) {
	const perWebhook = 10 // each count of aliases is a multiple of it
	s.sendOnce(from, to, perWebhook)
	s.awaitOpen(to)
}

func (s *stage) sendOnce(from, to, perWebhook int) {
	s.send(s.target, load{
		connections: 2, perWebhook: perWebhook, webhooks: int64((to - from) / perWebhook),
		next: func(n int) alert { return fresh(from + n) },
	})
}

// many measures a growing number of live aliases: first the cost per alert, then memory, start and rate with all of them.
func (b *bench) many() {
	s := b.bridge(0)
	defer s.close()
	empty := s.heap()
	var first time.Duration
	live := 0
	for n := 10; n <= b.size.live; n *= 10 {
		s.fill(live, n)
		live = n
		repeat := b.send(s.target, b.scattered(n, 0, b.size.window)).cpuPerAlert()
		if first == 0 {
			first = repeat
		}
		b.table.add(row{
			what: fmt.Sprintf("processor time per repeated alert, %d live aliases, over that with 10", n),
			ours: duration(repeat), peer: duration(first), ratio: over(float64(repeat), float64(first)),
		})
	}
	s.keep("heap", "heap?gc=1")
	b.addHeap(fmt.Sprintf("heap per live alias, %d of them", live), float64(s.heap()-empty)/float64(live))
	b.restarted(s, empty)
}

// settle waits until the collector has little to do. After a start, it compares the content of every incident with what was last
// written.
func (s *stage) settle() {
	const step, idle, limit = 500 * time.Millisecond, 25 * time.Millisecond, 5 * time.Minute
	require.NoError(s, harness.Await(s.Context(), limit, func(ctx context.Context) error {
		before := s.cpuTime(s.target.pid)
		if !sleep.For(ctx, step) {
			return ctx.Err()
		}
		if used := s.cpuTime(s.target.pid) - before; used >= idle {
			return fmt.Errorf("the collector is busy: %s of %s", used, step)
		}
		return nil
	}))
}

// addHeap adds the bytes of one live alias and their budget.
func (b *bench) addHeap(what string, each float64) {
	const budget = 2048
	b.table.add(row{what: what, ours: count(each) + " B", peer: count(budget) + " B", ratio: each / budget}.atMost(1))
}

// restarted measures the start from disk, and then the rate with all aliases live.
func (b *bench) restarted(s *stage, empty int64) {
	s.latency(apiLatency)
	s.collector.Kill()
	began := time.Now()
	require.NoError(b, s.collector.Start(b.Context()))
	b.table.add(row{what: fmt.Sprintf("start with %d live aliases on disk, until healthy", b.size.live), ours: duration(time.Since(began))})
	s.target = b.targetOf(s.collector)
	s.settle()
	s.keep("heap-restarted", "heap?gc=1")
	b.addHeap("the same after a restart", float64(s.heap()-empty)/float64(b.size.live))

	peer := b.peerRate(budgetConnections)
	done := s.profile("many", 2*b.size.window)
	changed := b.send(s.target, b.scattered(b.size.live, 1, 2*b.size.window))
	done()
	b.table.add(row{
		what: fmt.Sprintf("acknowledged alerts/s, fsync, 20 per webhook, 8 connections, every alert changes one of %d live aliases", b.size.live),
		ours: count(changed.rate()), peer: countOrNone(peer), ratio: over(changed.rate(), peer),
	}.atLeast(50))
}

// scattered sends the load of the budgets for live aliases in an order unrelated to the disk. If value is above 0, each alert has a
// new text.
func (b *bench) scattered(live, value int, window time.Duration) load {
	const prime = 7919
	return load{
		connections: budgetConnections, perWebhook: min(live, budgetPerWebhook), duration: window,
		next: func(n int) alert {
			a := fresh(n * prime % live)
			if value > 0 {
				a.value = value + n/live
			}
			return a
		},
	}
}
