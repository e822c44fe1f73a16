// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
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
func (b *bench) throughput() {
	peer := map[int]float64{}
	for _, connections := range connectionCounts {
		peer[connections] = b.peerRate(connections)
	}
	for _, fsync := range []struct {
		name string
		on   bool
	}{{"fsync", true}, {"no fsync", false}} {
		for _, perWebhook := range []int{1, 20, 500} {
			for _, connections := range connectionCounts {
				rate := b.freshLoad(fmt.Sprintf("extensions.file_storage.fsync=%t", fsync.on), perWebhook, connections).rate()
				r := row{
					what: fmt.Sprintf("acknowledged alerts/s, %s, %d per webhook, %d connections", fsync.name, perWebhook, connections),
					ours: count(rate), peer: countOrNone(peer[connections]), ratio: over(rate, peer[connections]),
				}
				if !fsync.on || perWebhook != budgetPerWebhook || connections != budgetConnections {
					b.table.add(r)
					continue
				}
				b.table.add(r.atLeast(100))
				b.bareThroughput(rate, peer[connections])
			}
		}
	}
	b.memoryOnly(peer[budgetConnections])
}

// bareThroughput measures the limit of the machine for any such bridge, right after ours.
func (b *bench) bareThroughput(ours, peer float64) {
	bare := b.bareLoad().rate()
	b.table.add(row{
		what: "the bare bridge itself, the same load, over the peer", ours: count(bare), peer: countOrNone(peer), ratio: over(bare, peer),
	}.atLeast(100))
	b.table.add(row{what: "ours over the bare bridge", ours: count(ours), peer: count(bare), ratio: over(ours, bare)})
}

// memoryOnly measures the load of the budget without storage: the rest is the cost of this project's own code.
func (b *bench) memoryOnly(peer float64) {
	rate := b.freshLoad("exporters.alert24.storage=", budgetPerWebhook, budgetConnections).rate()
	b.table.add(row{
		what: fmt.Sprintf("acknowledged alerts/s, no storage, %d per webhook, %d connections", budgetPerWebhook, budgetConnections),
		ours: count(rate), peer: countOrNone(peer), ratio: over(rate, peer),
	})
}

// peerRate measures the peer, and checks that it is as fast as its design allows.
func (b *bench) peerRate(connections int) float64 {
	if b.node == "" {
		return 0
	}
	s := b.peer(apiLatency)
	defer s.close()
	rate := b.send(s.target, load{
		connections: connections, perWebhook: budgetPerWebhook, duration: max(b.size.window, time.Second), next: fresh,
	}).rate()
	ideal := float64(connections) / apiLatency.Seconds()
	r := row{
		what: fmt.Sprintf("the peer itself: alerts/s, %d connections, of the ideal connections / latency", connections),
		ours: count(rate), peer: count(ideal), ratio: rate / ideal,
	}
	if connections <= budgetConnections { // more are too many for its one thread
		r = r.atLeast(0.8)
	}
	b.table.add(r)
	return rate
}

// freshLoad sends new alerts to a collector with an empty ledger and this setting.
func (b *bench) freshLoad(setting string, perWebhook, connections int) sent {
	s := b.bridge(apiLatency, setting)
	defer s.close()
	return b.send(s.target, load{connections: connections, perWebhook: perWebhook, duration: b.size.window, next: fresh})
}

// processorTime measures the processor time of an accepted alert, with an API that answers at once.
func (b *bench) processorTime() {
	peer := b.peerProcessorTime()
	// Each figure is the processor time of one alert, next to the peer's.
	figure := func(what string, ours time.Duration) row {
		return row{what: what, ours: duration(ours), peer: durationOrNone(peer), ratio: over(float64(ours), float64(peer))}
	}
	s := b.bridge(0)
	defer s.close()
	began := b.cpuTime(s.target.pid)
	done := s.profile("cpu", 2*b.size.window)
	accepted := b.send(s.target, load{
		connections: budgetConnections, perWebhook: budgetPerWebhook, duration: 2 * b.size.window, next: fresh,
	})
	done()
	b.table.add(figure(fmt.Sprintf(
		"processor time per accepted alert, all new, fsync, 20 per webhook, 8 connections, API at 0 ms (%d incidents opened meanwhile)",
		s.sandbox.Stats().Creates()), accepted.cpuPerAlert()))

	done = s.profile("open", 3*b.size.window)
	s.awaitOpen(int(accepted.alerts))
	done()
	whole := (b.cpuTime(s.target.pid) - began) / time.Duration(accepted.alerts)
	changed := b.send(s.target, b.scattered(int(accepted.alerts), 1, 2*b.size.window))
	b.table.add(figure("the same, every alert changes one of those", changed.cpuPerAlert()))
	b.table.add(figure("processor time per new alert until its incident is open, everything counted", whole))

	bare := b.bareLoad().cpuPerAlert()
	b.table.add(figure("processor time per accepted alert of the bare bridge itself, over the peer", bare))
	// With an API so slow, the bridge does little but accept alerts.
	ours := b.freshLoad("extensions.file_storage.fsync=true", budgetPerWebhook, budgetConnections).cpuPerAlert()
	b.table.add(row{
		what: "ours, API at 20 ms, over the bare bridge", ours: duration(ours), peer: duration(bare), ratio: over(float64(ours), float64(bare)),
	})
}

func (b *bench) peerProcessorTime() time.Duration {
	if b.node == "" {
		return 0
	}
	s := b.peer(0)
	defer s.close()
	// The first load is a warm-up, because a just-in-time compiler is slow at first.
	l := load{connections: budgetConnections, perWebhook: budgetPerWebhook, duration: 3 * time.Second, next: fresh}
	b.send(s.target, l)
	l.duration = b.size.window
	l.next = func(n int) alert { return fresh(n + 1_000_000) }
	return b.send(s.target, l).cpuPerAlert()
}
