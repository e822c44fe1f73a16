// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// TestLearnLookup goes through what a complete lookup may show. It begins at 100 s, before or after the settle time.
func TestLearnLookup(t *testing.T) { //nolint:funlen // one table of cases
	p := testPolicy()
	never := testPolicy()
	never.ReopenNever = true
	open := func(id string, created int) Shown {
		return Shown{ID: id, Seen: true, Open: true, CreatedAt: at(created)}
	}
	closed := func(id string) Shown { return Shown{ID: id, Seen: true} }
	edited := func(f Shown) Shown { f.Fields[incident.FieldTitle] = 7; return f }
	doubt := Doubt{Set: true, Creates: 2, Since: at(50)}
	one := Doubt{Set: true, Creates: 1, Since: at(50)}
	for name, c := range map[string]struct {
		policy *Policy
		firing bool
		state  State
		id     string
		doubt  Doubt
		early  bool // the lookup begins before the settle time
		found  []Shown
		lesson Lesson
		want   State
		wantID string
		extra  []string
		left   Doubt
		check  func(Timed) bool
	}{
		"open, there":               {firing: true, state: Open, id: "1", doubt: doubt, found: []Shown{open("1", 1)}, want: Open, wantID: "1", check: func(n Timed) bool { return n.Due(want(n)) == 0 && n.Written.Theirs == 0 }},
		"open, there, edited":       {firing: true, state: Open, id: "1", doubt: doubt, found: []Shown{edited(open("1", 1))}, want: Open, wantID: "1", check: func(n Timed) bool { return n.Written.Theirs == Fields(incident.FieldTitle) }},
		"open, gone":                {firing: true, state: Open, id: "1", doubt: doubt, lesson: FoundClosed, want: Closed, wantID: "1"},
		"open, closed by a person":  {firing: true, state: Open, id: "1", found: []Shown{closed("1")}, lesson: FoundClosed, want: Closed, wantID: "1", check: func(n Timed) bool { return !n.Dismissed }},
		"open, closed for good":     {policy: never, firing: true, state: Open, id: "1", found: []Shown{closed("1")}, lesson: FoundClosed, want: Closed, wantID: "1", check: func(n Timed) bool { return n.Dismissed }},
		"open, closed by our close": {policy: never, firing: true, state: Open, id: "1", doubt: Doubt{Set: true, Closing: "1"}, found: []Shown{closed("1")}, lesson: FoundClosed, want: Closed, wantID: "1", check: func(n Timed) bool { return !n.Dismissed }},
		"open, and a second":        {firing: true, state: Open, id: "2", doubt: doubt, found: []Shown{open("1", 1), open("2", 2), open("3", 3)}, want: Open, wantID: "2", extra: []string{"1", "3"}},
		"open, but another is":      {firing: true, state: Open, id: "1", doubt: doubt, found: []Shown{closed("1"), open("2", 2)}, lesson: FoundOpen, want: Open, wantID: "2"},
		"none, nothing":             {firing: true, state: None, doubt: doubt, want: None},
		"none, the oldest of two":   {state: None, doubt: doubt, found: []Shown{open("3", 3), open("2", 2)}, lesson: FoundOpen, want: Open, wantID: "2", extra: []string{"3"}},
		"none, the one create":      {state: None, doubt: one, early: true, found: []Shown{open("2", 2)}, lesson: FoundOpen, want: Open, wantID: "2"},
		"none, one of two creates":  {state: None, doubt: doubt, early: true, found: []Shown{open("2", 2)}, lesson: FoundOpen, want: Open, wantID: "2", left: doubt},
		"none, a create and a close": {
			state: None, doubt: Doubt{Set: true, Creates: 1, Closing: "0", Since: at(50)}, early: true, found: []Shown{open("2", 2)},
			lesson: FoundOpen, want: Open, wantID: "2", left: Doubt{Set: true, Creates: 1, Closing: "0", Since: at(50)},
		},
		"none, a closed one":              {state: None, doubt: one, early: true, found: []Shown{closed("2")}, want: None, wantID: "2", left: one},
		"closed, the one create anew":     {state: Closed, id: "1", doubt: one, early: true, found: []Shown{closed("1"), open("2", 2)}, lesson: FoundOpen, want: Open, wantID: "2"},
		"closed, the create opened it":    {state: Closed, id: "1", doubt: one, early: true, found: []Shown{open("1", 1)}, lesson: FoundOpen, want: Open, wantID: "1", left: one},
		"closed, reopened by a person":    {state: Closed, id: "1", doubt: Doubt{Set: true}, found: []Shown{open("1", 1)}, want: Closed, wantID: "1"},
		"closed, early and nothing there": {state: Closed, id: "1", doubt: doubt, early: true, want: Closed, wantID: "1", left: doubt},
		"closed, late and nothing there":  {state: Closed, id: "1", doubt: doubt, want: Closed, wantID: "1"},
		"unknown, there":                  {state: Unknown, found: []Shown{open("1", 1)}, lesson: FoundOpen, want: Open, wantID: "1"},
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
			e = e.copy()
			e.Incident, e.Doubt = Incident{State: c.state, ID: c.id}, c.doubt
			e.SettleAt = at(100)
			if c.early {
				e.SettleAt = at(101)
			}
			n, lesson := policy.Learn(e, Call{Kind: Lookup, ID: c.id, Version: e.Version, Depth: All}, Answer{Result: Done, Found: c.found, Began: at(100)}, at(100))
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
	e, _ := applyOne(p, Timed{}, resolves("am1", at(0), at(60)), at(60))
	nothing := Answer{Result: Done, Began: at(60)}
	e = answerNext(t, p, e, at(60), nothing)
	assert.Equal(t, Unknown, e.Incident.State)
	e = answerNext(t, p, e, at(60), nothing)
	assert.Equal(t, Closed, e.Incident.State)
	d := p.Decide(e, want(e), at(60))
	assert.Equal(t, NoCall, d.Call.Kind)
	e, outcome := applyOne(p, e, resolves("am1", at(0), at(60)), at(90))
	assert.Equal(t, ResolveRepeated, outcome)
	assert.Equal(t, NoCall, p.Decide(e, want(e), at(90)).Call.Kind, "the empty result is remembered")
}

func TestStaleLookupTeachesNothing(t *testing.T) {
	p := testPolicy()
	e := closing(t, p, at(0)).copy()
	e.Incident, e.Doubt = Incident{}, Doubt{Set: true, Creates: 1}
	call := p.Decide(e, want(e), at(0)).Call
	later, _ := applyOne(p, e, fires("am1", at(1)), at(1))
	n, lesson := p.Learn(later, call, Answer{Result: Done, Found: []Shown{{ID: "1", Seen: true, Open: true}}, Began: at(100)}, at(100))
	assert.Equal(t, Nothing, lesson)
	assert.Equal(t, later.Incident, n.Incident)
	assert.Equal(t, later.Doubt, n.Doubt)
}

// TestFailedLookup: a failed lookup holds back lookups only.
func TestFailedLookup(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	e, _ = applyOne(p, e, fires("am1", at(0)), at(4000))
	for _, seconds := range []int{1, 2, 4} {
		e = answerNext(t, p, e, at(4000), Answer{Result: Incomplete})
		assert.Equal(t, at(4000+seconds), p.Decide(e, want(e), at(4000)).Wake, "a refresh is tried again")
		e = with(e, func(n *Timed) { n.LookAt = time.Time{} })
	}
	e = answerNext(t, p, e, at(4000), Answer{Result: Denied})
	assert.Equal(t, Decision{}, p.Decide(e, want(e), at(4000)), "a key that may not look waits for the next repeat")

	e = e.copy()
	e.Written = Written{}
	e.Verify, e.LookAt = true, at(5000)
	assert.Equal(t, Update, p.Decide(e, want(e), at(4000)).Call.Kind)
}

// TestLookupThatReadOnlyTheKnownIncident: the entry learns what the incident shows, and the rest of the lookup stays due.
func TestLookupThatReadOnlyTheKnownIncident(t *testing.T) {
	p := testPolicy()
	e := with(opened(t, p, at(0)), func(n *Timed) {
		n.Unseen, n.Written.Shown, n.Doubt = true, incident.Hashes{}, Doubt{Set: true, Since: at(0)}
		n.SettleAt = at(5)
	})
	learn := func(f Shown, version uint64) (Timed, Lesson) {
		d := p.Decide(e, want(e), at(10))
		require.Equal(t, Since, d.Call.Depth)
		d.Call.Version += version
		return p.Learn(p.Begin(e, d.Call, at(10)), d.Call, Answer{Result: Incomplete, Found: []Shown{f}, Began: at(10)}, at(11))
	}
	open, closed := showing(*want(e)), Shown{ID: "1", Seen: true}

	n, lesson := learn(open, 0)
	assert.Equal(t, Retrying, lesson)
	assert.False(t, n.Unseen)
	assert.Equal(t, at(11), n.ConfirmedAt)
	assert.Equal(t, open.Fields, n.Written.Shown)
	assert.Equal(t, e.Doubt, n.Doubt)
	assert.Equal(t, at(12), n.LookAt)

	n, lesson = learn(closed, 0)
	assert.Equal(t, FoundClosed, lesson)
	assert.Equal(t, Closed, n.Incident.State)
	assert.Equal(t, e.Doubt, n.Doubt)

	n, lesson = learn(closed, 1)
	assert.Equal(t, Retrying, lesson)
	assert.Equal(t, Open, n.Incident.State, "the entry has changed meanwhile")
	assert.True(t, n.Unseen)
}

// TestAKeyThatMayNotRead: a call that the API carried out without showing the incident counts after ten denied lookups, and the entry can
// expire.
func TestAKeyThatMayNotRead(t *testing.T) {
	p := testPolicy()
	e := answerNext(t, p, closing(t, p, at(0)), at(0), Answer{Result: Done, Incident: Shown{ID: "1"}})
	now := at(0)
	for range int(SlowAfter) {
		require.True(t, e.Unseen)
		require.False(t, e.Over())
		for p.Decide(e, nil, now).Call.Kind == NoCall {
			now = p.Decide(e, nil, now).Wake
		}
		e = answerNext(t, p, e, now, Answer{Result: Denied})
	}
	assert.True(t, e.Over())
	assert.Equal(t, Closed, e.Incident.State)
	d := p.Decide(e, nil, now)
	assert.Equal(t, NoCall, d.Call.Kind)
	assert.Nil(t, p.Tick(e, d.Wake).Entry, "it leaves after the retention")
}

// TestAShortOutage: an alias is not slow before ten creates or closes have failed, whether the lookups between them succeed or not.
func TestAShortOutage(t *testing.T) {
	p := testPolicy()
	fired, outcome := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	require.Equal(t, Fired, outcome)
	blind, saw := Answer{Result: Incomplete}, Answer{Result: Done}
	shown := Answer{Result: Done, Found: []Shown{showing(*want(fired))}}
	for name, c := range map[string]struct {
		entry Timed
		write Kind
		look  Answer
	}{
		"of creates":                   {fired, Create, saw},
		"of everything, when it fires": {fired, Create, blind},
		"of closes":                    {closing(t, p, at(0)), Close, shown},
	} {
		t.Run(name, func(t *testing.T) {
			e, now, writes, looks := c.entry, at(0), int32(0), int32(0)
			for writes < SlowAfter {
				d := p.Decide(e, want(e), now)
				switch d.Call.Kind {
				case NoCall:
					require.LessOrEqual(t, d.Wake.Sub(now), minute, "after %d writes and %d looks", writes, looks)
					now = d.Wake
				case Lookup:
					looks++
					c.look.Began = now
					e = answerNext(t, p, e, now, c.look)
				default:
					require.Equal(t, c.write, d.Call.Kind)
					writes++
					e = answerNext(t, p, e, now, Answer{Result: Unanswered})
				}
			}
			assert.GreaterOrEqual(t, looks, writes/2)
			slow := now.Add(Slow)
			for d := p.Decide(e, want(e), now); d.Call.Kind == NoCall; d = p.Decide(e, want(e), now) {
				now = d.Wake
			}
			assert.Equal(t, slow, now, "now it is slow")
		})
	}
}

// TestRefreshOfAnIncidentWhoseValueMoves: a text that changes with each repeat does not delay the lookup of the incident, whether updates
// write the field or a person has edited it.
func TestRefreshOfAnIncidentWhoseValueMoves(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	e = with(e, func(n *Timed) { n.Written.Theirs = Fields(incident.FieldDescription) })
	repeat := func(seconds int) Decision {
		var o Outcome
		e, o = applyOne(p, e, fires(am1, at(0)).says(at(seconds).String()), at(seconds))
		require.Equal(t, Changed, o)
		return p.Decide(e, want(e), at(seconds))
	}
	for seconds := 600; seconds < 3600; seconds += 600 {
		require.Equal(t, NoCall, repeat(seconds).Call.Kind, "the field is a person's")
	}
	d := repeat(3600)
	require.Equal(t, Lookup, d.Call.Kind)
	assert.Equal(t, Known, d.Call.Depth)
	e = answerNext(t, p, e, at(3600), Answer{Result: Done, Found: []Shown{{ID: "1", Seen: true}}, Began: at(3600)})
	assert.Equal(t, Create, p.Decide(e, want(e), at(3600)).Call.Kind, "a person has closed it")
}

// TestLookups: the first lookup comes after 1 s, then the pauses double. One begins at the end of the settle time and ends the doubt.
func TestLookups(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	e = answerNext(t, p, e, at(0), Answer{Result: Unanswered})
	e, _ = applyOne(p, e, resolves("am1", at(0), at(1)), at(0))
	var looks []int
	now := at(0)
	for e.Doubt.Set {
		now = p.Decide(e, want(e), now).Wake
		looks = append(looks, int(now.Sub(at(0))/time.Second))
		e = answerNext(t, p, e, now, Answer{Result: Done, Began: now})
	}
	assert.Equal(t, []int{1, 3, 7, 15}, looks)
}

// TestSlowLookup: if a lookup begins before the end of the settle time and ends after it, the last one follows at once.
func TestSlowLookup(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	e = answerNext(t, p, e, at(0), Answer{Result: Unanswered})
	e, _ = applyOne(p, e, resolves("am1", at(0), at(1)), at(0))
	call := p.Decide(e, want(e), at(14)).Call
	assert.Equal(t, Lookup, call.Kind)
	e, _ = p.Learn(e, call, Answer{Result: Done, Began: at(14)}, at(20))
	assert.True(t, e.Doubt.Set)
	assert.Equal(t, Lookup, p.Decide(e, want(e), at(20)).Call.Kind)
}
