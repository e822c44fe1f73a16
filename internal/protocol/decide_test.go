// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestDecide goes through the rows of the tables in docs/delivery.md.
func TestDecide(t *testing.T) { //nolint:funlen // one table of cases
	p := testPolicy()
	now := at(100)
	later := now.Add(5 * time.Second)
	// open is firing with incident 1 open and up to date; quiet has resolved.
	open := func(change func(*Timed)) Timed {
		e := opened(t, p, at(0)).copy()
		change(&e)
		return e
	}
	quiet := func(change func(*Timed)) Timed {
		e := closing(t, p, at(0)).copy()
		e.QuietSince = now
		change(&e)
		return e
	}
	parked := func(k Kind, short bool) func(*Timed) {
		return func(e *Timed) {
			e.Refused = Refusal{Kind: k, Hash: want(*e).hash(), Short: short}
			e.ParkedAt = later
			if k == Create {
				e.Incident = Incident{}
			} else {
				e.Written = Written{}
			}
		}
	}
	retry := func(e *Timed) { e.RetryAt = later }
	look := func(e *Timed) { e.LookAt = later }
	settle := func(e *Timed, at time.Time) { e.SettleAt = at }
	retention := now.Add(p.ClosedRetention)
	for name, c := range map[string]struct {
		entry Timed
		want  Kind
		id    string
		wake  time.Time
		check func(Call) bool
	}{
		"0: a call is on its way": {entry: open(func(e *Timed) { e.setInflight(Call{Kind: Update}); e.Written = Written{} })},
		"0: an armed create has not left": {entry: open(func(e *Timed) {
			e.Incident = Incident{}
			e.setInflight(Call{Kind: Create})
			e.Armed = true
		}), want: Create},
		"1: an extra does not go first":         {entry: open(func(e *Timed) { e.Extra, e.Written = []string{"7"}, Written{} }), want: Update, id: "1"},
		"1: it comes when nothing else is due":  {entry: open(func(e *Timed) { e.Extra = []string{"7"} }), want: Close, id: "7"},
		"1: also when quiet":                    {entry: quiet(func(e *Timed) { e.Extra = []string{"7"} }), want: Close, id: "1"},
		"1: and backs off":                      {entry: open(func(e *Timed) { e.Extra = []string{"7"}; e.ExtraAt = later }), wake: later},
		"2: a close that was begun is finished": {entry: open(func(e *Timed) { e.Doubt = Doubt{Set: true, Closing: "1"} }), want: Close, id: "1", check: func(c Call) bool { return c.Finish }},
		"2: once":                               {entry: open(func(e *Timed) { e.Doubt = Doubt{Set: true, Closing: "1", Finished: true} }), want: Lookup, id: "1"},
		"2: whatever a lookup will show": {entry: open(func(e *Timed) {
			e.Doubt, e.MustLook, e.Looking = Doubt{Set: true, Closing: "1"}, true, true
		}), want: Close, id: "1"},
		"2: backs off": {entry: open(func(e *Timed) { e.Doubt = Doubt{Set: true, Closing: "1"}; retry(e) }), wake: later},
		"2: a refused one after a look": {entry: open(func(e *Timed) {
			e.Doubt, e.MustLook, e.Bare = Doubt{Set: true, Closing: "1"}, true, true
		}), want: Lookup, id: "1"},
		"2: not another's":                               {entry: open(func(e *Timed) { e.Doubt = Doubt{Set: true, Closing: "0"} }), want: Lookup, id: "1"},
		"3: dismissed waits":                             {entry: open(func(e *Timed) { e.Incident.State, e.Dismissed = Closed, true })},
		"4: creates":                                     {entry: open(func(e *Timed) { e.Incident = Incident{} }), want: Create},
		"4: creates anew":                                {entry: open(func(e *Timed) { e.Incident.State = Closed }), want: Create},
		"4: creates for an unknown one":                  {entry: open(func(e *Timed) { e.Incident.State = Unknown }), want: Create},
		"4: creates in doubt":                            {entry: open(func(e *Timed) { e.Incident, e.Doubt = Incident{}, Doubt{Set: true, Creates: 1} }), want: Create},
		"4: backs off, and looks meanwhile":              {entry: open(func(e *Timed) { e.Incident, e.Doubt.Set = Incident{}, true; retry(e) }), want: Lookup},
		"4: a refused create is tried in the short form": {entry: open(parked(Create, false)), want: Create, check: func(c Call) bool { return c.Short }},
		"4: and then parked":                             {entry: open(parked(Create, true)), wake: later},
		"4: but looked up in doubt":                      {entry: open(func(e *Timed) { parked(Create, true)(e); e.Doubt.Set = true }), want: Lookup},
		"4: reopens what a create updated":               {entry: open(func(e *Timed) { e.Incident.State, e.Reopening = Closed, "1" }), want: Reopen, id: "1"},
		"5: a lookup is due":                             {entry: open(func(e *Timed) { e.Doubt.Set, e.Written = true, Written{} }), want: Lookup, id: "1"},
		"5: a lookup is not due":                         {entry: open(func(e *Timed) { e.Doubt.Set = true; look(e) }), wake: later},
		"5: verify":                                      {entry: open(func(e *Timed) { e.Verify = true }), want: Lookup, id: "1"},
		"6: updates":                                     {entry: open(func(e *Timed) { e.Written = Written{} }), want: Update, id: "1"},
		"6: backs off":                                   {entry: open(func(e *Timed) { e.Written = Written{}; retry(e) }), wake: later},
		"6: while a lookup is not due":                   {entry: open(func(e *Timed) { e.Written, e.Doubt.Set = Written{}, true; look(e) }), want: Update, id: "1"},
		"6: parked":                                      {entry: open(parked(Update, true)), wake: later},
		"6: parked after failures":                       {entry: open(func(e *Timed) { parked(Update, true)(e); e.ContentFailures = 1 }), wake: later},
		"6: a severity does not wait for a refused text": {
			entry: open(parked(Update, false)), want: Update, id: "1", check: func(c Call) bool { return c.Form == SeverityOnly },
		},
		"7: a close waits for an unanswered create": {entry: quiet(func(e *Timed) {
			e.Doubt = Doubt{Set: true, Creates: 1}
			settle(e, later)
			look(e)
		}), wake: later},
		"7: and lookups": {entry: quiet(func(e *Timed) { e.Doubt = Doubt{Set: true, Creates: 1}; settle(e, later) }), want: Lookup, id: "1"},
		"8: until settle is over": {entry: quiet(func(e *Timed) {
			e.Doubt = Doubt{Set: true, Creates: 1}
			settle(e, now)
		}), want: Close, id: "1"},
		"8: closes":                            {entry: quiet(func(*Timed) {}), want: Close, id: "1"},
		"8: closes in doubt about an update":   {entry: quiet(func(e *Timed) { e.Doubt.Set = true }), want: Close, id: "1"},
		"8: backs off":                         {entry: quiet(func(e *Timed) { retry(e) }), wake: later},
		"9: an unknown one is looked up":       {entry: quiet(func(e *Timed) { e.Incident = Incident{State: Unknown} }), want: Lookup},
		"9: doubt is looked up, never created": {entry: quiet(func(e *Timed) { e.Incident, e.Doubt = Incident{}, Doubt{Set: true, Creates: 1} }), want: Lookup},
		"9: when the lookup is due":            {entry: quiet(func(e *Timed) { e.Incident.State, e.Doubt.Set = Closed, true; look(e) }), wake: later},
		"11: another tool's incident blocks":   {entry: open(func(e *Timed) { e.Incident, e.Foreign = Incident{}, "8" })},
		"11: B1: left to a person":             {entry: quiet(func(e *Timed) { e.Left, e.Doubt.Set = true, true }), want: Lookup, id: "1"},
		"11: and over":                         {entry: quiet(func(e *Timed) { e.Left = true })},
		"11: B5: a look before the next close": {entry: quiet(func(e *Timed) { e.MustLook = true }), want: Lookup, id: "1"},
		"11: a lookup that runs holds nothing back": {entry: open(func(e *Timed) {
			e.Incident, e.Doubt.Set = Incident{}, true
			e.Looking = true
		}), want: Create},
		"11: the repeat of a create looks first": {entry: open(func(e *Timed) {
			e.Incident, e.Doubt.Set = Incident{}, true
			e.PeekBy = later
		}), want: Lookup},
		"11: slow after many tries": {entry: quiet(func(e *Timed) {
			e.Tries, e.LastTry = SlowAfter, now
		}), wake: now.Add(Slow)},
		"11: unless it is in a hurry": {entry: quiet(func(e *Timed) {
			e.Tries, e.LastTry, e.Hurried = SlowAfter, now, true
		}), want: Close, id: "1"},
		"11: twice": {entry: quiet(func(e *Timed) {
			e.Tries, e.LastTry, e.Hurried = SlowAfter, now.Add(Slow), true
		}), want: Close, id: "1"},
		"11: and not more often": {entry: quiet(func(e *Timed) {
			e.Tries, e.LastTry, e.Hurried = SlowAfter, now.Add(Slow+minute), true
		}), wake: now.Add(minute)},
		"10: over":        {entry: quiet(func(e *Timed) { e.Incident.State = Closed }), wake: retention},
		"10: never tried": {entry: quiet(func(e *Timed) { e.Incident = Incident{} }), wake: retention},
		"10: up to date":  {entry: open(func(*Timed) {})},
	} {
		t.Run(name, func(t *testing.T) {
			d := p.Decide(c.entry, want(c.entry), now)
			assert.Equal(t, c.want.String(), d.Call.Kind.String())
			assert.Equal(t, c.id, d.Call.ID)
			assert.Equal(t, c.wake, d.Wake)
			if c.check != nil {
				assert.True(t, c.check(d.Call), "%+v", d.Call)
			}
		})
	}
}

func TestResolveDelay(t *testing.T) {
	p := testPolicy()
	p.ResolveDelay = minute
	e := closing(t, p, at(0))
	assert.Equal(t, Decision{Wake: at(60)}, p.Decide(e, want(e), at(59)))
	assert.Equal(t, Close, p.Decide(e, want(e), at(60)).Call.Kind)

	again, _ := applyOne(p, e, fires("am1", at(30)), at(30))
	assert.Equal(t, Decision{}, p.Decide(again, want(again), at(60)), "a new firing cancels it")

	loaded := p.Load(e.Entry, at(30))
	assert.Equal(t, Decision{Wake: at(60)}, p.Decide(loaded, want(loaded), at(30)), "a restart keeps it")
}

func TestParked(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	for range 2 {
		assert.False(t, e.Parked())
		e = answerNext(t, p, e, at(0), Answer{Result: Refused})
	}
	assert.True(t, e.Parked())
	assert.Equal(t, at(1), p.Decide(e, want(e), at(0)).Wake, "tried again with a backoff")
	assert.Equal(t, Create, p.Decide(p.Load(e.Entry, at(0)), want(e), at(0)).Call.Kind, "and after a restart")
	e, _ = applyOne(p, e, fires("am1", at(0)).low(), at(0))
	assert.False(t, p.Decide(e, want(e), at(0)).Call.Short, "another content is tried")
}
