// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// list returns a complete snapshot of theSource with the alerts, all active.
func list(listed ...Key) *Snapshot {
	s := &Snapshot{Source: theSource, Complete: true, Epoch: "e", Seq: 1000, AbsentFor: 2 * minute, Listed: map[Key]bool{}}
	for _, k := range listed {
		s.Listed[k] = true
	}
	return s
}

func look(p *Policy, e Timed, s *Snapshot, now time.Time) Timed {
	n, _ := p.Snapshot(e, s, now)
	return n
}

func TestAbsenceResolves(t *testing.T) {
	p := testPolicy()
	t0 := at(0)
	e := look(p, opened(t, p, t0), list(keys[0]), t0.Add(minute))
	require.Equal(t, theSource, e.Members.Get(keys[0]).ShownBy)

	e, did := p.Snapshot(e, list(), t0.Add(2*minute))
	require.Equal(t, Sighting{}, did)
	require.True(t, e.Firing())
	e, did = p.Snapshot(e, list(), t0.Add(3*minute))
	require.Equal(t, Sighting{}, did)
	require.True(t, e.Firing())
	e, did = p.Snapshot(e, list(), t0.Add(4*minute))
	require.Equal(t, Sighting{Resolved: 1}, did)
	require.True(t, did.Wakes())
	require.Equal(t, t0.Add(2*minute), e.EndedAt(), "the first absence")
	require.Equal(t, Close, p.Decide(e, nil, t0.Add(4*minute)).Call.Kind)

	// The next firing is not an echo.
	e, outcome := applyOne(p, e, fires(am2, t0), t0.Add(5*minute))
	require.Equal(t, Fired, outcome)
	require.True(t, e.Firing())
}

// TestAbsenceSaysNothing: none of these absences resolves anything, however long it lasts.
func TestAbsenceSaysNothing(t *testing.T) {
	change := func(f func(s *Snapshot)) *Snapshot { s := list(); f(s); return s }
	for name, test := range map[string]struct {
		first, then *Snapshot
	}{
		"never shown":           {list(), list()},
		"shown by another one":  {change(func(s *Snapshot) { s.Source = "b"; s.Listed[keys[0]] = true }), list()},
		"incomplete":            {list(keys[0]), change(func(s *Snapshot) { s.Complete = false })},
		"of another source":     {list(keys[0]), change(func(s *Snapshot) { s.Source = "b" })},
		"asked before a repeat": {list(keys[0]), change(func(s *Snapshot) { s.Epoch, s.Seq = "webhooks", 6 })},
	} {
		t.Run(name, func(t *testing.T) {
			p, t0 := testPolicy(), at(0)
			e := look(p, opened(t, p, t0), test.first, t0)
			e, _ = applyOne(p, e, fires(am1, t0).order("webhooks", 7), t0)
			for i := range 10 {
				var did Sighting
				e, did = p.Snapshot(e, test.then, t0.Add(time.Duration(i)*minute))
				require.Equal(t, Sighting{}, did)
			}
			require.True(t, e.Firing())
		})
	}
}

// TestListsOfReplicas: one replica requests the list and another receives the webhook, so only time orders them.
func TestListsOfReplicas(t *testing.T) {
	for name, test := range map[string]struct {
		asked time.Duration
		want  Sighting
	}{
		"before the takeover":         {-minute, Sighting{}},
		"before the echo":             {2 * minute, Sighting{}},
		"as the echo came":            {3 * minute, Sighting{}},
		"after the echo":              {3*minute + time.Millisecond, Sighting{Cancelled: 1}},
		"after another one's webhook": {4 * minute, Sighting{Cancelled: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			p, t0 := testPolicy(), at(0)
			p.Punctual, p.EchoAnySender, p.HeardSince = true, true, t0
			shown := list(keys[0])
			shown.Asked = t0.Add(time.Second)
			e := look(p, opened(t, p, t0), shown, t0.Add(time.Second))
			e, _ = applyOne(p, e, resolves(am1, t0, t0.Add(minute)).order("a", 8), t0.Add(minute))
			e, outcome := applyOne(p, e, fires(am2, t0).order("a", 9), t0.Add(3*minute))
			require.Equal(t, EchoHeld, outcome)
			s := list()
			s.Epoch, s.Asked = "b", t0.Add(test.asked)
			_, did := p.Snapshot(e, s, t0.Add(5*minute))
			require.Equal(t, test.want, did)
		})
	}
}

// TestListedIsHeard: a listed alert does not get stale, and no record is written for that.
func TestListedIsHeard(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	p.StaleAfter = 10 * minute
	e, did := p.Snapshot(opened(t, p, t0), list(keys[0]), t0.Add(minute))
	require.True(t, did.Durable(), "disk must know that it was shown")
	for i := 2; i < 30; i++ {
		now := t0.Add(time.Duration(i) * minute)
		e, did = p.Snapshot(e, list(keys[0]), now)
		require.False(t, did.Durable())
		require.True(t, p.Tick(e, now).Firing())
	}
	require.False(t, p.Tick(e, t0.Add(39*minute)).Firing())
}

func TestSnapshotSaysNothing(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e := opened(t, p, t0)
	n, did := p.Snapshot(e, list(keys[1]), t0)
	assert.Same(t, e.Entry, n.Entry)
	assert.Equal(t, Sighting{}, did)
	e = closing(t, p, t0)
	n, _ = p.Snapshot(e, list(keys[0]), t0)
	assert.Same(t, e.Entry, n.Entry, "a list opens nothing")
}

// TestSnapshotDecidesHolds: listed, an echo fires; absent, it ends; suppressed or in doubt, it waits.
func TestSnapshotDecidesHolds(t *testing.T) {
	suppressed, incomplete := list(keys[0]), list(keys[0])
	suppressed.Listed[keys[0]] = false
	incomplete.Complete = false
	for name, test := range map[string]struct {
		s            *Snapshot
		fires, holds bool
		did          Sighting
	}{
		"listed":     {list(keys[0]), true, false, Sighting{Released: 1}},
		"absent":     {list(), false, false, Sighting{Cancelled: 1}},
		"suppressed": {suppressed, false, true, Sighting{}},
		"incomplete": {incomplete, false, true, Sighting{}},
	} {
		t.Run(name, func(t *testing.T) {
			p, t0 := testPolicy(), at(0)
			e := look(p, opened(t, p, t0), list(keys[0]), t0)
			e, _ = applyOne(p, e, resolves(am1, t0, t0), t0)
			e, outcome := applyOne(p, e, fires(am2, t0), t0.Add(minute))
			require.Equal(t, EchoHeld, outcome)
			e, did := p.Snapshot(e, test.s, t0.Add(2*minute))
			assert.Equal(t, test.did, did)
			assert.Equal(t, test.fires, e.Firing())
			assert.Equal(t, test.holds, e.Members.Held() > 0)
		})
	}
}

// TestResolveWaits: if the Alertmanagers are not a cluster, a resolve counts when the next snapshot lacks the alert.
func TestResolveWaits(t *testing.T) {
	t0 := at(0)
	waiting := func(t *testing.T, p *Policy) Timed {
		t.Helper()
		ev := resolves(am1, t0, t0.Add(minute))
		ev.Wait = 2 * minute
		e, outcome := applyOne(p, look(p, opened(t, p, t0), list(keys[0]), t0), ev, t0.Add(minute))
		require.Equal(t, ResolveWaits, outcome)
		require.True(t, e.Firing())
		ev.Sender = am2
		e, outcome = applyOne(p, e, ev, t0.Add(2*minute))
		require.Equal(t, ResolveWaits, outcome)
		require.Equal(t, t0.Add(3*minute), p.Decide(e, want(e), t0.Add(2*minute)).Wake, "the second one waits no longer")
		return e
	}
	t.Run("listed", func(t *testing.T) {
		p := testPolicy()
		e, did := p.Snapshot(waiting(t, p), list(keys[0]), t0.Add(2*minute))
		assert.Equal(t, Sighting{Withdrawn: 1}, did)
		assert.True(t, p.Tick(e, t0.Add(hour)).Firing())
	})
	t.Run("absent", func(t *testing.T) {
		p := testPolicy()
		e, did := p.Snapshot(waiting(t, p), list(), t0.Add(2*minute))
		assert.Equal(t, Sighting{Confirmed: 1}, did)
		assert.False(t, e.Firing())
		assert.Equal(t, t0.Add(minute), e.EndedAt())
	})
	t.Run("no snapshot", func(t *testing.T) {
		p := testPolicy()
		e := p.Tick(waiting(t, p), t0.Add(3*minute))
		assert.False(t, e.Firing())
		assert.Equal(t, t0.Add(minute), e.EndedAt())
	})
	t.Run("fires again", func(t *testing.T) {
		p := testPolicy()
		e, outcome := applyOne(p, waiting(t, p), fires(am2, t0).says("still"), t0.Add(2*minute))
		assert.Equal(t, ResolveWithdrawn, outcome)
		assert.True(t, p.Tick(e, t0.Add(hour)).Firing())
		assert.Equal(t, "still", e.Members.Get(keys[0]).Alert.Unpack().Description)
	})
	t.Run("after a restart", func(t *testing.T) {
		p := testPolicy()
		e := p.Load(waiting(t, p).Entry, t0.Add(150*time.Second))
		assert.True(t, e.Firing())
		assert.False(t, p.Load(e.Entry, t0.Add(3*minute)).Firing())
	})
}

// TestSnapshotBeforeCreate: if the alert ends before its create leaves, the create is never sent.
func TestSnapshotBeforeCreate(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e, _ := applyOne(p, Timed{}, fires(am1, t0), t0)
	require.True(t, p.Arm(&e, want(e), t0))
	e = look(p, e, list(keys[0]), t0)
	e = look(p, e, list(), t0.Add(minute))
	e = look(p, e, list(), t0.Add(3*minute))
	require.False(t, e.Firing())
	require.Equal(t, NoCall, e.Inflight().Kind)
	require.True(t, e.Over())
}

// byList returns a firing from a list of theSource.
func byList(ev Event) Event {
	ev.Sender, ev.ListedBy = "sync", theSource
	return ev
}

// TestAListPassesOn: an alert without a webhook fires, and ends as other alerts do.
func TestAListPassesOn(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e, outcome := applyOne(p, Timed{}, byList(fires("", t0)), t0)
	require.Equal(t, Repaired, outcome)
	require.True(t, Durable([]Outcome{outcome}))
	require.True(t, outcome.Wakes())
	require.Equal(t, theSource, e.Members.Get(keys[0]).ShownBy, "the next lists can end it")
	e = look(p, e, list(), t0.Add(minute))
	require.False(t, look(p, e, list(), t0.Add(3*minute)).Firing())

	e, outcome = applyOne(p, e, resolves(am1, t0, t0.Add(minute)), t0.Add(2*minute))
	require.Equal(t, NeverOpened, outcome)
	e, outcome = applyOne(p, e, byList(fires("", t0)), t0.Add(3*minute))
	require.Equal(t, EchoHeld, outcome, "the list may be older than the resolve")
	require.Equal(t, theSource, e.Members.Get(keys[0]).ShownBy)
}

// TestAListRepeats: a list brings no news of a firing alert, and a later resolve stands.
func TestAListRepeats(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	said := fires(am1, t0).says("by webhook").order("e", 7)
	said.StaleAfter, said.Final = time.Hour, true
	e, _ := applyOne(p, opened(t, p, t0), said, t0)
	n, outcome := applyOne(p, e, byList(fires("", t0.Add(minute)).says("by list").order("e", 8)), t0.Add(minute))
	require.Equal(t, Repeated, outcome)
	m := n.Members.Get(keys[0])
	require.Equal(t, "by webhook", m.Alert.Unpack().Description)
	require.Equal(t, t0, m.Alert.StartsAt)
	require.Equal(t, time.Hour, m.StaleAfter)
	require.True(t, m.Final)

	n, _ = applyOne(p, e, resolves(am1, t0, t0.Add(minute)).order("e", 9), t0.Add(minute))
	n, outcome = applyOne(p, n, byList(fires("", t0).order("e", 8)), t0.Add(time.Hour))
	require.Equal(t, OlderDropped, outcome)
	require.False(t, n.Firing())
}
