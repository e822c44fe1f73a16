// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// goPackages have the Go benchmarks.
var goPackages = []string{"./internal/webhook", "./alert24exporter", "./internal/incident", "./internal/ledger", "./internal/alert24"}

// goBenchmarks runs the Go benchmarks. They are compared with a lower bound: encoding/json decoding the same alert.
func (b *bench) goBenchmarks(ctx context.Context) error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	args := append([]string{"test", "-p", "1", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", b.size.benchtime}, goPackages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	results := parseBenchmarks(out)
	floor := results["Webhook/alerts=20/floor"]["ns/op"] / 20
	for _, name := range results.names(out) {
		b.addBenchmark(name, results[name], floor)
	}
	return nil
}

// benchmarks are values by name and unit.
type benchmarks map[string]map[string]float64

// parseBenchmarks reads the lines of `go test -bench` (https://go.dev/design/14313-benchmark-format).
func parseBenchmarks(out []byte) benchmarks {
	results := benchmarks{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		values := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				values[fields[i+1]] = v
			}
		}
		results[benchmarkName(fields[0])] = values
	}
	return results
}

// benchmarkName returns the name without the prefix and the number of processors.
func benchmarkName(s string) string {
	s = strings.TrimPrefix(s, "Benchmark")
	if i := strings.LastIndexByte(s, '-'); i > 0 {
		s = s[:i]
	}
	return s
}

// names returns the benchmarks in the order of out.
func (r benchmarks) names(out []byte) (names []string) {
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 3 {
			if name := benchmarkName(fields[0]); r[name] != nil {
				names = append(names, name)
			}
		}
	}
	return names
}

func (b *bench) addBenchmark(name string, values map[string]float64, floor float64) {
	if ratio, ok := values["of-floor"]; ok {
		r := row{what: "decode and convert, " + name + ", processor time over the floor's", ours: number(ratio), peer: "1", ratio: ratio}
		r.atMost(0.6)
		b.table.add(r)
		return
	}
	if ratio, ok := values["of-library"]; ok {
		b.table.add(row{what: name + ", processor time over the library's", ours: number(ratio), peer: "1", ratio: ratio})
		return
	}
	if ratio, ok := values["of-body"]; ok {
		r := row{what: "decode and convert, 100,000 alerts in one webhook, memory over the body's size", ours: number(ratio), peer: "1", ratio: ratio}
		r.atMost(2)
		b.table.add(r)
		return
	}
	if ratio, ok := values["of-minute"]; ok {
		r := row{what: "sync with 10,000 alerts each minute, " + name + ", of one core", ours: number(ratio), peer: "1", ratio: ratio}
		r.atMost(0.01) // both parts are at most 2 %
		b.table.add(r)
		return
	}
	if each, ok := values["B/alias"]; ok {
		b.addHeap("heap of an alias, "+strings.TrimPrefix(name, "Heap/"), each)
		return
	}
	ns := values["ns/op"]
	what := name
	if alerts, ok := values["alerts/op"]; ok {
		ns, what = ns/alerts, name+", per alert"
	} else if _, n, ok := strings.Cut(name, "/alerts="); ok {
		n, _, _ = strings.Cut(n, "/")
		if alerts, err := strconv.ParseFloat(n, 64); err == nil {
			ns, what = ns/alerts, name+", per alert"
		}
	}
	b.table.add(row{
		what: what, ours: duration(time.Duration(ns)), peer: durationOrNone(time.Duration(floor)), ratio: over(ns, floor),
	})
}
