// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestLearnLookup goes through what a complete look-up may show. It begins at 100 s; settle is over or not.
func TestLearnLookup(t *testing.T) {
	p := testPolicy()
	never := testPolicy()
	never.ReopenNever = true
	open := func(id string, created int) Found { return Found{ID: id, Open: true, CreatedAt: at(created)} }
	closed := func(id string) Found { return Found{ID: id} }
	same := func(f Found) Found { f.Same = true; return f }
	doubt := Doubt{Set: true, Creates: 2, Since: at(50)}
	one := Doubt{Set: true, Creates: 1, Since: at(50)}
	for name, c := range map[string]struct {
		policy *Policy
		firing bool
		state  State
		id     string
		doubt  Doubt
		early  bool // settle is not over when the look-up begins
		found  []Found
		lesson Lesson
		want   State
		wantID string
		extra  []string
		left   Doubt
		check  func(*Entry) bool
	}{
		"open, there":               {firing: true, state: Open, id: "1", doubt: doubt, found: []Found{same(open("1", 1))}, want: Open, wantID: "1", check: func(n *Entry) bool { return n.Written == n.desired }},
		"open, there, other text":   {firing: true, state: Open, id: "1", doubt: doubt, found: []Found{open("1", 1)}, want: Open, wantID: "1", check: func(n *Entry) bool { return n.Written == "" }},
		"open, gone":                {firing: true, state: Open, id: "1", doubt: doubt, lesson: FoundClosed, want: Closed, wantID: "1"},
		"open, closed by a person":  {firing: true, state: Open, id: "1", found: []Found{closed("1")}, lesson: FoundClosed, want: Closed, wantID: "1", check: func(n *Entry) bool { return !n.Dismissed }},
		"open, closed for good":     {policy: never, firing: true, state: Open, id: "1", found: []Found{closed("1")}, lesson: FoundClosed, want: Closed, wantID: "1", check: func(n *Entry) bool { return n.Dismissed }},
		"open, closed by our close": {policy: never, firing: true, state: Open, id: "1", doubt: Doubt{Set: true, Closing: "1"}, found: []Found{closed("1")}, lesson: FoundClosed, want: Closed, wantID: "1", check: func(n *Entry) bool { return !n.Dismissed }},
		"open, and a second":        {firing: true, state: Open, id: "2", doubt: doubt, found: []Found{open("1", 1), open("2", 2), open("3", 3)}, want: Open, wantID: "2", extra: []string{"1", "3"}},
		"open, but another is":      {firing: true, state: Open, id: "1", doubt: doubt, found: []Found{closed("1"), open("2", 2)}, lesson: Adopted, want: Open, wantID: "2"},
		"none, nothing":             {firing: true, state: None, doubt: doubt, want: None},
		"none, the oldest of two":   {state: None, doubt: doubt, found: []Found{open("3", 3), open("2", 2)}, lesson: Adopted, want: Open, wantID: "2", extra: []string{"3"}},
		"none, the one create":      {state: None, doubt: one, early: true, found: []Found{open("2", 2)}, lesson: Adopted, want: Open, wantID: "2"},
		"none, one of two creates":  {state: None, doubt: doubt, early: true, found: []Found{open("2", 2)}, lesson: Adopted, want: Open, wantID: "2", left: doubt},
		"none, a create and a close": {
			state: None, doubt: Doubt{Set: true, Creates: 1, Closing: "0", Since: at(50)}, early: true, found: []Found{open("2", 2)},
			lesson: Adopted, want: Open, wantID: "2", left: Doubt{Set: true, Creates: 1, Closing: "0", Since: at(50)},
		},
		"none, a closed one":              {state: None, doubt: one, early: true, found: []Found{closed("2")}, want: None, wantID: "2", left: one},
		"closed, the one create anew":     {state: Closed, id: "1", doubt: one, early: true, found: []Found{closed("1"), open("2", 2)}, lesson: Adopted, want: Open, wantID: "2"},
		"closed, the create opened it":    {state: Closed, id: "1", doubt: one, early: true, found: []Found{open("1", 1)}, lesson: Adopted, want: Open, wantID: "1", left: one},
		"closed, reopened by a person":    {state: Closed, id: "1", doubt: Doubt{Set: true}, found: []Found{open("1", 1)}, want: Closed, wantID: "1"},
		"closed, early and nothing there": {state: Closed, id: "1", doubt: doubt, early: true, want: Closed, wantID: "1", left: doubt},
		"closed, late and nothing there":  {state: Closed, id: "1", doubt: doubt, want: Closed, wantID: "1"},
		"unknown, there":                  {state: Unknown, found: []Found{open("1", 1)}, lesson: Adopted, want: Open, wantID: "1"},
		"unknown, absent once":            {state: Unknown, want: Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			policy := p
			if c.policy != nil {
				policy = c.policy
			}
			e := opened(t, policy, at(0))
			if !c.firing {
				e = closing(t, policy, at(0))
			}
			e = e.clone()
			e.Incident, e.Doubt, e.settleAt = Incident{State: c.state, ID: c.id}, c.doubt, at(100)
			if c.early {
				e.settleAt = at(101)
			}
			n, lesson := policy.Learn(e, Call{Kind: Lookup, ID: c.id, Version: e.Version, Wide: true}, Answer{Verdict: Accepted, Found: c.found, Began: at(100)}, at(100))
			assert.Equal(t, c.lesson.String(), lesson.String())
			assert.Equal(t, c.want, n.Incident.State)
			assert.Equal(t, c.wantID, n.Incident.ID)
			assert.Equal(t, c.extra, n.Extra)
			assert.Equal(t, c.left, n.Doubt)
			if c.check != nil {
				assert.True(t, c.check(n), "%+v", n)
			}
		})
	}
}

func TestUnknownNeedsTwoPasses(t *testing.T) {
	p := testPolicy()
	e, _ := p.Apply(nil, resolved("am1", at(0), at(60)), at(60))
	nothing := Answer{Verdict: Accepted, Began: at(60)}
	e = answerNext(t, p, e, at(60), nothing)
	assert.Equal(t, Unknown, e.Incident.State)
	e = answerNext(t, p, e, at(60), nothing)
	assert.Equal(t, Closed, e.Incident.State)
	d := p.Decide(e, at(60))
	assert.Equal(t, NoCall, d.Call.Kind)
	e, outcome := p.Apply(e, resolved("am1", at(0), at(60)), at(90))
	assert.Equal(t, ResolveRepeated, outcome)
	assert.Equal(t, NoCall, p.Decide(e, at(90)).Call.Kind, "the empty result is remembered")
}

func TestStaleLookupTeachesNothing(t *testing.T) {
	p := testPolicy()
	e := closing(t, p, at(0)).clone()
	e.Incident, e.Doubt = Incident{}, Doubt{Set: true, Creates: 1}
	call := p.Decide(e, at(0)).Call
	later, _ := p.Apply(e, firing("am1", at(1)), at(1))
	n, lesson := p.Learn(later, call, Answer{Verdict: Accepted, Found: []Found{{ID: "1", Open: true}}, Began: at(100)}, at(100))
	assert.Equal(t, Nothing, lesson)
	assert.Equal(t, later.Incident, n.Incident)
	assert.Equal(t, later.Doubt, n.Doubt)
}

// TestFailedLookup: only look-ups wait for look-ups.
func TestFailedLookup(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	e, _ = p.Apply(e, firing("am1", at(0)), at(4000))
	for _, want := range []int{1, 2, 4} {
		e = answerNext(t, p, e, at(4000), Answer{Verdict: LookupError})
		assert.Equal(t, at(4000+want), p.Decide(e, at(4000)).Wake, "a refresh is tried again")
		e = e.clone()
		e.probeAt = time.Time{}
	}
	e = answerNext(t, p, e, at(4000), Answer{Verdict: Denied})
	assert.Equal(t, Decision{}, p.Decide(e, at(4000)), "a key that may not look waits for the next repeat")

	e = e.clone()
	e.verify, e.Written, e.probeAt = true, "", at(5000)
	assert.Equal(t, Update, p.Decide(e, at(4000)).Call.Kind)
}

// TestProbes: 1 s after the call, then doubling, and one begun when settle is over, which ends doubt.
func TestProbes(t *testing.T) {
	p := testPolicy()
	e, _ := p.Apply(nil, firing("am1", at(0)), at(0))
	e = answerNext(t, p, e, at(0), Answer{Verdict: Unanswered})
	e, _ = p.Apply(e, resolved("am1", at(0), at(1)), at(0))
	var probes []int
	now := at(0)
	for e.Doubt.Set {
		now = p.Decide(e, now).Wake
		probes = append(probes, int(now.Sub(at(0))/time.Second))
		e = answerNext(t, p, e, now, Answer{Verdict: Accepted, Began: now})
	}
	assert.Equal(t, []int{1, 3, 7, 15}, probes)
}

// TestSlowProbe: one that began before settle was over and ended after it is followed by the last at once.
func TestSlowProbe(t *testing.T) {
	p := testPolicy()
	e, _ := p.Apply(nil, firing("am1", at(0)), at(0))
	e = answerNext(t, p, e, at(0), Answer{Verdict: Unanswered})
	e, _ = p.Apply(e, resolved("am1", at(0), at(1)), at(0))
	call := p.Decide(e, at(14)).Call
	assert.Equal(t, Lookup, call.Kind)
	e, _ = p.Learn(e, call, Answer{Verdict: Accepted, Began: at(14)}, at(20))
	assert.True(t, e.Doubt.Set)
	assert.Equal(t, Lookup, p.Decide(e, at(20)).Call.Kind)
}
