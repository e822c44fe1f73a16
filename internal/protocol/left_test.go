// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaving returns an entry with an open incident. An alert that leaves closing to a person has resolved so long ago that it is forgotten, and
// another one still fires.
func leaving(t *testing.T, p *Policy) Timed {
	t.Helper()
	leaves := func(ev Event) Event {
		ev.Alert.LeftOpen = true
		return ev
	}
	e, _ := applyOne(p, Timed{}, leaves(fires(am1, at(0)).low()), at(0))
	f := showing(*want(e))
	e = answerNext(t, p, e, at(0), Answer{Result: Done, Incident: f})
	e, _ = applyOne(p, e, fires(am1, at(0)), at(0))
	e, _ = applyOne(p, e, leaves(resolves(am1, at(0), at(1)).low()), at(1))
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

func TestForgottenAlertLeavesOnlyItsIncident(t *testing.T) {
	p := testPolicy()
	now := at(1).Add(hour)
	e := with(leaving(t, p), func(n *Timed) { n.opened(Shown{ID: "2", Seen: true, Open: true}, now) })
	e, _ = applyOne(p, e, resolves(am1, at(0), now), now)
	assert.False(t, e.Left, "a person closed the first incident")
	assert.Equal(t, Close, p.Decide(e, nil, now.Add(time.Second)).Call.Kind)
}
