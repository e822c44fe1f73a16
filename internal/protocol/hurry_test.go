// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slowCreate returns an entry whose create has failed so often that it is slow, and the time of the last failure.
func slowCreate(t *testing.T, p *Policy) (e Timed, last time.Time) {
	t.Helper()
	e, _ = applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	last = at(0)
	for range SlowAfter {
		if d := p.Decide(e, want(e), last); d.Call.Kind == NoCall {
			last = d.Wake
		}
		e = answerNext(t, p, e, last, Answer{Result: NotSent})
	}
	return e, last
}

func TestHurry(t *testing.T) {
	p := testPolicy()
	e, last := slowCreate(t, p)
	soon := last.Add(5 * time.Second)
	for name, c := range map[string]struct {
		entry      Timed
		since, now time.Time
		hurries    bool
	}{
		"slow":                     {e, soon, soon, true},
		"the API worked before":    {e, last, soon, false},
		"the API has never failed": {e, time.Time{}, soon, false},
		"its turn has come":        {e, soon, last.Add(Slow), false},
		"it is in a hurry":         {p.Hurry(e, soon, soon), soon, soon, false},
		"it has called since":      {with(e, func(n *Timed) { n.Called = soon }), soon, soon, false},
		"it has been in a hurry":   {with(e, func(n *Timed) { n.LastTry = last.Add(Slow) }), soon, soon, true},
		"not slow":                 {with(e, func(n *Timed) { n.Tries = SlowAfter - 1 }), soon, soon, false},
		"no entry":                 {Timed{}, soon, soon, false},
	} {
		t.Run(name, func(t *testing.T) {
			n := p.Hurry(c.entry, c.since, c.now)
			assert.Equal(t, c.hurries, n.Entry != c.entry.Entry)
			if c.hurries {
				assert.Equal(t, Create, p.Decide(n, want(n), c.now).Call.Kind)
				assert.False(t, p.Backoff.SlowUntil(&n.Timers).After(c.now))
			} else {
				assert.Equal(t, c.entry, n)
			}
		})
	}
}

// TestSlowSaysThatItWaits: a decision is Slow also during the pause after a failure.
func TestSlowSaysThatItWaits(t *testing.T) {
	p := testPolicy()
	e, last := slowCreate(t, p)
	d := p.Decide(e, want(e), last)
	assert.Equal(t, Decision{Wake: e.RetryAt, Slow: true}, d)
	assert.Equal(t, Decision{Wake: last.Add(Slow), Slow: true}, p.Decide(e, want(e), d.Wake))
	assert.False(t, p.Decide(e, want(e), last.Add(Slow)).Slow)
}

// TestHurriedLook: the lookup that a close needs comes before its turn, and so does the close. Later calls make up for both.
func TestHurriedLook(t *testing.T) {
	p := testPolicy()
	e := closing(t, p, at(0))
	e = with(e, func(n *Timed) { n.Tries, n.LastTry, n.Called, n.MustLook = SlowAfter, at(0), at(0), true })
	require.True(t, p.Decide(e, want(e), at(1)).Slow)
	e = p.Hurry(e, at(1), at(1))
	require.Equal(t, Lookup, p.Decide(e, want(e), at(1)).Call.Kind)
	e = answerNext(t, p, e, at(1), Answer{Result: Done, Found: []Shown{showing(*want(opened(t, p, at(0))))}, Began: at(1)})
	require.Equal(t, Close, p.Decide(e, want(e), at(1)).Call.Kind)
	e = answerNext(t, p, e, at(1), Answer{Result: NotSent})
	assert.Equal(t, e, p.Hurry(e, at(1), at(2)))
	assert.Equal(t, at(0).Add(3*Slow), p.Backoff.SlowUntil(&e.Timers))
	assert.Equal(t, p.Backoff.SlowUntil(&e.Timers), p.Decide(e, want(e), e.RetryAt).Wake)
}

// TestACreateFollowsWhatFoundTheIncidentClosed: both are one try, in its turn or before.
func TestACreateFollowsWhatFoundTheIncidentClosed(t *testing.T) {
	p := testPolicy()
	doubt := with(opened(t, p, at(0)), func(n *Timed) {
		n.Doubt = Doubt{Set: true, Closing: "1", Finished: true, Since: at(0)}
		n.Tries, n.LastTry, n.Called, n.Attempts, n.RetryAt = SlowAfter, at(0), at(0), 5, at(0).Add(3*Slow)
	})
	closedIt := Answer{Result: Done, Found: []Shown{{ID: "1", Seen: true}}, Began: at(0).Add(Slow)}
	for name, c := range map[string]struct {
		now     time.Time
		hurries bool
	}{
		"in its turn":     {at(0).Add(Slow), false},
		"before its turn": {at(1), true},
	} {
		t.Run(name, func(t *testing.T) {
			e := doubt
			if c.hurries {
				e = p.Hurry(e, c.now, c.now)
			}
			require.Equal(t, Lookup, p.Decide(e, want(e), c.now).Call.Kind)
			e = answerNext(t, p, e, c.now, closedIt)
			require.Equal(t, Create, p.Decide(e, want(e), c.now).Call.Kind)
			e = answerNext(t, p, e, c.now, Answer{Result: NotSent})
			assert.Equal(t, at(0).Add(2*Slow), p.Backoff.SlowUntil(&e.Timers), "the next one waits")
			assert.EqualValues(t, SlowAfter+1, e.Tries)
		})
	}
}

// TestHurryAgain: the API answers again, but fails this alias, time after time. Two calls come before their turn. After them the alias
// waits, but never longer than an alias without such calls.
func TestHurryAgain(t *testing.T) {
	p := testPolicy()
	e, last := slowCreate(t, p)
	for _, next := range []time.Duration{minute, 2 * minute, Slow, 2 * Slow, 3 * Slow} {
		since := e.Called.Add(30 * time.Second)
		e = p.Hurry(e, since, since)
		at := last.Add(next)
		if p.Decide(e, want(e), since).Call.Kind == NoCall {
			assert.Equal(t, Decision{Wake: at, Slow: true}, p.Decide(e, want(e), since))
		}
		require.Equal(t, Create, p.Decide(e, want(e), at).Call.Kind, "after %s", next)
		e = answerNext(t, p, e, at, Answer{Result: NotSent})
	}
}

// TestAFailedLookHurriesNoMore: the API does not work after all.
func TestAFailedLookHurriesNoMore(t *testing.T) {
	p := testPolicy()
	e := with(closing(t, p, at(0)), func(n *Timed) { n.Tries, n.LastTry, n.MustLook = SlowAfter, at(0), true })
	e = answerNext(t, p, p.Hurry(e, at(1), at(1)), at(1), Answer{Result: Incomplete})
	assert.False(t, e.Hurried)
	assert.Equal(t, at(0).Add(2*Slow), p.Backoff.SlowUntil(&e.Timers))
}

// TestHurryAllTheTime: twelve calls an hour, whatever happens.
func TestHurryAllTheTime(t *testing.T) {
	p := testPolicy()
	e, last := slowCreate(t, p)
	calls := []time.Time{last}
	for now := last; now.Before(last.Add(24 * time.Hour)); now = now.Add(time.Second) {
		e = p.Hurry(e, now, now)
		if p.Decide(e, want(e), now).Call.Kind == NoCall {
			continue
		}
		e = answerNext(t, p, e, now, Answer{Result: NotSent, TurnedAway: now.Second()%2 == 0})
		calls = append(calls, now)
		if e.Tries < int32(len(calls))+SlowAfter-1 {
			calls = calls[:len(calls)-1] // turned away
		}
	}
	assert.InDelta(t, 240, len(calls), 2, "a call every six minutes in the long run")
	for i := range calls[12:] {
		assert.GreaterOrEqual(t, calls[i+12].Sub(calls[i]), time.Hour)
	}
}

// TestNewsEndsTheHurry: news restarts the count.
func TestNewsEndsTheHurry(t *testing.T) {
	p := testPolicy()
	e, last := slowCreate(t, p)
	e = p.Hurry(e, last.Add(time.Second), last.Add(time.Second))
	e, outcome := applyOne(p, e, fires(am1, at(0)).says("something else"), last.Add(time.Second))
	require.Equal(t, Changed, outcome)
	assert.False(t, e.Hurried)
	assert.Zero(t, e.Tries)
}

// TestTurnedAwayBeforeItsTurn: the call is tried when the pause has ended, and only then takes the place of a later call.
func TestTurnedAwayBeforeItsTurn(t *testing.T) {
	p := testPolicy()
	e, last := slowCreate(t, p)
	soon := last.Add(time.Second)
	hurried := p.Hurry(e, soon, soon)
	n := answerNext(t, p, hurried, soon, Answer{Result: NotSent, TurnedAway: true})
	assert.Equal(t, with(hurried, func(e *Timed) { e.Called = time.Time{} }).Timers, n.Timers)
	assert.Equal(t, Create, p.Decide(n, want(n), soon.Add(minute)).Call.Kind)
	n = answerNext(t, p, n, soon.Add(minute), Answer{Result: NotSent})
	assert.Equal(t, last.Add(2*Slow), p.Backoff.SlowUntil(&n.Timers))
}
