// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestDecide goes through the lines of the protocol's table.
func TestDecide(t *testing.T) {
	p := testPolicy()
	now := at(100)
	later := now.Add(5 * time.Second)
	// open is firing with incident 1 open and up to date; quiet has resolved.
	open := func(change func(*Entry)) *Entry {
		e := opened(t, p, at(0)).clone()
		change(e)
		return e
	}
	quiet := func(change func(*Entry)) *Entry {
		e := closing(t, p, at(0)).clone()
		e.QuietSince = now
		change(e)
		return e
	}
	parked := func(k Kind, minimal bool) func(*Entry) {
		return func(e *Entry) {
			e.Refused = Refusal{Kind: k, Hash: e.desired, Minimal: minimal}
			if k == Create {
				e.Incident = Incident{}
			} else {
				e.Written = ""
			}
		}
	}
	retention := now.Add(p.ClosedRetention)
	for name, c := range map[string]struct {
		entry *Entry
		want  Kind
		id    string
		wake  time.Time
		check func(Call) bool
	}{
		"0: a call is on its way":               {entry: open(func(e *Entry) { e.Inflight.Kind, e.Written = Update, "" })},
		"0: an armed create has not left":       {entry: open(func(e *Entry) { e.Incident, e.Inflight.Kind, e.armed = Incident{}, Create, true }), want: Create},
		"1: an extra goes first":                {entry: open(func(e *Entry) { e.Extra, e.Written = []string{"7"}, "" }), want: Close, id: "7"},
		"1: also when quiet":                    {entry: quiet(func(e *Entry) { e.Extra = []string{"7"} }), want: Close, id: "7"},
		"1: and backs off":                      {entry: open(func(e *Entry) { e.Extra, e.retryAt = []string{"7"}, later }), wake: later},
		"2: a close that was begun is finished": {entry: open(func(e *Entry) { e.Doubt = Doubt{Set: true, Closing: "1"} }), want: Close, id: "1", check: func(c Call) bool { return c.Finish }},
		"2: once":                               {entry: open(func(e *Entry) { e.Doubt = Doubt{Set: true, Closing: "1", Finished: true} }), want: Lookup, id: "1"},
		"2: not another's":                      {entry: open(func(e *Entry) { e.Doubt = Doubt{Set: true, Closing: "0"} }), want: Lookup, id: "1"},
		"3: dismissed waits":                    {entry: open(func(e *Entry) { e.Incident.State, e.Dismissed = Closed, true })},
		"4: creates":                            {entry: open(func(e *Entry) { e.Incident = Incident{} }), want: Create},
		"4: creates anew":                       {entry: open(func(e *Entry) { e.Incident.State = Closed }), want: Create},
		"4: creates for an unknown one":         {entry: open(func(e *Entry) { e.Incident.State = Unknown }), want: Create},
		"4: creates in doubt":                   {entry: open(func(e *Entry) { e.Incident, e.Doubt = Incident{}, Doubt{Set: true, Creates: 1} }), want: Create},
		"4: backs off, whatever probe is due":   {entry: open(func(e *Entry) { e.Incident, e.Doubt.Set, e.retryAt = Incident{}, true, later }), wake: later},
		"4: a refused create is tried small":    {entry: open(parked(Create, false)), want: Create, check: func(c Call) bool { return c.Minimal }},
		"4: and then parked":                    {entry: open(parked(Create, true))},
		"4: but looked up in doubt":             {entry: open(func(e *Entry) { parked(Create, true)(e); e.Doubt.Set = true }), want: Lookup},
		"4: reopens what a create updated":      {entry: open(func(e *Entry) { e.Incident.State, e.Reopening = Closed, "1" }), want: Reopen, id: "1"},
		"5: a probe is due":                     {entry: open(func(e *Entry) { e.Doubt.Set, e.Written = true, "" }), want: Lookup, id: "1"},
		"5: a probe is not due":                 {entry: open(func(e *Entry) { e.Doubt.Set, e.probeAt = true, later }), wake: later},
		"5: verify":                             {entry: open(func(e *Entry) { e.verify = true }), want: Lookup, id: "1"},
		"6: updates":                            {entry: open(func(e *Entry) { e.Written = "" }), want: Update, id: "1"},
		"6: backs off":                          {entry: open(func(e *Entry) { e.Written, e.retryAt = "", later }), wake: later},
		"6: while a probe is not due":           {entry: open(func(e *Entry) { e.Written, e.Doubt.Set, e.probeAt = "", true, later }), want: Update, id: "1"},
		"6: parked":                             {entry: open(parked(Update, false))},
		"7: a close waits for an unanswered create": {entry: quiet(func(e *Entry) {
			e.Doubt, e.settleAt, e.probeAt = Doubt{Set: true, Creates: 1}, later, later
		}), wake: later},
		"7: and probes": {entry: quiet(func(e *Entry) { e.Doubt, e.settleAt = Doubt{Set: true, Creates: 1}, later }), want: Lookup, id: "1"},
		"8: until settle is over": {entry: quiet(func(e *Entry) {
			e.Doubt, e.settleAt = Doubt{Set: true, Creates: 1}, now
		}), want: Close, id: "1"},
		"8: closes":                            {entry: quiet(func(*Entry) {}), want: Close, id: "1"},
		"8: closes in doubt about an update":   {entry: quiet(func(e *Entry) { e.Doubt.Set = true }), want: Close, id: "1"},
		"8: backs off":                         {entry: quiet(func(e *Entry) { e.retryAt = later }), wake: later},
		"9: an unknown one is looked up":       {entry: quiet(func(e *Entry) { e.Incident = Incident{State: Unknown} }), want: Lookup},
		"9: doubt is looked up, never created": {entry: quiet(func(e *Entry) { e.Incident, e.Doubt = Incident{}, Doubt{Set: true, Creates: 1} }), want: Lookup},
		"9: when the probe is due":             {entry: quiet(func(e *Entry) { e.Incident.State, e.Doubt.Set, e.probeAt = Closed, true, later }), wake: later},
		"10: over":                             {entry: quiet(func(e *Entry) { e.Incident.State = Closed }), wake: retention},
		"10: never tried":                      {entry: quiet(func(e *Entry) { e.Incident = Incident{} }), wake: retention},
		"10: up to date":                       {entry: open(func(*Entry) {})},
	} {
		t.Run(name, func(t *testing.T) {
			d := p.Decide(c.entry, now)
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
	assert.Equal(t, Decision{Wake: at(60)}, p.Decide(e, at(59)))
	assert.Equal(t, Close, p.Decide(e, at(60)).Call.Kind)

	again, _ := p.Apply(e, firing("am1", at(30)), at(30))
	assert.Equal(t, Decision{}, p.Decide(again, at(60)), "a new firing cancels it")

	loaded := p.Load(e, at(30))
	assert.Equal(t, Decision{Wake: at(60)}, p.Decide(loaded, at(30)), "a restart keeps it")
}

func TestParked(t *testing.T) {
	p := testPolicy()
	e, _ := p.Apply(nil, firing("am1", at(0)), at(0))
	for range 2 {
		assert.False(t, e.Parked())
		e = answerNext(t, p, e, at(0), Answer{Verdict: Refused})
	}
	assert.True(t, e.Parked())
	e, _ = p.Apply(e, firing("am1", at(0)).low(), at(0))
	assert.False(t, e.Parked(), "another content is tried")
	assert.False(t, p.Decide(e, at(0)).Call.Minimal)
}
