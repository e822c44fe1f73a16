// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Creates that fail, perhaps because of their content, are tried in a short form from the fourth on. Both forms take turns.
func TestShortCreates(t *testing.T) {
	p := testPolicy()
	for name, answer := range map[string]Answer{
		"the API fails":      {Result: Unanswered, Indigestible: true},
		"a firewall rejects": {Result: Denied, Indigestible: true},
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
			for i, minimal := range []bool{false, false, false, true, false, true} {
				c := try()
				assert.Equal(t, minimal, c.Minimal, "try %d", i+1)
				assert.Less(t, now.Sub(at(0)), time.Minute, "the key is not denied")
				answer.Sent = c.Content
				e, _ = p.Learn(e, c, answer, now)
			}
			try()
			e, _ = p.Learn(e, e.Inflight(), Answer{Result: Unanswered, Indigestible: true, Sent: *want(e)}, now)
			c := try()
			assert.True(t, c.Minimal)
			shown := done("1", true)
			shown.Sent = c.Content
			shown.Sent.Sent[incident.FieldDescription] = 7
			shown.Incident.Fields = shown.Sent.Sent
			e, lesson := p.Learn(e, c, shown, now)
			assert.Equal(t, Opened, lesson)
			assert.Equal(t, Fields(incident.FieldDescription), e.Due(want(e)), "an update brings the rest")
			assert.Zero(t, e.Indigestible)
		})
	}
}

func TestNewsEndShortCreates(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	e.Indigestible = failuresBeforeShrink
	assert.True(t, p.Decide(e, want(e), at(0)).Call.Minimal)
	e, _ = applyOne(p, e, fires("am1", at(0)).says("other"), at(1))
	assert.False(t, p.Decide(e, want(e), at(1)).Call.Minimal)
}

// What the API refused in full stays short: an update with the rest would be refused, too.
func TestARefusedCreateStaysShort(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	e = p.Begin(e, p.Decide(e, want(e), at(0)).Call, at(0))
	e, _ = p.Learn(e, e.Inflight(), Answer{Result: Refused, Sent: *want(e)}, at(0))
	e = p.Begin(e, p.Decide(e, want(e), at(1)).Call, at(1))
	assert.True(t, e.Inflight().Minimal)
	a := done("1", true)
	a.Sent = *want(e)
	a.Sent.Sent[incident.FieldDescription] = 7
	e, _ = p.Learn(e, e.Inflight(), a, at(1))
	assert.Zero(t, e.Due(want(e)))
}
