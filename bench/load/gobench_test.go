// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// goPackages have the Go benchmarks.
var goPackages = []string{"./internal/webhook", "./alert24exporter", "./internal/incident", "./internal/ledger", "./internal/alert24"}

// goBenchmarks runs the Go benchmarks. They are compared with a lower bound: encoding/json decoding the same alert.
func (b *bench) goBenchmarks() {
	args := append([]string{"test", "-p", "1", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", b.size.benchtime}, goPackages...)
	cmd := exec.CommandContext(b.Context(), "go", args...)
	cmd.Dir, cmd.Stderr = kit.Root(b.T), os.Stderr
	out, err := cmd.Output()
	require.NoError(b, err, "%s", out)
	results := parseBenchmarks(string(out))
	floor := 0.0
	if i := slices.IndexFunc(results, func(r benchmark) bool { return r.name == "Webhook/alerts=20/floor" }); i >= 0 {
		floor = results[i].values["ns/op"] / 20
	}
	for _, r := range results {
		b.addBenchmark(r, floor)
	}
}

// benchmark has the values of one Go benchmark by their units.
type benchmark struct {
	name   string
	values map[string]float64
}

// parseBenchmarks reads the lines of `go test -bench` (https://go.dev/design/14313-benchmark-format).
func parseBenchmarks(out string) (all []benchmark) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		r := benchmark{strings.TrimPrefix(fields[0], "Benchmark"), map[string]float64{}}
		if i := strings.LastIndexByte(r.name, '-'); i > 0 {
			r.name = r.name[:i] // without the number of processors
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				r.values[fields[i+1]] = v
			}
		}
		all = append(all, r)
	}
	return all
}

// ratios are the units of benchmarks that compare by themselves, with the row of the table and its budget; 0 is none. NAME stands
// for the benchmark's name.
var ratios = []struct {
	unit, what string
	atMost     float64
}{
	{"of-floor", "decode and convert, NAME, processor time over the floor's", 0.6},
	{"of-library", "NAME, processor time over the library's", 0},
	{"of-body", "decode and convert, 100,000 alerts in one webhook, memory over the body's size", 2},
	{"of-minute", "sync with 10,000 alerts each minute, NAME, of one core", 0.01}, // both parts are at most 2 %
}

func (b *bench) addBenchmark(m benchmark, floor float64) {
	for _, of := range ratios {
		if ratio, ok := m.values[of.unit]; ok {
			r := row{what: strings.ReplaceAll(of.what, "NAME", m.name), ours: number(ratio), peer: "1", ratio: ratio}
			if of.atMost > 0 {
				r = r.atMost(of.atMost)
			}
			b.table.add(r)
			return
		}
	}
	if each, ok := m.values["B/alias"]; ok {
		b.addHeap("heap of an alias, "+strings.TrimPrefix(m.name, "Heap/"), each)
		return
	}
	ns := m.values["ns/op"]
	what := m.name
	if alerts, ok := m.values["alerts/op"]; ok {
		ns, what = ns/alerts, m.name+", per alert"
	} else if _, n, ok := strings.Cut(m.name, "/alerts="); ok {
		n, _, _ = strings.Cut(n, "/")
		if alerts, err := strconv.ParseFloat(n, 64); err == nil {
			ns, what = ns/alerts, m.name+", per alert"
		}
	}
	b.table.add(row{
		what: what, ours: duration(time.Duration(ns)), peer: durationOrNone(time.Duration(floor)), ratio: over(ns, floor),
	})
}
