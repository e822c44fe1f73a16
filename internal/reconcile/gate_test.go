// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// atGate records requests at a gate, in fake time.
type atGate struct {
	*Gate
	t     *testing.T
	began time.Time
	wg    sync.WaitGroup

	mu      sync.Mutex
	entered []time.Duration // since began
	kinds   []protocol.Kind
	errs    []error
	waited  time.Duration
}

func gateTest(t *testing.T, rate float64, places int, f func(g *atGate)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := &atGate{t: t, began: time.Now()}
		g.Gate = NewGate(rate, places, func(d time.Duration) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.waited += d
		})
		f(g)
		g.wg.Wait()
		assert.Zero(t, g.waiting.len())
		assert.Zero(t, g.inside)
	})
}

// request makes n requests of the kind arrive now. Each takes that time and has that result.
func (g *atGate) request(n int, kind protocol.Kind, took time.Duration, r protocol.Result, retryAfter time.Duration) {
	for range n {
		g.wg.Go(func() {
			leave, err := g.Enter(g.t.Context(), kind)
			g.mu.Lock()
			if err != nil {
				g.errs = append(g.errs, err)
			} else {
				g.entered, g.kinds = append(g.entered, time.Since(g.began)), append(g.kinds, kind)
			}
			g.mu.Unlock()
			if err == nil {
				time.Sleep(took)
				leave(r, retryAfter)
			}
		})
	}
	synctest.Wait()
}

// in returns how many requests have entered.
func (g *atGate) in() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.entered)
}

func (g *atGate) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestGateBoundsTheRate(t *testing.T) {
	gateTest(t, 15, 1000, func(g *atGate) {
		g.request(90, protocol.Create, 0, protocol.Done, 0)
		assert.Equal(t, 60, g.in(), "four seconds' worth leave at once")
		g.pass(time.Second + time.Millisecond)
		assert.Equal(t, 75, g.in())
		g.pass(time.Second)
		assert.Equal(t, 90, g.in())
		assert.InDelta(t, (30*31/2)/15., g.waited.Seconds(), 0.1)
		g.pass(time.Hour)
		g.request(90, protocol.Update, 0, protocol.Done, 0)
		assert.Equal(t, 150, g.in(), "a burst is never more than that")
	})
}

func TestGateWithoutARate(t *testing.T) {
	gateTest(t, 0, 1000, func(g *atGate) {
		g.request(500, protocol.Create, time.Second, protocol.Done, 0)
		assert.Equal(t, 500, g.in())
		assert.Zero(t, g.waited)
	})
}

func TestGateKeepsPlaces(t *testing.T) {
	for _, c := range []struct{ places, reads, others, creates int }{
		{1, 1, 1, 1},
		{2, 1, 1, 2},
		{3, 1, 2, 3},
		{4, 2, 3, 4},
		{5, 2, 3, 5},
		{8, 4, 6, 8},
	} {
		gateTest(t, 0, c.places, func(g *atGate) {
			g.request(20, protocol.Lookup, time.Minute, protocol.Done, 0)
			assert.Equal(t, c.reads, g.in(), "lookups of %d places", c.places)
			g.request(20, protocol.Update, time.Minute, protocol.Done, 0)
			g.request(20, protocol.Close, time.Minute, protocol.Done, 0)
			assert.Equal(t, c.others, g.in(), "all but creates of %d places", c.places)
			g.request(20, protocol.Create, time.Minute, protocol.Done, 0)
			assert.Equal(t, c.creates, g.in(), "all of %d places", c.places)
		})
	}
}

func TestGateLetsPagesGoFirst(t *testing.T) {
	gateTest(t, 0, 1, func(g *atGate) {
		g.request(1, protocol.Create, time.Second, protocol.Done, 0)
		for _, kind := range []protocol.Kind{protocol.Lookup, protocol.Update, protocol.Close, protocol.Reopen, protocol.Create} {
			g.request(1, kind, time.Second, protocol.Done, 0)
		}
		g.wg.Wait()
		assert.Equal(t, []protocol.Kind{
			protocol.Create, protocol.Reopen, protocol.Create, protocol.Close, protocol.Update, protocol.Lookup,
		}, g.kinds)
	})
}

func TestGatePausesAsTheAPIAsks(t *testing.T) {
	gateTest(t, 0, 8, func(g *atGate) {
		g.request(1, protocol.Lookup, 0, protocol.Incomplete, 30*time.Second)
		for _, kind := range []protocol.Kind{protocol.Create, protocol.Close, protocol.Lookup} {
			assert.False(t, g.Open(kind))
		}
		g.request(1, protocol.Create, 0, protocol.Done, 0)
		require.Len(t, g.errs, 1, "nothing waits at the gate for a long pause to end")
		assert.ErrorContains(t, g.errs[0], "asked for a pause")
		require.NoError(t, g.await(g.t.Context(), otherPage))
		assert.Equal(t, 30*time.Second, time.Since(g.began))
		assert.True(t, g.Open(protocol.Create))
	})
}

func TestNothingStopsCreatesForLong(t *testing.T) {
	gateTest(t, 0, 8, func(g *atGate) {
		g.request(1, protocol.Update, 0, protocol.NotSent, 24*time.Hour)
		require.NoError(t, g.await(g.t.Context(), otherPage))
		assert.Equal(t, 5*time.Minute, time.Since(g.began))
		assert.False(t, g.Open(protocol.Update))
		require.NoError(t, g.await(g.t.Context(), updating))
		assert.Equal(t, time.Hour, time.Since(g.began))
	})
}

func TestAShorterPauseDoesNotEndALongerOne(t *testing.T) {
	gateTest(t, 0, 8, func(g *atGate) {
		g.deny(time.Minute)
		g.deny(time.Second)
		require.NoError(t, g.await(g.t.Context(), otherPage))
		assert.Equal(t, time.Minute, time.Since(g.began))
	})
}

func TestPausesGrowUntilASuccess(t *testing.T) {
	gateTest(t, 0, 8, func(g *atGate) {
		for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			want := time.Duration(seconds) * time.Second
			began := time.Now()
			// Several answers to requests from before the pause count once.
			g.request(3, protocol.Create, time.Millisecond, protocol.NotSent, -1)
			g.pass(time.Millisecond)
			require.NoError(t, g.await(g.t.Context(), otherPage))
			assert.Equal(t, want+time.Millisecond, time.Since(began))
		}
		g.request(1, protocol.Create, 0, protocol.Unanswered, 0)
		failed := time.Now()
		g.request(1, protocol.Create, 0, protocol.NotSent, -1)
		require.NoError(t, g.await(g.t.Context(), otherPage))
		assert.Equal(t, maxSlowdown, time.Since(failed), "a failure ends the growth")
		g.request(1, protocol.Create, 0, protocol.Done, 0)
		began := time.Now()
		g.request(1, protocol.Create, 0, protocol.NotSent, -1)
		require.NoError(t, g.await(g.t.Context(), otherPage))
		assert.Equal(t, time.Second, time.Since(began))
	})
}

func TestAPauseTurnsThoseAwayThatWait(t *testing.T) {
	gateTest(t, 0, 2, func(g *atGate) {
		g.request(2, protocol.Create, time.Second, protocol.NotSent, time.Minute)
		g.request(3, protocol.Create, 0, protocol.Done, 0)
		g.pass(time.Second)
		assert.Len(t, g.errs, 3)
	})
	gateTest(t, 0, 2, func(g *atGate) {
		g.request(1, protocol.Create, 0, protocol.NotSent, -1)
		g.request(3, protocol.Create, 0, protocol.Done, 0)
		g.wg.Wait()
		assert.Empty(t, g.errs, "a short pause is waited for")
		assert.Equal(t, []time.Duration{0, time.Second, time.Second, time.Second}, g.entered)
		assert.Equal(t, 3*time.Second, g.waited)
	})
}

func TestAVisitorCanGiveUp(t *testing.T) {
	gateTest(t, 0, 1, func(g *atGate) {
		g.request(1, protocol.Create, time.Minute, protocol.Done, 0)
		ctx, cancel := context.WithTimeout(g.t.Context(), time.Second)
		defer cancel()
		_, err := g.Enter(ctx, protocol.Create)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(g.began))
		_, err = g.Enter(ctx, protocol.Create)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, g.await(ctx, otherPage), context.DeadlineExceeded)
	})
}

func TestAVisitorThatGivesUpWhileItIsCalledLeavesItsPlace(t *testing.T) {
	gateTest(t, 0, 1, func(g *atGate) {
		for i := range 200 {
			pause := time.Duration(i%2) * time.Minute // it turns away all that wait
			leave, err := g.Enter(g.t.Context(), protocol.Create)
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(g.t.Context())
			for _, ctx := range []context.Context{ctx, g.t.Context()} {
				g.wg.Go(func() {
					if leave, err := g.Enter(ctx, protocol.Create); err == nil {
						leave(protocol.Done, 0)
					}
				})
				synctest.Wait()
			}
			cancel()
			leave(protocol.Done, pause)
			g.wg.Wait()
			g.pass(pause)
		}
	})
}

func TestLeaveCountsOnce(t *testing.T) {
	gateTest(t, 0, 2, func(g *atGate) {
		leave, err := g.Enter(g.t.Context(), protocol.Create)
		require.NoError(t, err)
		leave(protocol.Done, 0)
		leave(protocol.Done, 0)
		g.request(5, protocol.Create, time.Minute, protocol.Done, 0)
		assert.Equal(t, 2, g.in())
	})
}
