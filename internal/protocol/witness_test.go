// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// witnessed returns the event with the witness; its resolve waits for the witness.
func (ev Event) witnessed() Event {
	ev.Witness, ev.Guarded = theWitness, !ev.Firing
	return ev
}

// hears returns an empty list without a source that knows when the witness was heard.
func hears(at time.Time) *Snapshot {
	return &Snapshot{Heard: map[Witness]time.Time{theWitness: at}}
}

// waiting returns an entry whose one alert has a resolve that has waited for its witness since t0.
func waiting(t *testing.T, p *Policy, t0 time.Time) Timed {
	t.Helper()
	e, _ := applyOne(p, opened(t, p, t0), fires(am1, t0).witnessed(), t0)
	e, outcome := applyOne(p, e, resolves(am1, t0, t0.Add(-minute)).witnessed(), t0)
	require.Equal(t, ResolveWaits, outcome)
	require.True(t, e.Firing())
	return e
}

func TestResolveWaitsForItsWitness(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e := waiting(t, p, t0)
	n, did := p.Snapshot(e, hears(t0.Add(-time.Second)), t0.Add(30*minute))
	require.Same(t, e.Entry, n.Entry)
	require.Equal(t, Sighting{Held: 1}, did)
	require.False(t, did.Durable())
	e, did = p.Snapshot(e, hears(t0.Add(time.Second)), t0.Add(31*minute))
	require.Equal(t, Sighting{Confirmed: 1}, did)
	require.False(t, e.Firing())
	require.Equal(t, t0, e.EndedAt(), "the true end, not before the incident's start")
	require.Zero(t, e.Members.Get(keys[0]).Witness)
}

// TestResolveWaitsForTheLease: the last alerts of a dead Prometheus end earlier than its watchdog.
func TestResolveWaitsForTheLease(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	end := t0.Add(minute)
	e, _ := applyOne(p, opened(t, p, t0), fires(am1, t0).witnessed(), t0)
	e, _ = applyOne(p, e, resolves(am1, t0, end).witnessed(), end)
	s := hears(end.Add(2*minute - time.Second))
	s.Lease = 2 * minute
	_, did := p.Snapshot(e, s, end.Add(3*minute))
	require.Equal(t, Sighting{Held: 1}, did)
	s.Heard[theWitness] = end.Add(2 * minute)
	e, did = p.Snapshot(e, s, end.Add(3*minute))
	require.Equal(t, Sighting{Confirmed: 1}, did)
	require.Equal(t, end, e.EndedAt())
}

// TestResolveWaitsAnHour: after an hour the resolve counts, and the sighting reports it as Unconfirmed. Without snapshots, it counts when its
// time is up.
func TestResolveWaitsAnHour(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e := waiting(t, p, t0)
	_, did := p.Snapshot(e, hears(t0.Add(-minute)), t0.Add(maxUnheard-time.Second))
	require.Equal(t, Sighting{Held: 1}, did)
	n, did := p.Snapshot(e, hears(t0.Add(-minute)), t0.Add(maxUnheard))
	require.Equal(t, Sighting{Unconfirmed: 1}, did)
	require.True(t, did.Wakes())
	require.False(t, n.Firing())

	require.Same(t, e.Entry, p.Tick(e, t0.Add(maxUnheard+minute)).Entry)
	require.False(t, p.Tick(e, t0.Add(longestWait)).Firing())
}

func TestWitnessSurvivesARestart(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e := restart(t, p, waiting(t, p, t0), t0.Add(minute))
	require.True(t, e.Members.Get(keys[0]).HeldUntil.Equal(t0.Add(longestWait)))
	_, did := p.Snapshot(e, hears(t0.Add(-minute)), t0.Add(2*minute))
	require.Equal(t, Sighting{Held: 1}, did)
	e, did = p.Snapshot(e, hears(t0.Add(minute)), t0.Add(2*minute))
	require.Equal(t, Sighting{Confirmed: 1}, did)
	require.False(t, e.Firing())
}

// TestListedAlertFiresOn: a listed alert keeps firing, whether its witness was heard or not.
func TestListedAlertFiresOn(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	s := list(keys[0])
	s.Heard = map[Witness]time.Time{theWitness: t0.Add(hour)}
	e, did := p.Snapshot(waiting(t, p, t0), s, t0.Add(minute))
	require.Equal(t, Sighting{Shown: 1, Withdrawn: 1}, did)
	require.True(t, e.Firing())
}

// TestAbsenceWaitsForItsWitness: the alerts of a dead Prometheus are no longer listed, and neither is its watchdog.
func TestAbsenceWaitsForItsWitness(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e, _ := applyOne(p, opened(t, p, t0), fires(am1, t0).witnessed(), t0)
	e = look(p, e, list(keys[0]), t0)
	lists := func(until time.Time) *Snapshot {
		s := list()
		s.Heard = map[Witness]time.Time{theWitness: until}
		return s
	}
	e = look(p, e, lists(t0), t0.Add(minute))
	for m := 3; m <= 60; m++ {
		var did Sighting
		e, did = p.Snapshot(e, lists(t0), t0.Add(time.Duration(m)*minute))
		require.Equal(t, Sighting{Held: 1}, did)
	}
	back, did := p.Snapshot(e, lists(t0.Add(minute)), t0.Add(60*minute))
	require.Equal(t, Sighting{Resolved: 1}, did)
	require.Equal(t, t0.Add(minute), back.EndedAt())
	late, did := p.Snapshot(e, lists(t0), t0.Add(61*minute))
	require.Equal(t, Sighting{Unconfirmed: 1}, did)
	require.Equal(t, t0.Add(minute), late.EndedAt())

	_, did = p.Snapshot(e, list(), t0.Add(5*minute))
	require.Equal(t, Sighting{Resolved: 1}, did, "nobody watches its source")
}

// TestFinal: a person's close of the incident counts, although the policy would reopen it.
func TestFinal(t *testing.T) {
	for final, want := range map[bool]bool{false: false, true: true} {
		p, t0 := testPolicy(), at(0)
		ev := fires(am1, t0)
		ev.Final = final
		e, _ := applyOne(p, opened(t, p, t0), ev, t0)
		e = p.Missing(restart(t, p, e, t0), t0.Add(minute))
		d := p.Decide(e, nil, t0.Add(minute))
		require.Equal(t, Lookup, d.Call.Kind)
		e, lesson := p.Learn(p.Begin(e, d.Call, t0.Add(minute)), d.Call, Answer{Result: Done, Began: t0.Add(minute)}, t0.Add(minute))
		require.Equal(t, FoundClosed, lesson)
		require.Equal(t, want, e.Dismissed)
	}
}

// TestResolveFromBeforeTheWatch: a resolve that waits only for the next list does not begin to wait for its witness, nor does it count at
// once, when its source is watched meanwhile.
func TestResolveFromBeforeTheWatch(t *testing.T) {
	p, t0 := testPolicy(), at(0)
	e, _ := applyOne(p, opened(t, p, t0), fires(am1, t0).witnessed(), t0)
	ev := resolves(am1, t0, t0.Add(minute)).witnessed()
	ev.Guarded, ev.Wait = false, 2*minute
	e, outcome := applyOne(p, e, ev, t0.Add(minute))
	require.Equal(t, ResolveWaits, outcome)
	ev.Guarded, ev.Sender = true, am2
	e, outcome = applyOne(p, e, ev, t0.Add(minute))
	require.Equal(t, ResolveWaits, outcome)
	n, did := p.Snapshot(e, hears(t0.Add(2*minute)), t0.Add(2*minute))
	require.Zero(t, did)
	require.True(t, n.Firing(), "a list may still contradict it")
	require.False(t, p.Tick(n, t0.Add(3*minute)).Firing())
}
