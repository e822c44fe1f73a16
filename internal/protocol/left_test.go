// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaves is the event for an alert that leaves closing to a person.
func (ev Event) leaves() Event {
	ev.Alert.LeftOpen = true
	return ev
}

// leaving returns an entry with an open incident. An alert that leaves closing to a person has resolved so long ago that it is forgotten, and
// another one still fires.
func leaving(t *testing.T, p *Policy) Timed {
	t.Helper()
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)).low().leaves(), at(0))
	f := showing(*want(e))
	e = answerNext(t, p, e, at(0), Answer{Result: Done, Incident: f})
	e, _ = applyOne(p, e, fires(am1, at(0)), at(0))
	e, _ = applyOne(p, e, resolves(am1, at(0), at(1)).low().leaves(), at(1))
	e = p.Tick(e, at(1).Add(p.EchoWindow+p.EchoHold))
	require.Equal(t, 1, e.Members.Len())
	return e
}

func TestForgottenAlertLeavesIncidentToPerson(t *testing.T) {
	p := testPolicy()
	now := at(1).Add(hour)
	e, err := Decode(theAlias, AppendRecord(nil, leaving(t, p).Entry), nil)
	require.NoError(t, err)
	n, _ := applyOne(p, p.Load(e, now), resolves(am1, at(0), now), now)
	assert.True(t, n.Left)
	assert.Equal(t, NoCall, p.Decide(n, nil, now.Add(minute)).Call.Kind, "closes what is left to a person")
}

func TestPersonClosesWhatAlertLeft(t *testing.T) {
	p := testPolicy()
	now := at(1).Add(hour)
	e := with(leaving(t, p), func(n *Timed) { n.Verify = true })
	closed := showing(*want(e))
	closed.Open = false
	e = answerNext(t, p, e, now, Answer{Result: Done, Began: now, Found: []Shown{closed}})
	e = answerNext(t, p, e, now, done("2", true))
	e, _ = applyOne(p, e, resolves(am1, at(0), now), now)
	assert.False(t, e.Left, "the alert left the first incident, not this one")
	assert.Equal(t, Close, p.Decide(e, nil, now.Add(time.Second)).Call.Kind)
}

// lostCreate returns an entry with a create that was not answered. Its alert leaves closing to a person and has resolved.
func lostCreate(t *testing.T, p *Policy) Timed {
	t.Helper()
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)).low().leaves(), at(0))
	e = answerNext(t, p, e, at(0), Answer{Result: Unanswered, Sent: *want(e)})
	e, _ = applyOne(p, e, resolves(am1, at(0), at(1)).low().leaves(), at(1))
	return e
}

func TestIncidentFoundAfterItsAlertIsForgottenIsLeft(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, lostCreate(t, p), fires(am1, at(2)), at(2))
	now := at(1).Add(p.EchoWindow + p.EchoHold)
	e = p.Tick(e, now)
	require.Equal(t, 1, e.Members.Len(), "forgotten in an outage")
	e = answerNext(t, p, e, now, Answer{Result: Done, Met: true, Incident: showing(*want(e))})
	e, _ = applyOne(p, e, resolves(am1, at(2), now), now)
	assert.True(t, e.Left)
	assert.NotEqual(t, Close, p.Decide(e, nil, now.Add(hour)).Call.Kind, "closes what is left to a person")
}

func TestEntryOfIncidentLeftToPersonStays(t *testing.T) {
	p := testPolicy()
	e := with(lostCreate(t, p), func(n *Timed) {
		n.Doubt, n.Unsure = Doubt{}, nil
		n.opened(showing(Content{}), at(2))
	})
	require.True(t, e.Over())
	later := at(1).Add(p.ClosedRetention + 24*hour)
	require.NotNil(t, p.Tick(e, later).Entry, "another alert would close the incident")
	e = p.Missing(e, later)
	closed := showing(Content{})
	closed.Open = false
	e = answerNext(t, p, e, later, Answer{Result: Done, Began: later, Found: []Shown{closed}})
	assert.Nil(t, p.Tick(e, later).Entry, "a person closed the incident")
}

func TestAlertWithoutIncidentLeavesNothing(t *testing.T) {
	p := testPolicy()
	e := lostCreate(t, p)
	e = answerNext(t, p, e, at(20), Answer{Result: Done, Began: at(20)})
	require.True(t, e.Over())
	e, _ = applyOne(p, e, fires(am1, at(30)), at(30))
	e = answerNext(t, p, e, at(30), done("2", true))
	e, _ = applyOne(p, e, resolves(am1, at(30), at(40)), at(40))
	assert.False(t, e.Left)
	assert.Equal(t, Close, p.Decide(e, nil, at(40)).Call.Kind)
}
