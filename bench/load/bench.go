// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// apiLatency is the answer time of the sandbox, unless a scenario uses 0 ms.
const apiLatency = 20 * time.Millisecond

// concurrency is the exporter's limits::concurrent_requests, its default.
const concurrency = 8

// bench runs scenarios and adds the results to its table.
type bench struct {
	collector string // binary
	node      string // "" if there is none
	dir       string
	profiles  string // folder for processor profiles of the collector; "" for none
	size      size
	table     *table
	stores    int
}

// size says how much to measure.
type size struct {
	window       time.Duration // of one measurement of a rate
	burst        []int         // alerts
	peerBurst    int
	steadyFor    time.Duration
	steady, live int // aliases
	benchtime    string
	rounds       int           // of side-by-side comparisons
	lease        time.Duration // of replicas
}

var (
	fullSize = size{
		window: 1500 * time.Millisecond, burst: []int{1000, 10_000}, peerBurst: 1000,
		steadyFor: 20 * time.Second, steady: 10_000, live: 100_000, benchtime: "0.3s", rounds: 3, lease: 10 * time.Second,
	}
	quickSize = size{
		window: 400 * time.Millisecond, burst: []int{1000}, peerBurst: 100,
		steadyFor: 5 * time.Second, steady: 2000, live: 10_000, benchtime: "0.05s", rounds: 1, lease: 2 * time.Second,
	}
)

// stage is a sandbox and the program that sends to it. Close ends both.
type stage struct {
	sandbox   *harness.Sandbox
	collector *harness.Collector // nil for the peer
	pprof     string             // address of the collector's profiles
	target    *target
	stop      func()
}

func (s *stage) close() {
	s.stop()
	s.sandbox.Close()
}

// latency sets how long the API takes to answer.
func (s *stage) latency(d time.Duration) error {
	return s.sandbox.SetSwitches(func(sw *sandbox.Switches) { sw.Latency = d })
}

// bridge starts the collector on an empty ledger.
func (b *bench) bridge(ctx context.Context, latency time.Duration, set ...string) (*stage, error) {
	s, err := newStage(ctx, latency)
	if err != nil {
		return nil, err
	}
	s.collector, err = b.startCollector(ctx, s, set...)
	if err != nil {
		s.sandbox.Close()
		return nil, err
	}
	s.stop = s.collector.Kill
	s.target, err = newTarget(s.collector)
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// startCollector starts a collector on an empty ledger, which sends to the sandbox of a stage. The stage takes profiles of its
// newest collector.
func (b *bench) startCollector(ctx context.Context, s *stage, set ...string) (_ *harness.Collector, err error) {
	if s.pprof, err = harness.FreeAddress(ctx); err != nil {
		return nil, err
	}
	b.stores++
	return harness.StartCollector(ctx, harness.CollectorOptions{
		Binary: b.collector, Endpoint: s.sandbox.Endpoint(), APIKey: s.sandbox.Key,
		Dir: filepath.Join(b.dir, strconv.Itoa(b.stores)),
		Set: append([]string{
			// The loads open more aliases than the default for small installations allows.
			"exporters.alert24.limits.aliases=10000000",
			"processors.memory_limiter.limit_mib=8192",
			"exporters.alert24.limits.requests_per_second=0",
			fmt.Sprintf("exporters.alert24.limits.concurrent_requests=%d", concurrency),
			"extensions.pprof.endpoint=" + s.pprof,
			"service.extensions=[file_storage, bearertokenauth/webhook, health_check, pprof]",
		}, set...),
	})
}

func newTarget(c *harness.Collector) (*target, error) {
	u, err := url.Parse(c.Webhook)
	if err != nil {
		return nil, err
	}
	return &target{address: u.Host, path: u.Path, token: harness.WebhookToken, pid: c.PID()}, nil
}

// peer starts the adapter in Node.js.
func (b *bench) peer(ctx context.Context, latency time.Duration) (*stage, error) {
	root, err := harness.Root()
	if err != nil {
		return nil, err
	}
	s, err := newStage(ctx, latency)
	if err != nil {
		return nil, err
	}
	s.target, s.stop, err = startProcess(ctx, b.node, filepath.Join(root, "bench", "peer", "adapter.mjs"), s.sandbox.Endpoint(), s.sandbox.Key)
	if err != nil {
		s.sandbox.Close()
		return nil, err
	}
	return s, nil
}

// bareLoad sends new alerts to bench/bare, with the connections and alerts of the budgets.
func (b *bench) bareLoad(ctx context.Context) (sent, error) {
	root, err := harness.Root()
	if err != nil {
		return sent{}, err
	}
	b.stores++
	bare, stop, err := startProcess(ctx, filepath.Join(root, "build", "bench-bare"), filepath.Join(b.dir, strconv.Itoa(b.stores)))
	if err != nil {
		return sent{}, err
	}
	defer stop()
	return bare.send(ctx, load{connections: budgetConnections, perWebhook: budgetPerWebhook, duration: b.size.window, next: fresh})
}

// startProcess starts a program that accepts webhooks at / on a port of the loopback, which it prints. Call stop to end it.
func startProcess(ctx context.Context, name string, args ...string) (t *target, stop func(), err error) {
	run, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(run, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, nil, err
	}
	stop = func() { cancel(); _ = cmd.Wait() }
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("%s did not start", filepath.Base(name))
	}
	return &target{address: net.JoinHostPort("127.0.0.1", strings.TrimSpace(port)), path: "/", pid: cmd.Process.Pid}, stop, nil
}

func newStage(ctx context.Context, latency time.Duration) (*stage, error) {
	s := &stage{stop: func() {}}
	var err error
	if s.sandbox, err = harness.StartSandbox(ctx); err != nil {
		return nil, err
	}
	if err = s.latency(latency); err != nil {
		s.sandbox.Close()
		return nil, err
	}
	return s, nil
}

// awaitOpen waits until n incidents are open.
func (s *stage) awaitOpen(ctx context.Context, n int) error {
	const limit = 5 * time.Minute
	return harness.Await(ctx, limit, func(context.Context) error {
		if open := s.sandbox.Stats().Open; open != n {
			return fmt.Errorf("%d incidents are open, not %d", open, n)
		}
		return nil
	})
}

// mixedSeverity is the severity in a mixed load: one of ten alerts is critical.
func mixedSeverity(i int) string {
	switch i % 10 {
	case 9:
		return "critical"
	case 0, 1, 2:
		return "warning"
	default:
		return "info"
	}
}

// fresh is an alert that has not been sent before.
func fresh(n int) alert { return alert{index: n, severity: mixedSeverity(n)} }
