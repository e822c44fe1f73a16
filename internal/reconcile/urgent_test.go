// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"strconv"
	"testing"
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

func TestTheGateOrdersPagesByUrgency(t *testing.T) {
	gateTest(t, 0, 1, func(g *atGate) {
		g.request(1, protocol.Create, time.Second, protocol.Done, 0)
		var order []lane
		for _, at := range []lane{openOther, openCritical, updating, openHigh} {
			g.wg.Go(func() {
				leave, err := g.Enter(urgent(g.t.Context(), at), protocol.Create)
				if assert.NoError(g.t, err) {
					order = append(order, at)
					leave(protocol.Done, 0)
				}
			})
			g.pass(time.Millisecond)
		}
		g.wg.Wait()
		assert.Equal(t, []lane{openCritical, openOther, updating, openHigh}, order)
	})
}

// A critical page has what all pages have: a place that others cannot take, and a bound on the pause.
func TestACriticalPageIsAPage(t *testing.T) {
	gateTest(t, 0, 2, func(g *atGate) {
		critical := urgent(g.t.Context(), openCritical)
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
