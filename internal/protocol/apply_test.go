// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// said is one event of a case and its time after the start.
type said struct {
	at   time.Duration
	ev   Event
	want Outcome
}

func TestApply(t *testing.T) { //nolint:funlen // one table of cases
	s0 := at(0)
	s2 := s0.Add(2 * minute)
	e1 := s0.Add(minute)
	zero := time.Time{}
	for name, c := range map[string]struct {
		policy func(*Policy)
		said   []said
		firing bool
		held   bool
		state  State
	}{
		"a firing": {
			said:   []said{{0, fires("am1", s0), Fired}},
			firing: true,
		},
		"the same again": {
			said:   []said{{0, fires("am1", s0), Fired}, {minute, fires("am1", s0), Repeated}},
			firing: true,
		},
		"rule 1: older in the same epoch": {
			said: []said{
				{0, fires("am1", s0).order("a", 1), Fired},
				{minute, resolves("am1", s0, e1).order("a", 3), NeverOpened},
				{minute, fires("am1", s0).order("a", 2), OlderDropped},
			},
		},
		"rule 1: an equal number is not older": {
			said:   []said{{0, fires("am1", s0).order("a", 1), Fired}, {0, fires("am1", s0).order("a", 1), Repeated}},
			firing: true,
		},
		"rule 1: another epoch is in order of arrival": {
			said: []said{
				{0, fires("am1", s0).order("a", 7), Fired},
				{minute, resolves("am1", s0, e1).order("b", 1), NeverOpened},
			},
		},
		"rule 1: without an epoch the order is that of arrival": {
			said: []said{
				{0, fires("am1", s0).order("", 7), Fired},
				{minute, resolves("am1", s0, e1).order("", 1), NeverOpened},
			},
		},
		"rule 1: the order is each alert's own": {
			said: []said{
				{0, fires("am1", s0).order("a", 7), Fired},
				{0, fires("am1", s0).low().order("a", 3), Fired},
			},
			firing: true,
		},
		"rule 2: a resolve of the instance before": {
			said:   []said{{2 * minute, fires("am1", s2), Fired}, {3 * minute, resolves("am2", s0, e1), StaleResolve}},
			firing: true,
		},
		"rule 2: it ended when this one began": {
			said:   []said{{2 * minute, fires("am1", s2), Fired}, {3 * minute, resolves("am2", s0, s2), StaleResolve}},
			firing: true,
		},
		"rule 2: an older start that ended later is this one, merged": {
			said: []said{{2 * minute, fires("am1", s2), Fired}, {3 * minute, resolves("am2", s0, s2.Add(1)), NeverOpened}},
		},
		"rule 2: without an end nothing is provable": {
			said: []said{{2 * minute, fires("am1", s2), Fired}, {3 * minute, resolves("am2", s0, zero), NeverOpened}},
		},
		"rule 2: without a start nothing is provable": {
			said: []said{{2 * minute, fires("am1", s2), Fired}, {3 * minute, resolves("am2", zero, e1), NeverOpened}},
		},
		"rule 2: an echo of the instance before does not make its resolve fit": {
			said: []said{
				{2 * minute, fires("am1", s2), Fired},
				{2 * minute, fires("am2", s0), Repeated},
				{3 * minute, resolves("am2", s0, e1), StaleResolve},
			},
			firing: true,
		},
		"rule 2: a resolve of the instance before does not end the hold of this one": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{2 * minute, resolves("am2", s0, s2), NeverOpened},
				{2 * minute, fires("am1", s2), EchoHeld},
				{3 * minute, resolves("am2", s0, s2), StaleResolve},
			},
			held: true,
		},
		"a repeated log record, whose start is only its time, is a repeat": {
			said: []said{
				{0, fires("", s0).undated(), Fired},
				{2 * minute, fires("", s2).undated(), Repeated},
				{3 * minute, resolves("", zero, e1), NeverOpened},
			},
		},
		"rule 3: only this member": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{0, fires("am1", s0).low(), Fired},
				{minute, resolves("am1", s0, e1), Resolved},
			},
			firing: true,
		},
		"rule 3: of an unknown alias": {
			said:  []said{{0, resolves("am1", s0, e1), ResolveUnknown}, {minute, resolves("am1", s0, e1), ResolveRepeated}},
			state: Unknown,
		},
		"rule 3: of two members of an unknown alias": {
			said:  []said{{0, resolves("am1", s0, e1), ResolveUnknown}, {0, resolves("am1", s0, e1).low(), ResolveUnknown}},
			state: Unknown,
		},
		"rule 3: cancels a hold": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{minute, fires("am2", s0), EchoHeld},
				{minute, resolves("am2", s0, e1), EchoCancelled},
			},
		},
		"rule 4: a replica's old start is held": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{7*minute - 1, fires("am2", e1), EchoHeld},
			},
			held: true,
		},
		"rule 4: after the window it fires": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{7 * minute, fires("am2", s0), Fired},
			},
			firing: true,
		},
		"rule 4: a newer start fires": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{2 * minute, fires("am2", e1.Add(1)), Fired},
			},
			firing: true,
		},
		"rule 4: the sender of the resolve is no echo (Q2)": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{2 * minute, fires("am1", s0), Fired},
			},
			firing: true,
		},
		"rule 4: echo_sender any holds that too": {
			policy: func(p *Policy) { p.EchoAnySender = true },
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{2 * minute, fires("am1", s0), EchoHeld},
				{3 * minute, fires("am1", s0), EchoIgnored},
			},
			held: true,
		},
		"rule 5: the echo again changes nothing": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{minute, fires("am2", s0), EchoHeld},
				{2 * minute, fires("am2", s0), EchoIgnored},
				{3 * minute, fires("am3", s0), EchoIgnored},
			},
			held: true,
		},
		"rule 5: the sender of the resolve releases": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{minute, fires("am2", s0), EchoHeld},
				{2 * minute, fires("am1", s0), EchoReleased},
			},
			firing: true,
		},
		"rule 5: a newer start releases": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), NeverOpened},
				{minute, fires("am2", s0), EchoHeld},
				{3 * minute, fires("am2", s2), EchoReleased},
			},
			firing: true,
		},
		"times: an unknown start and end are no proof of age": {
			said: []said{{0, fires("am1", s0), Fired}, {minute, resolves("am1", zero, zero), NeverOpened}},
		},
		"times: an end in the future is the arrival": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, s0.Add(hour)), NeverOpened},
				{2 * minute, fires("am2", s2), Fired},
			},
			firing: true,
		},
		"times: with our clock behind, an echo is an echo": {
			said: []said{
				{0, fires("am1", s2), Fired},
				{minute, resolves("am1", s2, s2.Add(minute)), NeverOpened},
				{minute, fires("am2", s2), EchoHeld},
			},
			held: true,
		},
		"rule 6: never dropped for its start": {
			said:   []said{{0, fires("am1", s2), Fired}, {0, fires("am1", s0).low(), Fired}},
			firing: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := testPolicy()
			if c.policy != nil {
				c.policy(p)
			}
			var e Timed
			for i, s := range c.said {
				var outcome Outcome
				e, outcome = applyOne(p, e, s.ev, at(0).Add(s.at))
				require.Equal(t, s.want, outcome, "event %d", i)
			}
			assert.Equal(t, c.firing, e.Firing())
			assert.Equal(t, c.held, e.Members.Get(keys[0]).held())
			assert.Equal(t, c.state, e.Incident.State)
		})
	}
}

func TestEndOf(t *testing.T) {
	start := at(0)
	after := start.Add
	now := after(hour)
	for name, tt := range map[string]struct {
		fired, starts, ends, now, want time.Time
	}{
		"as it says":                  {start, start, after(minute), now, after(minute)},
		"not said":                    {start, start, time.Time{}, now, now},
		"in the future":               {start, start, after(2 * hour), now, now},
		"as it began":                 {start, start, start, now, now},
		"before it began":             {start, start, after(-minute), now, now},
		"with the end as its start":   {start, after(minute), after(minute), now, after(minute)},
		"a firing that nobody heard":  {time.Time{}, start, after(minute), now, after(minute)},
		"a clock that runs behind":    {now, now, after(2 * hour), start, now},
		"behind, and as it began":     {now, now, now, start, now},
		"no firing, and before start": {time.Time{}, start, after(-minute), now, start},
	} {
		t.Run(name, func(t *testing.T) {
			ev := resolves("am1", tt.starts, tt.ends)
			m := Member{Alert: incident.Pack(&incident.Alert{StartsAt: tt.fired})}
			assert.Equal(t, tt.want, m.endOf(&ev, tt.now))
		})
	}
}
