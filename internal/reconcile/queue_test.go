// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func ordinary(string) lane { return otherPage }

func mustGet(t require.TestingT, q *queue) string {
	alias, ok := q.get(allLanes)
	require.True(t, ok)
	return alias
}

func TestLaneOf(t *testing.T) {
	l := newFakeLedger(t)
	entry := func(s incident.Severity, state protocol.State) protocol.Timed {
		e, _ := l.policy.Apply(protocol.Timed{}, []protocol.Event{firing("a", s, "fires")}, time.Now())
		n := *e.Entry
		n.Incident.State, n.Incident.ID, n.Written.Peak = state, "1", incident.High
		return protocol.Timed{Entry: &n}
	}
	risen := entry(incident.Medium, protocol.Open)
	risen.Written.Peak = incident.Low
	again := entry(incident.High, protocol.Open)
	again.Doubt = protocol.Doubt{Set: true, Closing: "1"}
	worse := entry(incident.Critical, protocol.Open)
	worse.Doubt = protocol.Doubt{Set: true, Closing: "1", Finished: true}
	verify, refresh, refused := entry(incident.Low, protocol.Open), entry(incident.High, protocol.Open), entry(incident.Low, protocol.Open)
	verify.Verify, refresh.Refresh, refused.MustLook = true, true, true
	for _, c := range []struct {
		entry protocol.Timed
		want  lane
	}{
		{protocol.Timed{}, updating},
		{protocol.Timed{Entry: &protocol.Entry{}}, closing},
		{entry(incident.Critical, protocol.None), criticalPage},
		{entry(incident.High, protocol.Closed), highPage},
		{entry(incident.Low, protocol.None), otherPage},
		{entry(incident.High, protocol.Open), updating},
		// With on_rise: renew, a page follows.
		{entry(incident.Critical, protocol.Open), beforeCriticalPage},
		// A page follows once the close is finished, or once a lookup finds that it was carried out, or that a person closed the incident.
		{again, beforePage},
		{worse, beforeCriticalPage},
		{verify, beforePage},
		{refused, beforePage},
		{risen, updating}, // only a rise to high or critical pages again
		// After a repeat, the incident is most likely open.
		{refresh, updating},
	} {
		assert.Equal(t, c.want, laneOf(c.entry))
	}
}

func TestQueueHandsAnAliasToOneWorkerAtATime(t *testing.T) {
	q := newQueue(ordinary)
	defer q.close()
	q.add("a")
	q.add("a")
	q.add("b")
	require.Equal(t, "a", mustGet(t, q))
	q.add("a") // while a worker has it
	require.Equal(t, "b", mustGet(t, q))
	q.done("b")
	q.done("a")
	assert.Equal(t, "a", mustGet(t, q))
	q.done("a")
	assert.Zero(t, q.waiting.len())
	assert.Empty(t, q.working)
	assert.Empty(t, q.tickets)
}

func TestQueueRaisesWhatBecameMoreUrgent(t *testing.T) {
	at := map[string]lane{"a": updating, "b": otherPage, "c": otherPage}
	q := newQueue(func(alias string) lane { return at[alias] })
	defer q.close()
	q.add("a")
	q.add("b")
	q.add("c")
	at["a"] = criticalPage
	q.add("a")
	at["c"] = updating // its place in the queue stays
	q.add("c")
	assert.Equal(t, []string{"a", "b", "c"}, []string{mustGet(t, q), mustGet(t, q), mustGet(t, q)})
}

// Pages come by severity, in any order of arrival, and opened incidents are processed meanwhile. Of the other aliases only so many go
// before that nothing waits forever.
func TestCriticalPagesComeFirstInABurst(t *testing.T) {
	const aliases = 1000
	at := map[string]lane{}
	q := newQueue(func(alias string) lane { return at[alias] })
	defer q.close()
	for i := range aliases {
		alias := strconv.Itoa(i)
		at[alias] = [...]lane{otherPage, highPage, beforePage, highPage, criticalPage}[i%5]
		q.add(alias)
	}
	opened, others := 0, 0
	for opened < aliases/5 {
		alias := mustGet(t, q)
		switch at[alias] {
		case criticalPage:
			opened++
		case highPage, otherPage, beforePage:
			others++
		}
		if at[alias] != updating {
			at[alias] = updating
			q.add(alias)
		}
		q.done(alias)
	}
	assert.LessOrEqual(t, others, 3*(opened/pageShare+1))
}

func TestQueueAddsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(ordinary)
		defer q.close()
		began := time.Now()
		q.addAt("late", began.Add(time.Hour))
		q.addAt("b", began.Add(2*time.Second))
		q.addAt("a", began.Add(3*time.Second))
		q.addAt("a", began.Add(time.Second))
		q.addAt("a", began.Add(5*time.Second)) // the earliest time counts
		require.Equal(t, "a", mustGet(t, q))
		assert.Equal(t, time.Second, time.Since(began))
		require.Equal(t, "b", mustGet(t, q))
		assert.Equal(t, 2*time.Second, time.Since(began))
		q.done("a")
		q.done("b")
		q.add("late") // the worker that gets it asks for its next time anew
		require.Equal(t, "late", mustGet(t, q))
		q.done("late")
		assert.Empty(t, q.delayed)
		assert.Empty(t, q.later)
		q.addAt("past", began)
		assert.Equal(t, "past", mustGet(t, q))
	})
}

func TestPagesHaveWorkersOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := map[string]lane{"close": closing, "page": highPage}
		q := newQueue(func(alias string) lane { return at[alias] })
		var got string
		var worker sync.WaitGroup
		worker.Go(func() { got, _ = q.get(pagesOnly) })
		q.add("close")
		synctest.Wait()
		assert.Empty(t, got)
		q.add("page")
		worker.Wait()
		assert.Equal(t, "page", got)
		assert.Equal(t, "close", mustGet(t, q))
		q.close()
	})
}

func TestQueueEndsAllWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(ordinary)
		var workers sync.WaitGroup
		for i := range 4 {
			workers.Go(func() {
				_, ok := q.get(crew(i) % numCrews)
				assert.False(t, ok)
			})
		}
		q.addAt("a", time.Now().Add(time.Second))
		synctest.Wait()
		q.close()
		workers.Wait()
		time.Sleep(time.Minute)
		q.add("a")
		q.addAt("a", time.Now())
		_, ok := q.get(allLanes)
		assert.False(t, ok)
	})
}

// The test compares the queue with a model: every added alias comes once for all additions so far, and never to two workers.
func TestQueueModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lanes := map[string]lane{}
		q := newQueue(func(alias string) lane { return lanes[alias] })
		defer q.close()
		waiting, working, again := map[string]bool{}, map[string]bool{}, map[string]bool{}
		alias := rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(0, 8).Draw(t, "alias")) })
		rt.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				a := alias.Draw(t, "alias")
				lanes[a] = lane(rapid.IntRange(0, int(numLanes)-1).Draw(t, "lane"))
				q.add(a)
				if working[a] {
					again[a] = true
				} else {
					waiting[a] = true
				}
			},
			"get": func(t *rapid.T) {
				if len(waiting) == 0 {
					t.Skip("nothing waits")
				}
				a := mustGet(t, q)
				if !waiting[a] || working[a] {
					t.Fatalf("%s does not wait, or somebody works on it", a)
				}
				delete(waiting, a)
				working[a] = true
			},
			"done": func(t *rapid.T) {
				a := alias.Draw(t, "alias")
				if !working[a] {
					t.Skip("nobody works on it")
				}
				q.done(a)
				delete(working, a)
				if again[a] {
					delete(again, a)
					waiting[a] = true
				}
			},
			"": func(t *rapid.T) {
				if len(waiting) != q.waiting.len() || len(working) != len(q.working) {
					t.Fatalf("%d wait and %d are worked on, not %d and %d", q.waiting.len(), len(q.working), len(waiting), len(working))
				}
			},
		})
	})
}
