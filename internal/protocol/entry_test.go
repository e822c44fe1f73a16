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

func TestApplyLeavesTheEntryItIsGiven(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	before := *e.Entry
	members := *e.Members.Get(keys[0])
	n, _ := applyOne(p, e, resolves("am1", at(0), at(60)), at(60))
	assert.NotSame(t, e.Entry, n.Entry)
	assert.Equal(t, before, *e.Entry)
	assert.Equal(t, members, *e.Members.Get(keys[0]))

	same, outcome := applyOne(p, e, resolves("am2", at(-60), at(-30)), at(60))
	assert.Equal(t, StaleResolve, outcome)
	assert.Same(t, e.Entry, same.Entry)
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

// A firing that does not end a hold still counts for the order and for the content of the incident.
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
	assert.Equal(t, "the latest", worstAlerts(e.Entry)[0].Title)
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
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	require.True(t, p.Arm(&e, want(e), at(0)))
	assert.Equal(t, Create, e.Inflight().Kind)
	assert.False(t, p.Arm(&e, want(e), at(0)), "once")
	n, outcome := applyOne(p, e, resolves("am1", at(0), at(1)), at(1))
	assert.Equal(t, NeverOpened, outcome)
	assert.Equal(t, NoCall, n.Inflight().Kind)
	assert.Equal(t, NoCall, p.Decide(n, want(n), at(1)).Call.Kind)

	left := p.Begin(e, p.Decide(e, want(e), at(0)).Call, at(0))
	n, outcome = applyOne(p, left, resolves("am1", at(0), at(1)), at(1))
	assert.Equal(t, Resolved, outcome, "what has left may have opened an incident")
	assert.Equal(t, Create, n.Inflight().Kind)
}

func TestWorstFirst(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	e, _ = applyOne(p, e, fires("am1", at(-5)).low(), at(0))
	third := fires("am1", at(-9))
	third.Key, third.Alert.Fingerprint = Key{0: 3}, "f2"
	e, _ = applyOne(p, e, third, at(0))
	var order []string
	for _, a := range worstAlerts(e.Entry) {
		order = append(order, a.Fingerprint)
	}
	assert.Equal(t, []string{"f2", "f0", "f1"}, order, "by severity, then the oldest")
	assert.Equal(t, incident.Critical, e.Worst())
	assert.Equal(t, at(-9), e.FirstStart())
}

// TestApplyIsOneByOne: the events of one webhook have the same effect together as one by one.
func TestApplyIsOneByOne(t *testing.T) {
	p := testPolicy()
	rapid.Check(t, func(rt *rapid.T) {
		var e Timed
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
			if e.Entry != nil {
				before = AppendRecord(nil, e.Entry)
			}
			all, did := p.Apply(e, events, now)
			require.Equal(rt, outcomes, did)
			require.Equal(rt, one == e, all == e)
			if e.Entry != nil {
				require.Equal(rt, string(before), string(AppendRecord(nil, e.Entry)), "the entry that was given has changed")
			}
			require.Equal(rt, string(AppendRecord(nil, one.Entry)), string(AppendRecord(nil, all.Entry)))
			require.Equal(rt, one.Timers, all.Timers)
			e = one
		}
	})
}

// An event wakes its alias unless it cannot change what is due: an alias that is not woken may sleep forever.
func TestWakes(t *testing.T) {
	asleep := map[Outcome]bool{Repeated: true, OlderDropped: true, StaleResolve: true, NoRoom: true, Ignored: true}
	for o := range NumOutcomes {
		assert.Equal(t, !asleep[o], o.Wakes(), o.String())
	}
}
