// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// steady measures the cost of repeats of unchanged alerts.
func (b *bench) steady(ctx context.Context) error {
	const every = 5 * time.Second
	n := b.size.steady
	s, err := b.bridge(ctx, 0)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.fill(ctx, 0, n); err != nil {
		return err
	}
	calls := total(s.sandbox.Stats().Requests)
	before, err := cpuTime(s.target.pid)
	if err != nil {
		return err
	}
	began := time.Now()
	for round := range int(b.size.steadyFor / every) {
		if err := s.sendOnce(ctx, 0, n, budgetPerWebhook); err != nil {
			return err
		}
		if !sleep.For(ctx, time.Until(began.Add(time.Duration(round+1)*every))) {
			return ctx.Err()
		}
	}
	after, err := cpuTime(s.target.pid)
	if err != nil {
		return err
	}
	r := row{
		what: fmt.Sprintf("API calls for %d live aliases repeated every %s", n, every),
		ours: count(float64(total(s.sandbox.Stats().Requests) - calls)), peer: "0", ratio: float64(total(s.sandbox.Stats().Requests) - calls),
	}
	r.atMost(0)
	b.table.add(r)
	share := (after - before).Seconds() / time.Since(began).Seconds()
	r = row{what: "the same: share of one core", ours: percent(share), ratio: share}
	r.atMost(0.05)
	b.table.add(r)
	return nil
}

func total(counts map[string]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// fill opens the aliases from up to but not including to, and waits until all incidents are open.
func (s *stage) fill(ctx context.Context, from, to int) error {
	const perWebhook = 10 // each count of aliases is a multiple of it
	if err := s.sendOnce(ctx, from, to, perWebhook); err != nil {
		return err
	}
	return s.awaitOpen(ctx, to)
}

func (s *stage) sendOnce(ctx context.Context, from, to, perWebhook int) error {
	_, err := s.target.send(ctx, load{
		connections: 2, perWebhook: perWebhook, webhooks: int64((to - from) / perWebhook),
		next: func(n int) alert { return fresh(from + n) },
	})
	return err
}

// many measures a growing number of live aliases: first the cost per alert, then memory, start and rate with all of them.
func (b *bench) many(ctx context.Context) error {
	s, err := b.bridge(ctx, 0)
	if err != nil {
		return err
	}
	defer s.close()
	empty, err := s.heap(ctx)
	if err != nil {
		return err
	}
	var first time.Duration
	live := 0
	for n := 10; n <= b.size.live; n *= 10 {
		if err := s.fill(ctx, live, n); err != nil {
			return err
		}
		live = n
		repeat, err := s.target.send(ctx, b.scattered(n, 0, b.size.window))
		if err != nil {
			return err
		}
		if first == 0 {
			first = repeat.cpuPerAlert()
		}
		b.table.add(row{
			what: fmt.Sprintf("processor time per repeated alert, %d live aliases, over that with 10", n),
			ours: duration(repeat.cpuPerAlert()), peer: duration(first),
			ratio: over(float64(repeat.cpuPerAlert()), float64(first)),
		})
	}
	b.keep(ctx, s, "heap", "heap?gc=1")
	full, err := s.heap(ctx)
	if err != nil {
		return err
	}
	b.addHeap(fmt.Sprintf("heap per live alias, %d of them", live), float64(full-empty)/float64(live))
	return b.restarted(ctx, s, empty)
}

// settle waits until the collector has little to do. After a start, it compares the content of every incident with what was last
// written.
func (s *stage) settle(ctx context.Context) error {
	const step, idle, limit = 500 * time.Millisecond, 25 * time.Millisecond, 5 * time.Minute
	return harness.Await(ctx, limit, func(ctx context.Context) error {
		before, err := cpuTime(s.target.pid)
		if err != nil {
			return err
		}
		if !sleep.For(ctx, step) {
			return ctx.Err()
		}
		after, err := cpuTime(s.target.pid)
		if used := after - before; err == nil && used >= idle {
			return fmt.Errorf("the collector is busy: %s of %s", used, step)
		}
		return err
	})
}

// addHeap adds the bytes of one live alias and their budget.
func (b *bench) addHeap(what string, each float64) {
	const budget = 2048
	r := row{what: what, ours: count(each) + " B", peer: count(budget) + " B", ratio: each / budget}
	r.atMost(1)
	b.table.add(r)
}

// restarted measures the start from disk, and then the rate with all aliases live.
func (b *bench) restarted(ctx context.Context, s *stage, empty int64) error {
	if err := s.latency(apiLatency); err != nil {
		return err
	}
	s.collector.Kill()
	began := time.Now()
	if err := s.collector.Start(ctx); err != nil {
		return err
	}
	b.table.add(row{what: fmt.Sprintf("start with %d live aliases on disk, until healthy", b.size.live), ours: duration(time.Since(began))})
	var err error
	if s.target, err = newTarget(s.collector); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	b.keep(ctx, s, "heap-restarted", "heap?gc=1")
	loaded, err := s.heap(ctx)
	if err != nil {
		return err
	}
	b.addHeap("the same after a restart", float64(loaded-empty)/float64(b.size.live))

	peer, err := b.peerRate(ctx, budgetConnections)
	if err != nil {
		return err
	}
	done := b.profile(ctx, s, "many", 2*b.size.window)
	changed, err := s.target.send(ctx, b.scattered(b.size.live, 1, 2*b.size.window))
	done()
	if err != nil {
		return err
	}
	r := row{
		what: fmt.Sprintf("acknowledged alerts/s, fsync, 20 per webhook, 8 connections, every alert changes one of %d live aliases", b.size.live),
		ours: count(changed.rate()), peer: countOrNone(peer), ratio: over(changed.rate(), peer),
	}
	r.atLeast(50)
	b.table.add(r)
	return nil
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
