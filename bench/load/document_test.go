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

The built collector (*ours*) compared with a simple adapter in Node.js (*peer*), and with budgets. All programs run on one machine, one after the other.
Only the ratios are valid for other machines. ` + "`make bench DOC=1`" + ` writes this page. ` + "`BENCH_QUICK=1`" + ` measures less, in about a minute.

- **ours** is the built collector with ` + "`collector-config.yaml`" + `. Every alert has ten labels and four annotations, about 1 KiB.
  A 200 means that the alerts are on disk.
- **peer** is ` + "`bench/peer/adapter.mjs`" + `, which a user might write instead. It keeps connections open, waits for one API call per alert,
  and keeps the ids of open incidents in memory, nothing on disk. The rows *the peer itself* show that it is as fast as this design allows.
- The **bare bridge** is ` + "`bench/bare`" + `, a minimal durable bridge in Go: net/http, a decoder that reads only the alias, and bbolt
  with one transaction for all waiting webhooks. It opens no incidents. It shows what the machine and the storage allow.
- In rows of Go benchmarks, the peer is the *floor*: the time that encoding/json takes to decode one such alert into a struct with maps.
- The API is the [sandbox](sandbox.md), which answers after 20 ms, or at once (0 ms).
- Replicas use a PostgreSQL server with fsync, on the same disk and the same cores. Their runs alternate with those of the embedded store.
- A transaction of the storage costs two fsyncs and the pages that it touches. The row *no storage* shows the cost of everything else.
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
