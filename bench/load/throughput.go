// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"
)

// The load of the budgets.
const (
	budgetPerWebhook  = 20
	budgetConnections = 8
)

var connectionCounts = []int{1, 8, 64}

// throughput measures how many alerts per second ours and the peer acknowledge. Every alert is new.
func (b *bench) throughput(ctx context.Context) error {
	peer := map[int]float64{}
	for _, connections := range connectionCounts {
		rate, err := b.peerRate(ctx, connections)
		if err != nil {
			return err
		}
		peer[connections] = rate
	}
	for _, fsync := range []bool{true, false} {
		for _, perWebhook := range []int{1, 20, 500} {
			for _, connections := range connectionCounts {
				s, err := b.freshLoad(ctx, fmt.Sprintf("extensions.file_storage.fsync=%t", fsync), perWebhook, connections)
				if err != nil {
					return err
				}
				r := row{
					what:  fmt.Sprintf("acknowledged alerts/s, %s, %d per webhook, %d connections", fsyncWord(fsync), perWebhook, connections),
					ours:  count(s.rate()),
					ratio: over(s.rate(), peer[connections]), peer: countOrNone(peer[connections]),
				}
				budgeted := fsync && perWebhook == budgetPerWebhook && connections == budgetConnections
				if budgeted {
					r.atLeast(100)
				}
				b.table.add(r)
				if budgeted {
					if err := b.bareThroughput(ctx, s.rate(), peer[connections]); err != nil {
						return err
					}
				}
			}
		}
	}
	return b.memoryOnly(ctx, peer[budgetConnections])
}

// bareThroughput measures the limit of the machine for any such bridge, right after ours.
func (b *bench) bareThroughput(ctx context.Context, ours, peer float64) error {
	bare, err := b.bareLoad(ctx)
	if err != nil {
		return err
	}
	itself := row{
		what: "the bare bridge itself, the same load, over the peer",
		ours: count(bare.rate()), peer: countOrNone(peer), ratio: over(bare.rate(), peer),
	}
	itself.atLeast(100)
	b.table.add(itself)
	b.table.add(row{
		what: "ours over the bare bridge", ours: count(ours), peer: count(bare.rate()), ratio: over(ours, bare.rate()),
	})
	return nil
}

// memoryOnly measures the load of the budget without storage: the rest is the cost of this project's own code.
func (b *bench) memoryOnly(ctx context.Context, peer float64) error {
	got, err := b.freshLoad(ctx, "exporters.alert24.storage=", budgetPerWebhook, budgetConnections)
	if err != nil {
		return err
	}
	b.table.add(row{
		what: fmt.Sprintf("acknowledged alerts/s, no storage, %d per webhook, %d connections", budgetPerWebhook, budgetConnections),
		ours: count(got.rate()), ratio: over(got.rate(), peer), peer: countOrNone(peer),
	})
	return nil
}

func fsyncWord(fsync bool) string {
	if fsync {
		return "fsync"
	}
	return "no fsync"
}

// peerRate measures the peer, and checks that it is as fast as its design allows.
func (b *bench) peerRate(ctx context.Context, connections int) (float64, error) {
	if b.node == "" {
		return 0, nil
	}
	s, err := b.peer(ctx, apiLatency)
	if err != nil {
		return 0, err
	}
	defer s.close()
	got, err := s.target.send(ctx, load{
		connections: connections, perWebhook: budgetPerWebhook, duration: max(b.size.window, time.Second), next: fresh,
	})
	if err != nil {
		return 0, err
	}
	ideal := float64(connections) / apiLatency.Seconds()
	r := row{
		what: fmt.Sprintf("the peer itself: alerts/s, %d connections, of the ideal connections / latency", connections),
		ours: count(got.rate()), peer: count(ideal), ratio: got.rate() / ideal,
	}
	if connections <= budgetConnections { // more are too many for its one thread
		r.atLeast(0.8)
	}
	b.table.add(r)
	return got.rate(), nil
}

// freshLoad sends new alerts to a collector with an empty ledger and this setting.
func (b *bench) freshLoad(ctx context.Context, setting string, perWebhook, connections int) (sent, error) {
	s, err := b.bridge(ctx, apiLatency, setting)
	if err != nil {
		return sent{}, err
	}
	defer s.close()
	return s.target.send(ctx, load{connections: connections, perWebhook: perWebhook, duration: b.size.window, next: fresh})
}

// processorTime measures the processor time of an accepted alert, with an API that answers at once.
func (b *bench) processorTime(ctx context.Context) error {
	peer, err := b.peerProcessorTime(ctx)
	if err != nil {
		return err
	}
	s, err := b.bridge(ctx, 0)
	if err != nil {
		return err
	}
	defer s.close()
	began, err := cpuTime(s.target.pid)
	if err != nil {
		return err
	}
	done := b.profile(ctx, s, "cpu", 2*b.size.window)
	accepted, err := s.target.send(ctx, load{
		connections: budgetConnections, perWebhook: budgetPerWebhook, duration: 2 * b.size.window, next: fresh,
	})
	done()
	if err != nil {
		return err
	}
	calls := s.sandbox.Stats().Creates()
	r := row{
		what:  fmt.Sprintf("processor time per accepted alert, all new, fsync, 20 per webhook, 8 connections, API at 0 ms (%d incidents opened meanwhile)", calls),
		ours:  duration(accepted.cpuPerAlert()),
		peer:  durationOrNone(peer),
		ratio: over(float64(accepted.cpuPerAlert()), float64(peer)),
	}
	r.atMost(0.25)
	b.table.add(r)

	done = b.profile(ctx, s, "open", 3*b.size.window)
	if err := s.awaitOpen(ctx, int(accepted.alerts)); err != nil {
		return err
	}
	done()
	ended, err := cpuTime(s.target.pid)
	if err != nil {
		return err
	}
	changed, err := s.target.send(ctx, b.scattered(int(accepted.alerts), 1, 2*b.size.window))
	if err != nil {
		return err
	}
	r = row{
		what: "the same, every alert changes one of those", ours: duration(changed.cpuPerAlert()),
		peer: durationOrNone(peer), ratio: over(float64(changed.cpuPerAlert()), float64(peer)),
	}
	r.atMost(0.25)
	b.table.add(r)
	whole := (ended - began) / time.Duration(accepted.alerts)
	b.table.add(row{
		what: "processor time per new alert until its incident is open, everything counted",
		ours: duration(whole), peer: durationOrNone(peer), ratio: over(float64(whole), float64(peer)),
	})
	return b.bareProcessorTime(ctx, peer)
}

// bareProcessorTime measures the minimum on this machine for any such bridge, and ours with an API so slow that the bridge does
// little but accept alerts.
func (b *bench) bareProcessorTime(ctx context.Context, peer time.Duration) error {
	bare, err := b.bareLoad(ctx)
	if err != nil {
		return err
	}
	ours, err := b.freshLoad(ctx, "extensions.file_storage.fsync=true", budgetPerWebhook, budgetConnections)
	if err != nil {
		return err
	}
	itself := row{
		what: "processor time per accepted alert of the bare bridge itself, over the peer", ours: duration(bare.cpuPerAlert()),
		peer: durationOrNone(peer), ratio: over(float64(bare.cpuPerAlert()), float64(peer)),
	}
	itself.atMost(0.25)
	b.table.add(itself)
	b.table.add(row{
		what: "ours, API at 20 ms, over the bare bridge", ours: duration(ours.cpuPerAlert()), peer: duration(bare.cpuPerAlert()),
		ratio: over(float64(ours.cpuPerAlert()), float64(bare.cpuPerAlert())),
	})
	return nil
}

func (b *bench) peerProcessorTime(ctx context.Context) (time.Duration, error) {
	if b.node == "" {
		return 0, nil
	}
	s, err := b.peer(ctx, 0)
	if err != nil {
		return 0, err
	}
	defer s.close()
	// The first load is a warm-up, because a just-in-time compiler is slow at first.
	l := load{connections: budgetConnections, perWebhook: budgetPerWebhook, duration: 3 * time.Second, next: fresh}
	if _, err := s.target.send(ctx, l); err != nil {
		return 0, err
	}
	l.duration = b.size.window
	l.next = func(n int) alert { return fresh(n + 1_000_000) }
	got, err := s.target.send(ctx, l)
	return got.cpuPerAlert(), err
}
