// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// apiLatency is the answer time of the sandbox, unless a scenario uses 0 ms.
const apiLatency = 20 * time.Millisecond

// concurrency is the exporter's limits::concurrent_requests, its default.
const concurrency = 8

// bench runs a scenario and adds the results to the table of all.
type bench struct {
	*testing.T

	binary   string // of the collector
	node     string // "" if there is none
	profiles string // folder for processor profiles of the collector; "" for none
	size     size
	table    *table
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

// stage is a sandbox and the program that sends to it. A scenario closes each before it starts the next.
type stage struct {
	*bench

	sandbox   *harness.Sandbox
	collector *harness.Collector // nil for the peer
	pprof     string             // address of the collector's profiles
	target    *target
	stop      func()
}

func (b *bench) newStage(latency time.Duration) *stage {
	s := &stage{bench: b, sandbox: harness.StartSandbox()}
	s.latency(latency)
	return s
}

func (s *stage) close() {
	s.stop()
	s.sandbox.Close()
}

// latency sets how long the API takes to answer.
func (s *stage) latency(d time.Duration) {
	require.NoError(s, s.sandbox.SetSwitches(func(sw *sandbox.Switches) { sw.Latency = d }))
}

// bridge starts the collector on an empty ledger.
func (b *bench) bridge(latency time.Duration, set ...string) *stage {
	s := b.newStage(latency)
	s.collector = s.startCollector(set...)
	s.stop = s.collector.Kill
	s.target = b.targetOf(s.collector)
	return s
}

// startCollector starts a collector on an empty ledger, which sends to the stage's sandbox. The stage takes profiles of its newest
// collector.
func (s *stage) startCollector(set ...string) *harness.Collector {
	var err error
	s.pprof, err = harness.FreeAddress(s.Context())
	require.NoError(s, err)
	c, err := harness.StartCollector(s.Context(), harness.CollectorOptions{
		Binary: s.binary, Endpoint: s.sandbox.Endpoint, APIKey: s.sandbox.Key, Dir: s.TempDir(),
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
	require.NoError(s, err)
	return c
}

func (b *bench) targetOf(c *harness.Collector) *target {
	u, err := url.Parse(c.Webhook)
	require.NoError(b, err)
	return &target{address: u.Host, path: u.Path, token: harness.WebhookToken, pid: c.PID()}
}

// peer starts the adapter in Node.js.
func (b *bench) peer(latency time.Duration) *stage {
	s := b.newStage(latency)
	s.target, s.stop = b.startProcess(b.node, kit.Root(b.T, "bench", "peer", "adapter.mjs"), s.sandbox.Endpoint, s.sandbox.Key)
	return s
}

// bareLoad sends new alerts to bench/bare, with the connections and alerts of the budgets.
func (b *bench) bareLoad() sent {
	bare, stop := b.startProcess(kit.Root(b.T, "build", "bench-bare"), b.TempDir()+"/ledger")
	defer stop()
	return b.send(bare, load{connections: budgetConnections, perWebhook: budgetPerWebhook, duration: b.size.window, next: fresh})
}

// startProcess starts a program that accepts webhooks at / on a port of the loopback, which it prints. Call stop to end it.
func (b *bench) startProcess(name string, args ...string) (t *target, stop func()) {
	run, cancel := context.WithCancel(b.Context())
	cmd := exec.CommandContext(run, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	stop = func() { cancel(); _ = cmd.Wait() }
	b.Cleanup(cancel)
	port, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err, "%s did not start", name)
	return &target{address: net.JoinHostPort("127.0.0.1", strings.TrimSpace(port)), path: "/", pid: cmd.Process.Pid}, stop
}

// awaitOpen waits until n incidents are open.
func (s *stage) awaitOpen(n int) {
	const limit = 5 * time.Minute
	require.NoError(s, harness.Await(s.Context(), limit, func(context.Context) error {
		if open := s.sandbox.Stats().Open; open != n {
			return fmt.Errorf("%d incidents are open, not %d", open, n)
		}
		return nil
	}))
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
