// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

const first, second = "first", "second"

var fires = kit.Saying(kit.Firing("api-01.prod", "critical"), first)

// fates are the possible outcomes of a request whose client dies.
var fates = map[string]fault.Fault{
	"never carried out":  {Hang: true, Times: 1},
	"carried out":        {Hang: true, Times: 1, Commit: true},
	"carried out late":   {Hang: true, Times: 1, CommitLate: kit.Late},
	"dropped, and late":  {Drop: true, Times: 1, CommitLate: kit.Late},
	"carried out slowly": {Delay: kit.Late, Times: 1},
}

// crash is a kill while a request is on the wire.
type crash struct {
	operation    fault.Operation
	before       []kit.Webhook
	event, after func() kit.Webhook // the cause of the request; the first webhook after the restart, if any
	want         []string
	never        bool // no incident is ever opened if the request is never carried out
	goesOn       bool // the incident may also stay open, if its close is never carried out and the settle time passes first
}

var crashes = map[string]crash{
	"create": {
		operation: fault.Create, event: func() kit.Webhook { return fires },
		want: []string{"new " + first},
	},
	"create, then over": {
		operation: fault.Create, event: func() kit.Webhook { return fires }, after: func() kit.Webhook { return kit.Resolved(fires) },
		want: []string{"resolved " + first}, never: true,
	},
	"update": {
		operation: fault.Update, before: []kit.Webhook{fires}, event: func() kit.Webhook { return kit.Saying(fires, second) },
		want: []string{"new " + second},
	},
	"update, then back": {
		operation: fault.Update, before: []kit.Webhook{fires}, event: func() kit.Webhook { return kit.Saying(fires, second) },
		after: func() kit.Webhook { return fires },
		want:  []string{"new " + first},
	},
	"close": {
		operation: fault.Resolve, before: []kit.Webhook{fires}, event: func() kit.Webhook { return kit.Resolved(fires) },
		want: []string{"resolved " + first},
	},
	"close, then again": {
		operation: fault.Resolve, before: []kit.Webhook{fires}, event: func() kit.Webhook { return kit.Resolved(fires) },
		after: func() kit.Webhook { return kit.Again(fires) },
		want:  []string{"resolved " + first, "new " + first}, goesOn: true,
	},
}

// The collector is killed while a request is on the wire. The request may be carried out, never, or only after the restart, and the
// alert may have changed again. In each case the incident ends up as the alert says.
func TestKilledWithARequestInFlight(t *testing.T) { kit.EachReading(t, testKilledInFlight) }

func testKilledInFlight(t *testing.T, switches func(*sandbox.Switches)) {
	t.Helper()
	for name, c := range crashes {
		for fateName, fate := range fates {
			t.Run(name+", "+fateName, func(t *testing.T) {
				t.Parallel()
				s, collector := kit.Start(t, kit.World{Switches: switches, Set: kit.Quick()})
				// A late create and its repeat may come at the same time. Two incidents at once are not what this test is about.
				require.NoError(t, s.SetSwitches(func(sw *sandbox.Switches) { sw.NonAtomicCreate = 0 }))
				c.happen(t, s, collector, fate)
				if c.never && fateName == "never carried out" {
					requireIncidents(t, s)
					return
				}
				if c.goesOn && fateName == "never carried out" && len(s.Incidents()) == 1 {
					requireIncidents(t, s, c.want[len(c.want)-1])
					return
				}
				requireIncidents(t, s, c.want...)
			})
		}
	}
}

// happen returns when no pending request can still change an incident.
func (c crash) happen(t *testing.T, s *harness.Sandbox, collector *harness.Collector, fate fault.Fault) {
	t.Helper()
	for _, w := range c.before {
		kit.Deliver(t, collector, w)
		kit.OnlyIncident(t, s, kit.IsOpen)
	}
	fate.Match.Operation = c.operation
	_, err := s.AddFault(fate)
	require.NoError(t, err)
	kit.Deliver(t, collector, c.event())
	kit.Eventually(t, func(context.Context) error {
		if s.Faults()[0].Applied == 0 {
			return errors.New("the request is not on the wire")
		}
		return nil
	})
	collector.Kill()
	if c.after == nil {
		require.NoError(t, collector.Start(t.Context()))
	} else {
		// The API fails until the collector has learned the truth.
		require.NoError(t, s.SetFaults([]sandbox.Fault{{Status: http.StatusServiceUnavailable}}))
		require.NoError(t, collector.Start(t.Context()))
		kit.Deliver(t, collector, c.after())
		s.ClearFaults()
	}
	kit.AtRest(t, s, kit.SettleTime, collector)
}

// Restarts faster than any timer do not extend a hold or a doubt: both end once the restarts stop.
func TestRestartsFasterThanAnyTimer(t *testing.T) { kit.EachReading(t, testRestarts) }

func testRestarts(t *testing.T, switches func(*sandbox.Switches)) {
	t.Helper()
	s, c := kit.Start(t, kit.World{Switches: switches, Set: kit.Quick()})
	opens, ends := kit.Firing("opens", "critical"), kit.Firing("ends", "critical")
	echo := kit.Firing("echo", "critical")
	kit.Deliver(t, c, ends)
	kit.Deliver(t, c, echo)
	areOpen := func(want int) {
		kit.Eventually(t, func(context.Context) error {
			if n := s.Stats().Open; n != want {
				return fmt.Errorf("%d incidents are open, not %d", n, want)
			}
			return nil
		})
	}
	areOpen(2)
	kit.Deliver(t, c, kit.Resolved(echo))
	areOpen(1)
	other := echo
	other.ExternalURL = "http://another.example.com"
	kit.Deliver(t, c, other) // held; it is not an echo: no resolve follows
	_, err := s.AddFault(sandbox.Fault{Status: http.StatusServiceUnavailable})
	require.NoError(t, err)
	kit.Deliver(t, c, opens)
	kit.Deliver(t, c, kit.Resolved(ends))
	for range 12 {
		c.Kill()
		require.NoError(t, c.Start(t.Context()))
	}
	s.ClearFaults()
	kit.AtRest(t, s, kit.Hold, c)

	want := map[string]string{"HighErrorRate:opens": "new", "HighErrorRate:ends": "resolved"}
	got := map[string]string{}
	for _, i := range s.Incidents() {
		if i.Alias != "HighErrorRate:echo" {
			got[i.Alias] = i.Status
		}
	}
	assert.Equal(t, want, got)
	assert.Len(t, s.Open("HighErrorRate:echo"), 1, "the hold has ended")
	assert.Len(t, s.Incidents(), 4, "one for each episode")
}

// requireIncidents compares the status and title of all incidents that ever existed, oldest first.
func requireIncidents(t *testing.T, s *harness.Sandbox, want ...string) {
	t.Helper()
	var got []string // nil like want, if there are none
	for _, i := range s.Incidents() {
		got = append(got, i.Status+" "+i.Title)
	}
	require.Equal(t, want, got)
}
