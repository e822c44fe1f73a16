// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// If the write-ahead of a call is too old when its turn at the gate comes, the call does not leave, and takes no place.
func TestCallLeavesOnlyWithAPermit(t *testing.T) {
	gateTest(t, 0, 1, func(g *atGate) {
		written := time.Now()
		mayCall := func(since time.Time) bool { return time.Since(since) <= 3*time.Second }
		leave, err := g.Enter(permit(g.t.Context(), mayCall, written), protocol.Create)
		require.NoError(t, err)
		g.wg.Go(func() {
			time.Sleep(4 * time.Second)
			leave(protocol.Done, 0)
		})
		_, err = g.Enter(permit(g.t.Context(), mayCall, written), protocol.Create)
		require.ErrorIs(t, err, ErrNotPermitted)
		assert.Equal(t, 4*time.Second, time.Since(written))
		leave, err = g.Enter(permit(g.t.Context(), mayCall, time.Now()), protocol.Create)
		require.NoError(t, err)
		leave(protocol.Done, 0)
	})
}

// Many pages wait for lookups. Closes still leave soon enough after their write-ahead, as a replica requires.
func TestClosesLeaveInTimeWhilePagesLookUp(t *testing.T) {
	const lease = 10 * time.Second
	inWorld(t, options{rate: 15, cfg: func(c *Config) {
		c.MayCall = func(since time.Time) bool { return time.Since(since) < lease/3 }
	}}, func(w *world) {
		for i := range 100 {
			w.fire(fmt.Sprint("resolves-", i), incident.High, "fires")
		}
		w.busy(refusesCloses)
		pass(2 * time.Minute)
		w.fate(nil)
		for i := range others {
			w.closesByHand(fmt.Sprint("other-", i))
		}
		began := time.Now()
		for i := range others {
			w.fire(fmt.Sprint("other-", i), incident.High, "fires")
		}
		for i := range 100 {
			w.resolve(fmt.Sprint("resolves-", i))
		}
		pass(10 * time.Minute)
		for _, c := range w.seen.now().calls {
			assert.NotErrorIs(t, c.err, ErrNotPermitted)
		}
		for _, q := range w.requests("", "") {
			assert.Less(t, q.at.Sub(began), 3*time.Minute, "nothing is read in vain")
		}
	})
}
