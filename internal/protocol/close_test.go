// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An API that accepts closes and leaves the incident open, whether its answers show that or not, is asked less and less often.
func TestCloseThatLeavesTheIncidentOpenBacksOff(t *testing.T) {
	for name, accepted := range map[string]Answer{
		"shown":     done("1", true),
		"not shown": {Result: Done, Incident: Shown{ID: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := testPolicy()
			e := opened(t, p, at(0))
			e, _ = applyOne(p, e, resolves(am1, at(0), at(1)), at(1))
			now, closes := at(1), []time.Time(nil)
			for len(closes) < 5 {
				d := p.Decide(e, nil, now)
				switch d.Call.Kind {
				case NoCall:
					require.True(t, d.Wake.After(now), "nothing is due any more: %+v", e)
					now = d.Wake
				case Close:
					closes = append(closes, now)
					e = answerNext(t, p, e, now, accepted)
				default:
					e = answerNext(t, p, e, now, Answer{Result: Done, Began: now, Found: []Shown{done("1", true).Incident}})
				}
			}
			for i := 2; i < len(closes); i++ {
				assert.GreaterOrEqual(t, closes[i].Sub(closes[i-1]), closes[i-1].Sub(closes[i-2])*3/2, "close %d", i+1)
			}
		})
	}
}

// What failed before an incident was seen as it should be does not count any more.
func TestALookupEndsFailures(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, opened(t, p, at(0)), fires(am1, at(0)).says("other"), at(1))
	e = answerNext(t, p, e, at(1), Answer{Result: Gone})
	require.True(t, e.Missed)
	e = answerNext(t, p, e, at(2), Answer{Result: Done, Began: at(2), Found: []Shown{showing(*want(e))}})
	assert.False(t, e.Missed)

	e, _ = applyOne(p, e, resolves(am1, at(0), at(3)), at(3))
	e = with(e, func(n *Timed) { n.FailedCloses = 1 })
	e = answerNext(t, p, e, at(3), Answer{Result: Done, Incident: Shown{ID: "1"}})
	e = answerNext(t, p, e, at(4), Answer{Result: Done, Began: at(4), Found: []Shown{{ID: "1", Seen: true}}})
	assert.Zero(t, e.FailedCloses)
}

// However fast the retries are, a lookup soon finds out whether the incident is gone.
func TestRetriesDoNotPutTheLookupOff(t *testing.T) {
	p := testPolicy()
	p.Backoff.Initial, p.Backoff.Max = 50*time.Millisecond, 50*time.Millisecond
	e := opened(t, p, at(0))
	e, _ = applyOne(p, e, fires(am1, at(0)).says("other"), at(1))
	now := at(1)
	for range SlowAfter {
		d := p.Decide(e, want(e), now)
		if d.Call.Kind == NoCall {
			now = d.Wake
			d = p.Decide(e, want(e), now)
		}
		if d.Call.Kind == Lookup {
			break
		}
		e = answerNext(t, p, e, now, Answer{Result: Gone})
	}
	lookup := p.Decide(e, want(e), now).Call
	assert.Equal(t, Lookup, lookup.Kind)
	assert.Equal(t, at(2), now)
	e = p.Begin(e, lookup, now)
	assert.Equal(t, NoCall, p.Decide(e, want(e), now).Call.Kind, "a retry would make the lookup count for nothing")
	e, _ = p.Learn(e, lookup, Answer{Result: Done, Began: now, Found: []Shown{{ID: "1", Seen: true}}}, now)
	assert.Equal(t, Create, p.Decide(e, want(e), now).Call.Kind)
}
