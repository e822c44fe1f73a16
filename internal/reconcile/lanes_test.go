// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func all(lane) bool { return true }

func TestLanesGoByUrgencyThenByArrival(t *testing.T) {
	var l lanes[string]
	l.push("update", updating)
	l.push("low 1", otherPage)
	l.push("low 2", otherPage)
	l.push("critical", criticalPage)
	raised := l.push("worse", updating)
	l.raise(raised, highPage)
	l.raise(raised, updating) // never back
	gone := l.push("gone", criticalPage)
	assert.True(t, l.remove(gone))
	assert.False(t, l.remove(gone))
	assert.Equal(t, 5, l.len())
	assert.Equal(t, []string{"critical", "worse", "low 1", "low 2", "update"}, drain(&l))
	assert.Nil(t, l.take(all))
}

func drain(l *lanes[string]) (values []string) {
	for t := l.take(all); t != nil; t = l.take(all) {
		values = append(values, t.value)
	}
	return values
}

func TestLanesPassOverWhatIsNotOpen(t *testing.T) {
	var l lanes[string]
	l.push("page", criticalPage)
	l.push("close", closing)
	notPages := func(at lane) bool { return !at.isPage() }
	assert.Equal(t, "close", l.take(notPages).value)
	assert.Nil(t, l.take(notPages))
	assert.Equal(t, "page", l.take(all).value)
}

func TestClosesGetThroughWhileCreatesStorm(t *testing.T) {
	var l lanes[string]
	for i := range 1000 {
		l.push(fmt.Sprint("create ", i), criticalPage)
	}
	for i := range 5 {
		l.push(fmt.Sprint("close ", i), closing)
	}
	var turns []int
	for i, value := range drain(&l)[:60] {
		if value[:5] == "close" {
			turns = append(turns, i+1)
		}
	}
	assert.Equal(t, []int{10, 20, 30, 40, 50}, turns)
}

// However pushes and takes are mixed, an item goes after a bounded number of turns. The bound depends on the items before it in its lane.
func TestNothingWaitsForever(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type waiter struct{ bound, turns int }
		l := lanes[*waiter]{shares: rapid.SampledFrom([][numLanes]int{{}, {highPage: pageShare, otherPage: pageShare, beforePage: pageShare}}).Draw(t, "shares")}
		inLane := map[lane]int{}
		waiting := map[*waiter]bool{}
		take := func() {
			ticket := l.take(all)
			if ticket == nil {
				return
			}
			inLane[ticket.lane]--
			delete(waiting, ticket.value)
			for w := range waiting {
				w.turns++
				if w.turns >= w.bound {
					t.Fatalf("it waits for %d turns", w.turns)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				at := lane(rapid.IntRange(0, int(numLanes)-1).Draw(t, "lane"))
				w := &waiter{bound: (inLane[at] + 1) * (l.share(at) + int(numLanes))}
				inLane[at]++
				waiting[w] = true
				l.push(w, at)
			},
			"take": func(*rapid.T) { take() },
			"": func(t *rapid.T) {
				if l.len() != len(waiting) {
					t.Fatalf("%d wait, not %d", l.len(), len(waiting))
				}
			},
		})
		for len(waiting) > 0 {
			take()
		}
	})
}
