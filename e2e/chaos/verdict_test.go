// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// lacks lists what has not happened of the failures that only time can bring.
func (r *run) lacks(rules []sandbox.Fault) (missing []string) {
	lack := func(n int, what string) {
		if n == 0 {
			missing = append(missing, what)
		}
	}
	writes, reads := classes(rules)
	for class, n := range writes {
		lack(n, "a write that meets the fault: "+class)
	}
	for class, n := range reads {
		lack(n, "a read that meets the fault: "+class)
	}
	for _, how := range []disruption{sentTwice, answerLost, cutOff, stalled} {
		lack(r.counts.of(how), fmt.Sprint("a webhook ", how))
	}
	stats := r.sandbox.Stats()
	lack(stats.LateCommits, "a late commit")
	if r.worlds[putAnswers] {
		lack(stats.Answers[http.StatusNoContent], "an update answered 204")
	}
	if r.worlds[unchanged] {
		lack(stats.Duplicates(), "a create that left an open incident unchanged")
	}
	return missing
}

// requireChaos fails if some kind of chaos did not happen in the run.
func (r *run) requireChaos(t *testing.T, v *verdict, rules []sandbox.Fault, seconds int) {
	t.Helper()
	assert.Empty(t, r.lacks(rules))
	assert.GreaterOrEqual(t, r.kills, max(1, seconds/10), "kills")
	assert.Positive(t, v.echoes, "a replica that still says what the other has ended")
	firing := 0
	for _, f := range r.families {
		for _, p := range f.problems {
			if len(p.firing()) > 0 {
				firing++
			}
		}
	}
	assert.GreaterOrEqual(t, v.aliases, families*instances)
	assert.NotZero(t, firing, "nothing fires at the end")
	assert.NotEqual(t, v.aliases, firing, "nothing is over at the end")
	assert.LessOrEqual(t, 1000*v.undecided, v.aliases, "aliases of which too much is uncertain")
	assert.False(t, r.calls.lost, "requests were lost from the log")
	r.requireWorlds(t, v)
}

func (r *run) requireWorlds(t *testing.T, v *verdict) {
	t.Helper()
	for _, d := range r.people.deeds {
		assert.Positive(t, r.people.counts[d.name], "people: %s", d.name)
	}
	if r.worlds[otherTool] {
		assert.Positive(t, v.foreign, "incidents of another tool")
	}
	if r.worlds[pauses] {
		assert.NotEmpty(t, r.pauses)
	}
	if r.worlds[putAnswers] {
		assert.NotEmpty(t, r.weather.blind)
	}
}

// requirePromise fails if an alias is wrong, and shows the histories of the first ones.
func (r *run) requirePromise(t *testing.T, v *verdict) {
	t.Helper()
	for n, f := range v.findings {
		if n < shown {
			t.Errorf("%s: %v\n%s", f.problem.alias, f.err, r.history(f.problem))
		} else {
			t.Errorf("%s: %v", f.problem.alias, f.err)
		}
	}
	assert.Empty(t, v.stray, "incidents that nobody asked for")
}

// report logs what happened.
func (r *run) report(t *testing.T, v *verdict, rules []sandbox.Fault, chaos, calm, judged time.Duration) {
	t.Helper()
	writes, reads := classes(rules)
	stats := r.sandbox.Stats()
	var in []world
	for _, w := range worlds {
		if r.worlds[w] {
			in = append(in, w)
		}
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	var b strings.Builder
	fmt.Fprintf(&b, "chaos for %s, at rest %s later, with %v\n", chaos.Round(time.Second), calm.Round(time.Second), in)
	sw := r.sandbox.Switches()
	fmt.Fprintf(&b, "  at the end updates are answered %s, and a close of a closed incident is: %s\n", sw.PutAnswer, sw.CloseClosed)
	fmt.Fprintf(&b, "  %d kills, %d stops, %d pauses\n", r.kills, r.stops, len(r.pauses))
	fmt.Fprintf(&b, "  %d webhooks%s\n  answered%s\n", r.counts.webhooks, table(r.counts.disruptions), table(r.counts.answers))
	fmt.Fprintf(&b, "  API requests%s\n  faults of writes%s\n  faults of reads%s\n", table(stats.Requests), table(writes), table(reads))
	fmt.Fprintf(&b, "  people%s\n  %d fields edited, %d of them after a write that was seen; %d crossed by a write, %d stayed; %d incidents closed by people\n",
		table(r.people.counts), v.edited, v.marked, v.crossed, v.kept, v.closedByHand)
	fmt.Fprintf(&b, "  %d incidents of another tool, %d aliases blocked by one at the end, %d creates left an incident unchanged\n",
		v.foreign, v.blocked, stats.Duplicates())
	fmt.Fprintf(&b, "  %d late commits, %d firings that a replica said after the other's resolve\n", stats.LateCommits, v.echoes)
	fmt.Fprintf(&b, "  %d creates for at most %d episodes of %d aliases (%d races, %d after a pause, %d aliases undecided), %d open at the end\n",
		v.created, v.episodes, v.aliases, v.races, v.stale, v.undecided, stats.Open)
	fmt.Fprintf(&b, "  judged in %s: %d steps, at most %d beliefs of an alias; %d MiB taken from the system",
		judged.Round(time.Millisecond), v.steps, v.widest, memory.Sys>>20)
	t.Log(b.String())
}
