// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// asked holds questions to a finder, and when their answers came.
type asked struct {
	*finder
	*fakeManager
	stop func()

	mu      sync.Mutex
	answers map[string]protocol.Answer
	errs    map[string]error
	changed map[string]bool // aliases whose questions are outdated
}

// waits returns how many questions wait.
func (a *asked) waits() int {
	a.finder.mu.Lock()
	defer a.finder.mu.Unlock()
	return len(a.waiting)
}

func (a *asked) isOutdated(q *question) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.changed[q.Alias]
}

// got returns the answers so far.
func (a *asked) got() map[string]protocol.Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.answers)
}

func finderTest(t *testing.T, fates func(op, alias string) *fate, f func(a *asked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		gate := NewGate(0, 8, func(time.Duration) {})
		a := &asked{
			fakeManager: &fakeManager{gate: gate, fates: fates},
			answers:     map[string]protocol.Answer{}, errs: map[string]error{},
		}
		a.finder = newFinder(a.fakeManager, gate, a.isOutdated, func(q *question, answer protocol.Answer, _ time.Duration, err error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.answers[q.Alias], a.errs[q.Alias] = answer, err
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.run(ctx) })
		a.stop = func() {
			cancel()
			running.Wait()
		}
		defer a.stop()
		f(a)
	})
}

func (a *asked) question(depth protocol.Depth, aliases ...string) {
	for _, alias := range aliases {
		a.ask(&question{Question: alert24.Question{Alias: alias, Depth: depth}}, reading)
	}
}

func (a *asked) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestOneReadingServesAllThatWait(t *testing.T) {
	finderTest(t, nil, func(a *asked) {
		synctest.Wait()
		for i := range 100 {
			a.question(protocol.Since, fmt.Sprint("alias-", i))
			if i == 0 {
				synctest.Wait() // the reader is idle when the first question comes
			}
		}
		a.pass(readingPause + moment)
		readings := a.requests(opDeep, "")
		require.Len(t, readings, 2)
		assert.Equal(t, 1, readings[0].questions)
		assert.Equal(t, 99, readings[1].questions)
		assert.Equal(t, readingPause, readings[1].at.Sub(readings[0].at))
		assert.Len(t, a.got(), 100)
	})
}

func TestADeepReadingDoesNotDelayTheNewestPage(t *testing.T) {
	for _, slow := range []string{opDeep, opRead} {
		finderTest(t, always(slow, "", hangs), func(a *asked) {
			a.rows = []*row{{alias: "known", Shown: protocol.Shown{ID: "1"}}}
			for i := range 5 {
				a.question(protocol.All, fmt.Sprint("all-", i))
				a.question(protocol.Since, fmt.Sprint("since-", i))
				a.ask(&question{Question: alert24.Question{Alias: fmt.Sprint("known-", i), ID: "1"}}, reading)
				a.pass(readingPause)
			}
			a.question(protocol.Newest, "new 1")
			a.pass(readingPause / 2)
			a.question(protocol.Newest, "new 2")
			a.pass(2 * time.Second)
			for _, alias := range []string{"new 1", "new 2"} {
				require.Contains(t, a.got(), alias)
				assert.Equal(t, protocol.Done, a.got()[alias].Result)
			}
		})
	}
}

func TestAReadingThatHangsDoesNotDelayTheNext(t *testing.T) {
	var hung bool
	finderTest(t, func(op, _ string) *fate {
		if op == opList && !hung {
			hung = true
			return hangs
		}
		return nil
	}, func(a *asked) {
		a.question(protocol.Newest, "first")
		a.pass(rtt)
		a.question(protocol.Newest, "second")
		a.pass(2 * time.Second)
		assert.Equal(t, protocol.Done, a.got()["second"].Result)
		assert.NotContains(t, a.got(), "first")
		a.pass(timeout)
		assert.Equal(t, protocol.Incomplete, a.got()["first"].Result)
	})
}

func TestQuestionsForKnownIncidentsAreAskedApart(t *testing.T) {
	finderTest(t, always(opRead, "slow", hangs), func(a *asked) {
		a.rows = []*row{
			{alias: "slow", Shown: protocol.Shown{ID: "1"}},
			{alias: "quick", Shown: protocol.Shown{ID: "2", Seen: true, Open: true}},
		}
		a.ask(&question{Question: alert24.Question{Alias: "slow", ID: "1"}}, reading)
		for i := range 10 {
			a.ask(&question{Question: alert24.Question{Alias: fmt.Sprint("quick ", i), ID: "2"}}, reading)
		}
		a.pass(time.Second)
		assert.Len(t, a.requests(opRead, "quick"), 10)
		require.Len(t, a.got()["quick 9"].Found, 1)
		assert.True(t, a.got()["quick 9"].Found[0].Open)
		assert.NotContains(t, a.got(), "slow")
		a.pass(timeout)
		assert.Equal(t, protocol.Incomplete, a.got()["slow"].Result)
		assert.Error(t, a.errs["slow"])
	})
}

// TestALookupBeforeAPageWaitsForNoOther: whatever others read, and however deep.
func TestALookupBeforeAPageWaitsForNoOther(t *testing.T) {
	finderTest(t, func(_, alias string) *fate {
		if alias == "page" {
			return nil
		}
		return hangs
	}, func(a *asked) {
		a.rows = []*row{
			{alias: "page", Shown: protocol.Shown{ID: "1", Seen: true}},
			{alias: "other", Shown: protocol.Shown{ID: "2", Seen: true}},
		}
		for i := range 20 {
			for depth := range protocol.All + 1 {
				a.ask(&question{Question: alert24.Question{Alias: fmt.Sprint(depth, " ", i), ID: "2", Depth: depth}}, reading)
			}
			a.ask(&question{Question: alert24.Question{Alias: fmt.Sprint("lesser ", i), ID: "2"}}, beforePage)
			a.pass(100 * time.Millisecond)
		}
		a.ask(&question{Question: alert24.Question{Alias: "critical", ID: "1"}}, beforeCriticalPage)
		a.pass(time.Second)
		require.Contains(t, a.got(), "critical")
		assert.Equal(t, protocol.Done, a.got()["critical"].Result)
	})
}

// TestAnAliasWaitsOnce: if an alias asks again, because a page now waits for the answer, its former question is not asked.
func TestAnAliasWaitsOnce(t *testing.T) {
	finderTest(t, nil, func(a *asked) {
		a.rows = []*row{{alias: "a", Shown: protocol.Shown{ID: "1", Seen: true}}, {alias: "b", Shown: protocol.Shown{ID: "2", Seen: true}}}
		a.fakeManager.gate.deny(time.Minute)
		synctest.Wait()
		for _, of := range []lane{reading, beforePage, beforeCriticalPage, reading, beforePage} {
			a.ask(&question{Question: alert24.Question{Alias: "a", ID: "1"}}, of)
		}
		a.ask(&question{Question: alert24.Question{Alias: "b", ID: "2"}}, reading)
		assert.Equal(t, 2, a.waits())
		a.pass(2 * time.Minute)
		assert.Len(t, a.requests(opRead, "a"), 1)
		assert.Len(t, a.requests(opRead, "b"), 1)
		assert.Zero(t, a.waits())
	})
}

// TestAnOutdatedQuestionIsNotAsked: its alias decides anew.
func TestAnOutdatedQuestionIsNotAsked(t *testing.T) {
	for depth := range protocol.All + 1 {
		finderTest(t, nil, func(a *asked) {
			a.rows = []*row{{alias: "a", Shown: protocol.Shown{ID: "1", Seen: true}}, {alias: "b", Shown: protocol.Shown{ID: "2", Seen: true}}}
			a.changed = map[string]bool{"a 0": true, "a 1": true, "a 3": true}
			a.fakeManager.gate.deny(time.Second) // until then, they wait together
			synctest.Wait()
			for i := range 5 {
				a.ask(&question{Question: alert24.Question{Alias: fmt.Sprint("a ", i), ID: "1", Depth: depth}}, beforePage)
			}
			a.pass(4 * readingPause)
			for i := range 5 {
				alias := fmt.Sprint("a ", i)
				assert.Equal(t, a.changed[alias], a.got()[alias].TurnedAway)
				assert.Equal(t, !a.changed[alias], a.got()[alias].Result == protocol.Done && !a.got()[alias].TurnedAway)
			}
			assert.Len(t, a.requests(opRead, "a"), 2)
			assert.Zero(t, a.waits())
			for _, alias := range []string{"a 0", "a 0", "a 0", "b"} {
				a.ask(&question{Question: alert24.Question{Alias: alias, ID: "2", Depth: depth}}, beforePage)
				a.pass(2 * readingPause)
			}
			assert.Contains(t, a.got(), "b", "outdated questions take no place of readings")
		})
	}
}

func TestReadingsWaitForAPauseToEnd(t *testing.T) {
	finderTest(t, nil, func(a *asked) {
		a.fakeManager.gate.deny(time.Minute)
		a.question(protocol.Newest, "a")
		a.pass(30 * time.Second)
		a.question(protocol.Newest, "b")
		a.pass(time.Minute)
		assert.Len(t, a.requests(opList, ""), 1)
		assert.Len(t, a.got(), 2)
	})
}

func TestFinderStopsAtOnce(t *testing.T) {
	finderTest(t, always("", "", hangs), func(a *asked) {
		a.question(protocol.Newest, "a", "b")
		a.question(protocol.All, "c")
		a.pass(time.Second)
		a.question(protocol.Newest, "d")
		began := time.Now()
		a.stop()
		assert.Zero(t, time.Since(began))
		assert.Zero(t, a.inFlight, "requests are under way after the stop")
		assert.Empty(t, a.got(), "what was cut short says nothing")
	})
}

// A question that is turned away says nothing about the API.
func TestAnOutdatedQuestionIsNoFailure(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "fires")
		pass(moment)
		calls := len(w.seen.now().calls)
		w.loop.found(&question{Question: alert24.Question{Alias: alias}, call: protocol.Call{Kind: protocol.Lookup}}, protocol.Answer{TurnedAway: true}, 0, nil)
		pass(moment)
		assert.Len(t, w.seen.now().calls, calls)
		assert.True(t, w.loop.recovery.reads())
		assert.True(t, w.loop.outdated(&question{Question: alert24.Question{Alias: "expired"}}))
	})
}
