// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Command load measures the built collector against a local Alert24, next to what a user would otherwise run: an adapter in
// Node.js. It prints one table of ratios, because absolute times depend on the machine. Run it with `make bench`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type scenario struct {
	name string
	run  func(*bench, context.Context) error
}

var scenarios = []scenario{
	{"go", (*bench).goBenchmarks},
	{"throughput", (*bench).throughput},
	{"cpu", (*bench).processorTime},
	{"burst", (*bench).bursts},
	{"steady", (*bench).steady},
	{"many", (*bench).many},
	{"replicas", (*bench).replicas},
}

func run() error {
	quick := flag.Bool("quick", false, "measure less, in about a minute")
	only := flag.String("only", "", "comma-separated `scenarios`: go, throughput, cpu, burst, steady, many, replicas")
	doc := flag.String("doc", "", "write the table to this `file`, as Markdown")
	profiles := flag.String("profiles", "", "keep processor profiles of the collector in this `folder`")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	binaries, err := harness.BinariesFromEnv(harness.CollectorEnv)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "alert24-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	node, err := exec.LookPath("node")
	if err != nil {
		fmt.Fprintln(os.Stderr, "There is no node on the PATH: the peer is left out.")
	}
	b := &bench{collector: binaries.Collector, node: node, dir: dir, profiles: *profiles, size: fullSize, table: newTable(os.Stdout)}
	if *quick {
		b.size = quickSize
	}
	for _, s := range scenarios {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), s.name) {
			continue
		}
		if err := s.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if *doc != "" {
		return b.document(ctx, *doc)
	}
	return nil
}
