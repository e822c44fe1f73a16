// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestJudgeIsLinear judges a history and one of twice its length. The cost must not grow faster than the length, and the number of
// beliefs about one alias must not grow.
func TestJudgeIsLinear(t *testing.T) {
	length := judgeFor(t)
	once, twice := measure(t, length), measure(t, 2*length)
	t.Logf("%s: %s", length, once)
	t.Logf("%s: %s", 2*length, twice)
	assert.Greater(t, once.aliases, families*instances)
	assert.InEpsilon(t, 2, float64(twice.entries)/float64(once.entries), 0.25, "entries of the records")
	assert.LessOrEqual(t, float64(twice.steps), 1.25*2*float64(once.steps), "steps")
	assert.LessOrEqual(t, twice.widest, maxBeliefs/4)
	assert.Zero(t, twice.undecided)
	assert.Less(t, float64(twice.held), 1.3*2*float64(once.held), "bytes held")
}

// measured is the cost of a generated history and its judgement.
type measured struct {
	aliases, webhooks, entries, incidents int
	steps, widest, undecided              int
	held, peak                            uint64 // bytes of the evidence, and of everything with the judgement
	took                                  time.Duration
}

func (m *measured) String() string {
	return fmt.Sprintf("%d webhooks, %d aliases with %d entries, %d incidents, %d MiB; judged in %s with %d MiB: %d steps, at most %d beliefs",
		m.webhooks, m.aliases, m.entries, m.incidents, m.held>>20, m.took.Round(time.Millisecond), m.peak>>20, m.steps, m.widest)
}

func measure(t *testing.T, length time.Duration) *measured {
	t.Helper()
	before := heap()
	e := generate(t, length, 1)
	m := &measured{held: heap() - before, incidents: len(e.incidents), webhooks: e.webhooks}
	for _, f := range e.families {
		for _, p := range f.problems {
			m.entries += len(p.record.heard)
		}
	}
	began := time.Now()
	v := e.judge()
	m.took = time.Since(began)
	m.peak = allocated() - before
	for n := range min(shown, len(v.findings)) {
		t.Errorf("%s: %v", v.findings[n].problem.alias, v.findings[n].err)
	}
	require.Empty(t, v.findings)
	require.Empty(t, v.stray)
	assert.Equal(t, m.incidents, v.created)
	m.aliases, m.steps, m.widest, m.undecided = v.aliases, v.steps, v.widest, v.undecided
	runtime.KeepAlive(e)
	return m
}

// heap returns the bytes in use after a garbage collection.
func heap() uint64 {
	runtime.GC()
	return allocated()
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// judgeFor is the length of the history of TestJudgeIsLinear. A second history is twice as long. CHAOS_JUDGE=30m judges an hour.
func judgeFor(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("CHAOS_JUDGE")
	if text == "" {
		return 2 * time.Minute
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err, "CHAOS_JUDGE")
	return d
}
