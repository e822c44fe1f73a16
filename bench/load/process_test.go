// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// clockTick is the unit of /proc/PID/stat: USER_HZ, which is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// cpuTime returns the processor time that a process has used, in user and kernel mode (proc_pid_stat(5), fields 14
// and 15).
func (b *bench) cpuTime(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(b, err)
	// The second field is the program's name in parentheses. The name may contain spaces.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var ticks int64
	for _, i := range []int{11, 12} {
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * clockTick
}

var heapAlloc = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)$`)

// heap returns the bytes in use on the collector's heap after a garbage collection.
func (s *stage) heap() int64 {
	found := heapAlloc.FindStringSubmatch(kit.Read(s.Context(), s.T, s.profiled("heap?gc=1&debug=1")))
	require.NotNil(s, found, "the heap profile has no HeapAlloc")
	n, err := strconv.ParseInt(found[1], 10, 64)
	require.NoError(s, err)
	return n
}

// profiled is the URL of a profile of the collector.
func (s *stage) profiled(kind string) string { return "http://" + s.pprof + "/debug/pprof/" + kind }

// profile takes a processor profile of the collector, if requested, until the returned function is called or the duration has
// passed.
func (s *stage) profile(name string, d time.Duration) (done func()) {
	var taking sync.WaitGroup
	taking.Go(func() { s.keep(name, "profile?seconds="+strconv.Itoa(max(1, int(d.Seconds())))) })
	return taking.Wait
}

// keep writes a profile of the collector into the folder for profiles, if there is one.
func (s *stage) keep(name, kind string) {
	if s.profiles == "" {
		return
	}
	_, profile, err := kit.Get(s.Context(), s.T, s.profiled(kind))
	assert.NoError(s, err)
	assert.NoError(s, os.WriteFile(filepath.Join(s.profiles, name+".pprof"), []byte(profile), 0o644))
}
