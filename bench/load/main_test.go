// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package load measures the built collector against a local Alert24, next to what a user would otherwise run: an adapter in
// Node.js. It prints one table of ratios, because absolute times depend on the machine. Run it with `make bench`.
package load

import (
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestBench runs all scenarios; -run TestBench/replicas runs one of them. BENCH is quick or full; without it nothing runs.
// BENCH_DOC=1 writes docs/benchmarks.md. BENCH_PROFILES is an absolute path of a folder for profiles of the collector.
func TestBench(t *testing.T) {
	sizes := map[string]size{"quick": quickSize, "full": fullSize}
	measured, known := sizes[os.Getenv("BENCH")]
	if !known {
		t.Skip("run `make bench`")
	}
	b := &bench{
		T: t, binary: kit.Binaries(t, harness.CollectorEnv).Collector, profiles: os.Getenv("BENCH_PROFILES"),
		size: measured, table: newTable(os.Stdout),
	}
	var err error
	if b.node, err = exec.LookPath("node"); err != nil {
		t.Log("There is no node on the PATH: the peer is left out.")
	}
	for _, scenario := range []struct {
		name string
		run  func(*bench)
	}{
		{"go", (*bench).goBenchmarks},
		{"throughput", (*bench).throughput},
		{"cpu", (*bench).processorTime},
		{"burst", (*bench).bursts},
		{"steady", (*bench).steady},
		{"many", (*bench).many},
		{"replicas", (*bench).replicas},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			own := *b
			own.T = t
			scenario.run(&own)
		})
	}
	if os.Getenv("BENCH_DOC") != "" && !t.Failed() {
		b.document(kit.Root(t, "docs", "benchmarks.md"))
	}
}
