// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Creates that fail, perhaps because of their content, are tried in a short form from the fourth on. Both forms take turns.
func TestShortCreates(t *testing.T) {
	p := testPolicy()
	for name, answer := range map[string]Answer{
		"the API fails":      {Result: Unanswered, ContentSuspect: true},
		"a firewall rejects": {Result: Denied, ContentSuspect: true},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
			now := at(0)
			try := func() (c Call) {
				for c.Kind != Create {
					d := p.Decide(e, want(e), now)
					if c = d.Call; c.Kind == NoCall {
						now = d.Wake
					} else if c.Kind == Lookup {
						e, _ = p.Learn(p.Begin(e, c, now), c, Answer{Result: Done, Began: now}, now)
					}
				}
				e = p.Begin(e, c, now)
				return e.Inflight()
			}
			for i, short := range []bool{false, false, false, true, false, true} {
				c := try()
				assert.Equal(t, short, c.Short, "try %d", i+1)
				assert.Less(t, now.Sub(at(0)), time.Minute, "the key is not denied")
				answer.Sent = c.Content
				e, _ = p.Learn(e, c, answer, now)
			}
			try()
			e, _ = p.Learn(e, e.Inflight(), Answer{Result: Unanswered, ContentSuspect: true, Sent: *want(e)}, now)
			c := try()
			assert.True(t, c.Short)
			shown := done("1", true)
			shown.Sent = c.Content
			shown.Sent.Sent[incident.FieldDescription] = 7
			shown.Incident.Fields = shown.Sent.Sent
			e, lesson := p.Learn(e, c, shown, now)
			assert.Equal(t, Opened, lesson)
			assert.Equal(t, Fields(incident.FieldDescription), e.Due(want(e)), "an update brings the rest")
			assert.Zero(t, e.ContentFailures)
		})
	}
}

// Other alerts of the alias may come and go all the time.
func TestNewsKeepNobodyFromAShortPage(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	short := false
	for i := 0; i < 600 && !short; i++ {
		if i%3 == 0 {
			e, _ = applyOne(p, e, fires("am1", at(0)).low().says(strconv.Itoa(i)), at(i))
		}
		d := p.Decide(e, want(e), at(i))
		if d.Call.Kind == NoCall {
			continue
		}
		short = d.Call.Short
		answer := Answer{Result: Unanswered, ContentSuspect: true, Sent: d.Call.Content}
		if d.Call.Kind == Lookup {
			answer = Answer{Result: Done, Began: at(i)}
		}
		e = p.Begin(e, d.Call, at(i))
		d.Call.At = at(i)
		e, _ = p.Learn(e, d.Call, answer, at(i))
	}
	assert.True(t, short)
	e, _ = applyOne(p, e, resolves("am1", at(0), at(700)), at(700))
	e, _ = applyOne(p, e, resolves("am1", at(0), at(700)).low(), at(700))
	assert.Zero(t, e.ContentFailures, "the next episode begins anew")
}

// What the API refused in full stays short: an update with the rest would be refused, too.
func TestARefusedCreateStaysShort(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	e = p.Begin(e, p.Decide(e, want(e), at(0)).Call, at(0))
	e, _ = p.Learn(e, e.Inflight(), Answer{Result: Refused, Sent: *want(e)}, at(0))
	e = p.Begin(e, p.Decide(e, want(e), at(1)).Call, at(1))
	assert.True(t, e.Inflight().Short)
	a := done("1", true)
	a.Sent = *want(e)
	a.Sent.Sent[incident.FieldDescription] = 7
	e, _ = p.Learn(e, e.Inflight(), a, at(1))
	assert.Zero(t, e.Due(want(e)))
}

// beginShort makes the next create of e a short one, and returns what it says.
func beginShort(t *testing.T, p *Policy, e Timed) (n Timed, sent Content) {
	t.Helper()
	e.ContentFailures = failuresBeforeShrink
	d := p.Decide(e, want(e), at(0))
	require.True(t, d.Call.Short)
	sent = d.Call.Content
	sent.Sent[incident.FieldDescription] = 7
	return p.Begin(e, d.Call, at(0)), sent
}

func TestWhatElseTheAPIRefusedDoesNotKeepACreateShort(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)).says("refused"), at(0))
	e.Refused = Refusal{Kind: Create, Hash: want(e).hash()}
	e, _ = applyOne(p, e, fires("am1", at(0)).says("fails"), at(0))
	e, sent := beginShort(t, p, e)
	e, _ = p.Learn(e, e.Inflight(), Answer{Result: Done, Incident: showing(sent), Sent: sent}, at(0))
	assert.Equal(t, Fields(incident.FieldDescription), e.Due(want(e)))
}

func TestARefusedShortCreateIsParked(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	e, sent := beginShort(t, p, e)
	e, lesson := p.Learn(e, e.Inflight(), Answer{Result: Refused, Sent: sent}, at(0))
	assert.Equal(t, ParkedIt, lesson)
	assert.Equal(t, at(1), p.Decide(e, want(e), at(0)).Wake)
	for i, short := range []bool{false, true, false, true} {
		now := at(1 + i)
		e.RetryAt, e.PeekBy = time.Time{}, time.Time{}
		c := p.Decide(e, want(e), now).Call
		assert.Equal(t, short, c.Short, "both forms still take turns")
		e = p.Begin(e, c, now)
		answer := Answer{Result: Denied, ContentSuspect: true, Sent: sent}
		if i == 3 {
			answer = Answer{Result: Done, Incident: showing(sent), Sent: sent}
		}
		e, _ = p.Learn(e, e.Inflight(), answer, now)
	}
	assert.Equal(t, Fields(incident.FieldDescription), e.Due(want(e)), "the full form was never refused")
}

// A lookup finds what a short create made whose answer nobody has seen.
func TestTheRestFollowsAfterARestart(t *testing.T) {
	for name, answered := range map[string]bool{"not answered": false, "answered, too late": true} {
		t.Run(name, func(t *testing.T) {
			p := testPolicy()
			e, _ := applyOne(p, Timed{}, fires("am1", at(0)).says("text"), at(0))
			e, sent := beginShort(t, p, e)
			c := e.Inflight()
			stored, err := Decode(theAlias, AppendRecord(nil, e.Entry), nil)
			require.NoError(t, err)
			e = p.Load(stored, at(1))
			if answered {
				e.Unsure = nil
				e, _ = p.Learn(e, c, Answer{Result: Unanswered, Sent: sent}, at(1))
			}
			made := showing(sent)
			made.CreatedAt = at(0)
			e = answerNext(t, p, e, at(2), Answer{Result: Done, Began: at(2), Found: []Shown{made}})
			require.True(t, e.IsOpen())
			assert.Equal(t, Fields(incident.FieldDescription), Patch(e.Entry, *want(e), made, Full))
		})
	}
}

// The title of a short create is cut, so after a restart its hash is not known. An incident of any title may then be ours.
func TestAShortCreateMayHaveAnyTitleAfterARestart(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	_, all := restart(t, p, p.Begin(e, p.Decide(e, want(e), at(0)).Call, at(0)), at(1)).Titles()
	assert.False(t, all)
	e, _ = beginShort(t, p, e)
	_, all = restart(t, p, e, at(1)).Titles()
	assert.True(t, all)
}
