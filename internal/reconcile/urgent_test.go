// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// All workers hold lesser pages, which wait for the rate. A critical page overtakes them at the gate, too.
func TestACriticalPageOvertakesLesserOnesAtTheGate(t *testing.T) {
	inWorld(t, options{rate: 2, cfg: func(c *Config) { c.Workers = 50 }}, func(w *world) {
		for i := range 300 {
			w.fire("lesser-"+strconv.Itoa(i), incident.Low, "first")
		}
		pass(10 * time.Second)
		fired := time.Now()
		w.fire(alias, incident.Critical, "burns")
		pass(time.Minute)
		require.Len(t, w.requests(opCreate, alias), 1)
		assert.LessOrEqual(t, w.requests(opCreate, alias)[0].at.Sub(fired), 2*time.Second)
	})
}

func TestTheGateOrdersRequestsByUrgency(t *testing.T) {
	gateTest(t, 0, 1, func(g *atGate) {
		g.waiting.shares = [numLanes]int{closing: 100, updating: 100, reading: 100} // here, nothing is overdue
		g.request(1, protocol.Create, time.Second, protocol.Done, 0)
		var order []string
		enter := func(kind protocol.Kind, of lane, what string) {
			g.wg.Go(func() {
				leave, err := g.Enter(urgent(g.t.Context(), of), kind)
				if assert.NoError(g.t, err) {
					order = append(order, what)
					leave(protocol.Done, 0)
				}
			})
			g.pass(time.Millisecond)
		}
		enter(protocol.Lookup, closing, "lookup")
		enter(protocol.Update, criticalPage, "update")
		enter(protocol.Close, updating, "close")
		enter(protocol.Lookup, beforePage, "lookup before a page")
		enter(protocol.Close, beforePage, "close before a page")
		enter(protocol.Create, otherPage, "page")
		enter(protocol.Lookup, beforeCriticalPage, "lookup before a critical page")
		enter(protocol.Update, beforeCriticalPage, "update before a critical page")
		enter(protocol.Create, criticalPage, "critical page")
		enter(protocol.Create, updating, "another page") // its alert has just become critical, say
		enter(protocol.Create, highPage, "high page")
		enter(protocol.Create, beforeCriticalPage, "page of what resolved")
		g.wg.Wait()
		assert.Equal(t, []string{
			"critical page", "lookup before a critical page", "update before a critical page", "page", "another page", "high page",
			"page of what resolved", "lookup before a page", "close before a page", "close", "update", "lookup",
		}, order)
	})
}

// hang lets twenty requests of a lane hang for a minute, and returns how many of them entered.
func (g *atGate) hang(of lane, kind protocol.Kind) int {
	before := g.in()
	for range 20 {
		g.wg.Go(func() {
			leave, err := g.Enter(urgent(g.t.Context(), of), kind)
			if assert.NoError(g.t, err) {
				g.mu.Lock()
				g.entered = append(g.entered, 0)
				g.mu.Unlock()
				time.Sleep(time.Minute)
				leave(protocol.Done, 0)
			}
		})
	}
	synctest.Wait()
	return g.in() - before
}

// Requests that hang before pages leave places for pages, and for closes and updates, but may take those that other reads cannot.
func TestTheGateKeepsPlacesFromWhatPagesWaitFor(t *testing.T) {
	for _, c := range []struct{ places, reads, before, critical, closes int }{
		{1, 1, 1, 1, 1},
		{2, 1, 1, 1, 1},
		{3, 1, 2, 2, 2},
		{8, 4, 5, 6, 7},
	} {
		gateTest(t, 0, c.places, func(g *atGate) {
			g.hang(reading, protocol.Lookup)
			assert.Equal(t, c.reads, g.in(), "of %d places", c.places)
			g.hang(beforePage, protocol.Lookup)
			assert.Equal(t, c.before, g.in(), "of %d places", c.places)
			g.hang(beforeCriticalPage, protocol.Lookup)
			assert.Equal(t, c.critical, g.in(), "of %d places", c.places)
			g.hang(closing, protocol.Close)
			assert.Equal(t, c.closes, g.in(), "of %d places", c.places)
			g.hang(otherPage, protocol.Create)
			assert.Equal(t, c.places, g.in())
		})
	}
}

// Lookups that hang before pages leave other lookups no place that those before pages could not take either.
func TestOtherLookupsTakeNoPlaceThatIsKept(t *testing.T) {
	gateTest(t, 0, 8, func(g *atGate) {
		assert.Equal(t, 5, g.hang(beforePage, protocol.Lookup))
		assert.Zero(t, g.hang(reading, protocol.Lookup))
		assert.Equal(t, 1, g.hang(beforeCriticalPage, protocol.Lookup))
		assert.Equal(t, 1, g.hang(closing, protocol.Close))
		assert.Equal(t, 1, g.hang(otherPage, protocol.Create))
	})
}

// While many lookups before pages wait, other lookups still have their share, and closes and updates have a larger one.
func TestLookupsBeforePagesLeaveAShare(t *testing.T) {
	kinds := map[lane]protocol.Kind{
		beforeCriticalPage: protocol.Lookup, closing: protocol.Close, updating: protocol.Update, reading: protocol.Lookup,
	}
	gateTest(t, 10, 8, func(g *atGate) {
		g.request(40, protocol.Create, 0, protocol.Done, 0) // the burst
		var order []lane
		for of, n := range map[lane]int{beforeCriticalPage: 300, closing: 8, updating: 8, reading: 20} {
			for range n {
				g.wg.Go(func() {
					leave, err := g.Enter(urgent(g.t.Context(), of), kinds[of])
					if assert.NoError(g.t, err) {
						g.mu.Lock()
						order = append(order, of)
						g.mu.Unlock()
						leave(protocol.Done, 0)
					}
				})
			}
		}
		g.wg.Wait()
		last := map[lane]int{}
		for i, of := range order {
			last[of] = i
		}
		assert.LessOrEqual(t, last[reading], 20*(share+1))
		assert.LessOrEqual(t, last[closing], 8*(writeShare+1))
		assert.LessOrEqual(t, last[updating], 8*(writeShare+1))
	})
}

// A critical page has what all pages have: a place that others cannot take, and a bound on the pause.
func TestACriticalPageIsAPage(t *testing.T) {
	gateTest(t, 0, 2, func(g *atGate) {
		critical := urgent(g.t.Context(), criticalPage)
		g.request(1, protocol.Update, 2*time.Hour, protocol.NotSent, 0)
		leave, err := g.Enter(critical, protocol.Create)
		require.NoError(t, err)
		assert.Equal(t, g.began, time.Now())
		leave(protocol.NotSent, time.Hour)
		g.pass(maxPagePause)
		leave, err = g.Enter(critical, protocol.Create)
		if assert.NoError(t, err) {
			leave(protocol.Done, 0)
		}
	})
}
