// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// If severity only rises, a renewal that left the incident open is not tried again although the alert has sunk.
func TestFailedRenewalOfSunkAlertIsNotRepeated(t *testing.T) {
	p := testPolicy()
	p.Renew = true
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)).low(), at(0))
	e = answerNext(t, p, e, at(0), Answer{Result: Done, Incident: showing(*want(e))})
	high := want(e).atLeast(incident.High)
	renewal := p.Decide(e, &high, at(1)).Call
	require.True(t, renewal.Renew)
	n, lesson := p.Learn(p.Begin(e, renewal, at(1)), renewal, done("1", true), at(2))
	require.Equal(t, StillOpen, lesson)
	assert.Equal(t, Update, p.Decide(n, &high, at(60)).Call.Kind)
}

func TestRenewalFindsWhatAPersonClosed(t *testing.T) {
	p := testPolicy()
	p.Renew, p.ReopenNever = true, true
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)).low(), at(0))
	e = answerNext(t, p, e, at(0), Answer{Result: Done, Incident: showing(*want(e))})
	e, _ = applyOne(p, e, fires(am1, at(1)), at(1))
	renewal := p.Decide(e, want(e), at(1)).Call
	require.True(t, renewal.Renew)
	e = p.Begin(e, renewal, at(1))
	closed := showing(*want(e))
	closed.Open = false
	n, lesson := p.Learn(e, renewal, Answer{Result: Done, Before: closed}, at(2))
	assert.Equal(t, FoundClosed, lesson)
	assert.Equal(t, NoCall, p.Decide(n, want(n), at(60)).Call.Kind, "opens another one although a person closed it")
	p.ReopenNever = false
	n, _ = p.Learn(e, renewal, Answer{Result: Done, Before: closed}, at(2))
	assert.Equal(t, Create, p.Decide(n, want(n), at(60)).Call.Kind)
	assert.Zero(t, n.Continues)

	n, lesson = p.Learn(e, renewal, Answer{Result: Gone}, at(2))
	assert.Equal(t, Retrying, lesson)
	assert.Equal(t, Lookup, p.Decide(n, want(n), at(60)).Call.Kind, "perhaps the API does not have it yet")
}

func TestReopenedIncidentIsNotRenewed(t *testing.T) {
	p := testPolicy()
	p.Renew = true
	e := with(opened(t, p, at(0)), func(n *Timed) { n.Reopened, n.Written = true, Written{} })
	assert.Equal(t, Update, p.Decide(e, want(e), at(1)).Call.Kind, "the next create would update it while it is closed")
}
