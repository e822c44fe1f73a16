// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// said is one event of a case, so long after the start.
type said struct {
	at   time.Duration
	ev   Event
	want Outcome
}

func TestApply(t *testing.T) {
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
				{minute, resolves("am1", s0, e1).order("a", 3), Coalesced},
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
				{minute, resolves("am1", s0, e1).order("b", 1), Coalesced},
			},
		},
		"rule 1: without an epoch the order is that of arrival": {
			said: []said{
				{0, fires("am1", s0).order("", 7), Fired},
				{minute, resolves("am1", s0, e1).order("", 1), Coalesced},
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
			said: []said{{2 * minute, fires("am1", s2), Fired}, {3 * minute, resolves("am2", s0, s2.Add(1)), Coalesced}},
		},
		"rule 2: without an end nothing is provable": {
			said: []said{{2 * minute, fires("am1", s2), Fired}, {3 * minute, resolves("am2", s0, zero), Coalesced}},
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
				{2 * minute, resolves("am2", s0, s2), Coalesced},
				{2 * minute, fires("am1", s2), EchoHeld},
				{3 * minute, resolves("am2", s0, s2), StaleResolve},
			},
			held: true,
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
				{minute, resolves("am1", s0, e1), Coalesced},
				{minute, fires("am2", s0), EchoHeld},
				{minute, resolves("am2", s0, e1), EchoCancelled},
			},
		},
		"rule 4: a replica's old start is held": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{7*minute - 1, fires("am2", e1), EchoHeld},
			},
			held: true,
		},
		"rule 4: after the window it fires": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{7 * minute, fires("am2", s0), Fired},
			},
			firing: true,
		},
		"rule 4: a newer start fires": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{2 * minute, fires("am2", e1.Add(1)), Fired},
			},
			firing: true,
		},
		"rule 4: the sender of the resolve is no echo (Q2)": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{2 * minute, fires("am1", s0), Fired},
			},
			firing: true,
		},
		"rule 4: echo_sender any holds that too": {
			policy: func(p *Policy) { p.EchoAnySender = true },
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{2 * minute, fires("am1", s0), EchoHeld},
				{3 * minute, fires("am1", s0), EchoIgnored},
			},
			held: true,
		},
		"rule 5: the echo again changes nothing": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{minute, fires("am2", s0), EchoHeld},
				{2 * minute, fires("am2", s0), EchoIgnored},
				{3 * minute, fires("am3", s0), EchoIgnored},
			},
			held: true,
		},
		"rule 5: the sender of the resolve releases": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{minute, fires("am2", s0), EchoHeld},
				{2 * minute, fires("am1", s0), EchoReleased},
			},
			firing: true,
		},
		"rule 5: a newer start releases": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, e1), Coalesced},
				{minute, fires("am2", s0), EchoHeld},
				{3 * minute, fires("am2", s2), EchoReleased},
			},
			firing: true,
		},
		"times: an unknown start and end are no proof of age": {
			said: []said{{0, fires("am1", s0), Fired}, {minute, resolves("am1", zero, zero), Coalesced}},
		},
		"times: an end in the future is the arrival": {
			said: []said{
				{0, fires("am1", s0), Fired},
				{minute, resolves("am1", s0, s0.Add(hour)), Coalesced},
				{2 * minute, fires("am2", s2), Fired},
			},
			firing: true,
		},
		"times: with our clock behind, an echo is an echo": {
			said: []said{
				{0, fires("am1", s2), Fired},
				{minute, resolves("am1", s2, s2.Add(minute)), Coalesced},
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
			var e *Entry
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

func TestApplyLeavesTheEntryItIsGiven(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	before := *e
	members := *e.Members.Get(keys[0])
	n, _ := applyOne(p, e, resolves("am1", at(0), at(60)), at(60))
	assert.NotSame(t, e, n)
	assert.Equal(t, before, *e)
	assert.Equal(t, members, *e.Members.Get(keys[0]))

	same, outcome := applyOne(p, e, resolves("am2", at(-60), at(-30)), at(60))
	assert.Equal(t, StaleResolve, outcome)
	assert.Same(t, e, same)
}

func TestHoldIsSetOnce(t *testing.T) {
	p := testPolicy()
	e := closing(t, p, at(0))
	e, _ = applyOne(p, e, fires("am2", at(0)), at(1))
	until := e.Members.Get(keys[0]).HeldUntil
	assert.Equal(t, at(1).Add(p.EchoHold), until)
	e, outcome := applyOne(p, e, fires("am2", at(0)), at(100))
	assert.Equal(t, EchoIgnored, outcome)
	assert.Equal(t, until, e.Members.Get(keys[0]).HeldUntil)
}

// A firing that does not end a hold still counts: for the order, and for what the incident will say.
func TestFiringWhileHeldIsRemembered(t *testing.T) {
	p := testPolicy()
	e := closing(t, p, at(0))
	first, second := fires("am2", at(0)).order("epoch", 3), fires("am2", at(0)).order("epoch", 5)
	second.Alert = incident.Pack(&incident.Alert{Fingerprint: "f0", Severity: incident.Critical, StartsAt: at(0), Title: "the latest"})
	e, _ = applyOne(p, e, first, at(1))
	e, outcome := applyOne(p, e, second, at(2))
	require.Equal(t, EchoIgnored, outcome)
	e, outcome = applyOne(p, e, resolves("am2", at(0), at(1)).order("epoch", 4), at(3))
	assert.Equal(t, OlderDropped, outcome)
	e = p.Tick(e, at(1).Add(p.EchoHold))
	require.True(t, e.Firing())
	assert.Equal(t, "the latest", e.Members.Worst(20)[0].Title)
}

func TestRefresh(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	for _, c := range []struct {
		name   string
		repeat Event
		at     time.Time
		want   Kind
	}{
		{"before the interval", fires("am1", at(0)), at(3599), NoCall},
		{"after the interval", fires("am1", at(0)), at(3600), Lookup},
	} {
		n, _ := applyOne(p, e, c.repeat, c.at)
		assert.Equal(t, c.want, p.Decide(n, want(n), c.at).Call.Kind, c.name)
	}
	p.Refresh = 0
	n, _ := applyOne(p, e, fires("am1", at(0)), at(1e6))
	assert.Equal(t, NoCall, p.Decide(n, want(n), at(1e6)).Call.Kind, "never")
}

func TestArmedCreateIsTakenBack(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, nil, fires("am1", at(0)), at(0))
	require.True(t, p.Arm(e, at(0)))
	assert.Equal(t, Create, e.Inflight.Kind)
	assert.False(t, p.Arm(e, at(0)), "once")
	n, outcome := applyOne(p, e, resolves("am1", at(0), at(1)), at(1))
	assert.Equal(t, Coalesced, outcome)
	assert.Equal(t, NoCall, n.Inflight.Kind)
	assert.Equal(t, NoCall, p.Decide(n, want(n), at(1)).Call.Kind)

	left := p.Begin(e, p.Decide(e, want(e), at(0)).Call, at(0))
	n, outcome = applyOne(p, left, resolves("am1", at(0), at(1)), at(1))
	assert.Equal(t, Resolved, outcome, "what has left may have opened an incident")
	assert.Equal(t, Create, n.Inflight.Kind)
}

func TestWorstFirst(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	e, _ = applyOne(p, e, fires("am1", at(-5)).low(), at(0))
	third := fires("am1", at(-9))
	third.Key, third.Alert.Fingerprint = Key{0: 3}, "f2"
	e, _ = applyOne(p, e, third, at(0))
	var order []string
	for _, a := range e.Members.Worst(20) {
		order = append(order, a.Fingerprint)
	}
	assert.Equal(t, []string{"f2", "f0", "f1"}, order, "by severity, then the oldest")
	assert.Equal(t, incident.Critical, e.Worst())
	assert.Equal(t, at(-9), e.FirstStart())
}

// TestApplyIsOneByOne: events of one push do what they do one after the other.
func TestApplyIsOneByOne(t *testing.T) {
	p := testPolicy()
	rapid.Check(t, func(rt *rapid.T) {
		var e *Entry
		for range rapid.IntRange(1, 4).Draw(rt, "pushes") {
			now := at(rapid.IntRange(0, 2000).Draw(rt, "now"))
			events := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Event {
				sender := rapid.SampledFrom([]string{"am1", "am2"}).Draw(rt, "sender")
				from := rapid.IntRange(0, 3).Draw(rt, "start")
				ev := fires(sender, at(from*300))
				if rapid.Bool().Draw(rt, "resolved") {
					ev = resolves(sender, at(from*300), at(from*300+rapid.IntRange(0, 300).Draw(rt, "end")))
				}
				if rapid.Bool().Draw(rt, "low") {
					ev = ev.low()
				}
				return ev.order("epoch", int64(rapid.IntRange(0, 9).Draw(rt, "seq")))
			}), 1, 6).Draw(rt, "events")

			one, outcomes := e, make([]Outcome, len(events))
			for i, ev := range events {
				one, outcomes[i] = applyOne(p, one, ev, now)
			}
			var before []byte
			if e != nil {
				before = AppendRecord(nil, e)
			}
			all, did := p.Apply(e, events, now)
			require.Equal(rt, outcomes, did)
			require.Equal(rt, one == e, all == e)
			if e != nil {
				require.Equal(rt, string(before), string(AppendRecord(nil, e)), "the entry that was given has changed")
			}
			require.Equal(rt, string(AppendRecord(nil, one)), string(AppendRecord(nil, all)))
			require.Equal(rt, one.Timers(), all.Timers())
			e = one
		}
	})
}

// An event wakes its alias unless it left all that is due as it was: an alias that is not woken may sleep forever.
func TestToWake(t *testing.T) {
	asleep := map[Outcome]bool{Repeated: true, OlderDropped: true, StaleResolve: true, NoRoom: true}
	for o := Fired; o <= NoRoom; o++ {
		aliases := ToWake([]Event{fires("am1", at(0))}, []Outcome{o})
		assert.Equal(t, asleep[o], len(aliases) == 0, o.String())
	}
}
