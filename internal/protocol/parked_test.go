// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// TestParkedStaysParked: while the full and the short form are tried in turn, also slowly, the entry is parked and not pending.
func TestParkedStaysParked(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	now := at(0)
	for try := range 4 * int(SlowAfter) {
		d := p.Decide(e, want(e), now)
		for d.Call.Kind == NoCall {
			now = d.Wake
			d = p.Decide(e, want(e), now)
		}
		assert.Equal(t, Create, d.Call.Kind)
		assert.Equal(t, try%2 == 1, d.Call.Short, "both forms in turn")
		if try > 1 {
			assert.True(t, p.Begin(e, d.Call, now).Parked(), "while it is tried")
		}
		e = answerNext(t, p, e, now, Answer{Result: Refused})
		assert.Equal(t, try > 0, e.Parked(), "after try %d", try)
		assert.Equal(t, try == 0, Pending(e.Entry, want(e)), "after try %d", try)
	}
	failed := answerNext(t, p, e, p.Decide(e, want(e), now).Wake, Answer{Result: NotSent})
	assert.True(t, failed.Parked(), "a failure of another kind tells nothing about the content")
	e = answerNext(t, p, e, p.Decide(e, want(e), now).Wake, done("1", true))
	assert.False(t, e.Parked())
}

// TestOtherContentIsNotParked: other content is tried at once, and after a refusal its short form.
func TestOtherContentIsNotParked(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	for range 2 {
		e = answerNext(t, p, e, at(0), Answer{Result: Refused})
	}
	e, _ = applyOne(p, e, fires(am1, at(0)).says("other"), at(1))
	e = answerNext(t, p, e, at(1), Answer{Result: Refused})
	assert.False(t, e.Parked())
	assert.True(t, p.Decide(e, want(e), at(1)).Call.Short)
}

// TestOtherContentIsParkedAnew: refusals of the earlier content do not lengthen the wait after a refusal of the new one.
func TestOtherContentIsParkedAnew(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	now := at(0)
	refuse := func() {
		if d := p.Decide(e, want(e), now); d.Call.Kind == NoCall {
			now = d.Wake
		}
		e = answerNext(t, p, e, now, Answer{Result: Refused})
	}
	for range 9 {
		refuse()
	}
	assert.Greater(t, e.Parks, int32(1))
	e, _ = applyOne(p, e, fires(am1, at(0)).says("other"), now)
	refuse()
	assert.Equal(t, int32(0), e.Parks, "the least of it is tried next")
	refuse()
	assert.True(t, e.Parked())
	assert.Equal(t, int32(1), e.Parks)
	assert.Equal(t, now.Add(p.Backoff.Initial), e.ParkedAt)
}

// TestAnotherIncidentIsNotParked: a refused update does not matter once its incident is closed.
func TestAnotherIncidentIsNotParked(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, opened(t, p, at(0)), fires(am1, at(0)).says("other"), at(1))
	parked := answerNext(t, p, e, at(1), Answer{Result: Refused})
	assert.True(t, parked.Parked())
	closed := answerNext(t, p, parked, at(2), Answer{Result: Done, Found: []Shown{{ID: "1", Seen: true}}, Began: at(2)})
	assert.False(t, closed.Parked())
	assert.True(t, Pending(closed.Entry, want(closed)))
	e = answerNext(t, p, closed, at(3), done("2", true))
	assert.False(t, e.Parked())
	assert.False(t, Pending(e.Entry, want(e)))

	e = with(parked, func(n *Timed) { n.Verify, n.Incident.State = false, Closed })
	e = answerNext(t, p, e, at(3), done("2", true))
	assert.Equal(t, Refusal{}, e.Refused, "a create says all of it")
}

// TestASeverityGoesAloneOnce: after one refusal, or one failure of the text, the severity is sent alone. If the API refuses even that, nothing
// is sent for an hour.
func TestASeverityGoesAloneOnce(t *testing.T) {
	p := testPolicy()
	for name, first := range map[string]Answer{
		"refused": {Result: Refused},
		"failed":  {Result: Denied, ContentSuspect: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := opened(t, p, at(0))
			first.Before = showing(*want(e))
			refused := Answer{Result: Refused, Before: first.Before}
			ev := fires(am1, at(0)).says("other")
			ev.Alert.Severity = incident.High
			e, _ = applyOne(p, e, ev, at(1))
			e = answerNext(t, p, e, at(1), first)
			alone := p.Decide(e, want(e), at(2)).Call
			assert.Equal(t, Update, alone.Kind)
			assert.Equal(t, SeverityOnly, alone.Form)
			e = answerNext(t, p, e, at(2), refused)
			assert.Equal(t, Decision{Wake: at(2).Add(p.Backoff.Hourly)}, p.Decide(e, want(e), at(2)))
		})
	}
}

// TestJitterDoesNotLengthenTheLongestWait: jitter spreads the tries of refused creates, but their distance has a limit.
func TestJitterDoesNotLengthenTheLongestWait(t *testing.T) {
	p := testPolicy()
	p.Backoff.RandomizationFactor = 0.5
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	short := Call{Kind: Create, Content: *want(e), Short: true}
	for parks := range int32(40) {
		n := with(p.Begin(e, short, at(0)), func(n *Timed) {
			n.Parks, n.Refused = parks, Refusal{Kind: Create, Hash: short.Content.hash()}
		})
		n, lesson := p.Learn(n, short, Answer{Result: Refused, Sent: short.Content}, at(0))
		require.Equal(t, ParkedIt, lesson)
		assert.LessOrEqual(t, n.ParkedAt.Sub(at(0)), p.Backoff.Slow, "after %d refusals", parks+1)
	}
}
