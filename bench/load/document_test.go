// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

const documentHead = `# Benchmarks

Written by ` + "`make bench DOC=1`" + `; ` + "`BENCH_QUICK=1`" + ` measures less, in about a minute. Everything runs on one machine, over its
loopback, one thing after the other, so only the ratios mean something elsewhere.

- **ours** is the built collector with ` + "`collector-config.yaml`" + `. Every alert carries ten labels and four annotations, about 1 KiB.
  What is acknowledged is on disk.
- **peer** is ` + "`bench/peer/adapter.mjs`" + `, what a user would write instead: Node.js, connections that are kept alive, one awaited API
  call per alert, the ids of open incidents in memory. It keeps nothing on disk. Its own rows show that it is as fast as that design allows.
- The **bare bridge** is ` + "`bench/bare`" + `, the least that a durable bridge in Go does: net/http, a decoder that looks for the alias only, bbolt
  with one transaction for all webhooks that wait. It opens no incidents. It shows what the machine and the storage allow:
  if the bare bridge misses a budget against the peer, or barely meets it, ours cannot meet it.
- For Go benchmarks the peer is the floor: encoding/json decoding one such alert into a struct with maps, which any program
  in Go would have to do at least.
- The API is the sandbox, which answers after 20 ms or at once.
- Replicas use a PostgreSQL with fsync on the same disk and the same cores, and take turns with the embedded store.
- A transaction of the storage costs two fsyncs and the pages that it touches. The row without storage shows what the rest costs.
`

// document writes the table and the facts of the machine.
func (b *bench) document(path string) {
	var text strings.Builder
	text.WriteString(documentHead)
	text.WriteString("\n## The machine\n\n")
	for _, fact := range b.facts() {
		fmt.Fprintf(&text, "- %s\n", fact)
	}
	text.WriteString("\n## The table\n\n")
	b.table.markdown(&text)
	require.NoError(b, os.WriteFile(path, []byte(text.String()), 0o644))
}

func (b *bench) facts() []string {
	facts := []string{
		fmt.Sprintf("%s, %d cores, %s/%s", cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		runtime.Version(),
	}
	if b.node != "" {
		if out, err := exec.CommandContext(b.Context(), b.node, "--version").Output(); err == nil {
			facts = append(facts, "Node.js "+strings.TrimSpace(string(out)))
		}
	}
	facts = append(facts, "fsync of one page: "+duration(b.syncTime())+" (median)")
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		facts = append(facts, "load average at the end, ours included: "+strings.Join(strings.Fields(string(load))[:3], " "))
	}
	return facts
}

var modelName = regexp.MustCompile(`(?m)^model name\s*: (.+)$`)

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // without it the model is unknown
	if found := modelName.FindSubmatch(info); found != nil {
		return string(found[1])
	}
	return "unknown processor"
}

// syncTime is the median time to write a page and sync it to disk.
func (b *bench) syncTime() time.Duration {
	file, err := os.Create(filepath.Join(b.TempDir(), "sync"))
	require.NoError(b, err)
	defer file.Close()
	page := make([]byte, os.Getpagesize())
	times := make([]time.Duration, 0, 64)
	for i := range cap(times) {
		began := time.Now()
		_, err := file.WriteAt(page, int64(i*len(page)))
		require.NoError(b, err)
		require.NoError(b, file.Sync())
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	return times[len(times)/2]
}
