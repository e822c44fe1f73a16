// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// restart returns the entry that the next process loads after a kill.
func restart(t *testing.T, p *Policy, e Timed, now time.Time) Timed {
	t.Helper()
	stored, err := Decode(e.Alias, AppendRecord(nil, e.Entry), nil)
	require.NoError(t, err)
	return p.Load(stored, now)
}

func TestLoadPutsInDoubtWhatWasOnTheWire(t *testing.T) {
	p := testPolicy()
	fired, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	open := opened(t, p, at(0))
	for name, c := range map[string]struct {
		entry Timed
		call  Call
		want  Doubt
	}{
		"create": {fired, Call{Kind: Create}, Doubt{Set: true, Creates: 1, Since: at(5)}},
		"update": {open, Call{Kind: Update, ID: "1"}, Doubt{Set: true, Finished: true, Since: at(5)}},
		"close":  {closing(t, p, at(0)), Call{Kind: Close, ID: "1"}, Doubt{Set: true, Closing: "1", Since: at(5)}},
		"reopen": {open, Call{Kind: Reopen, ID: "1"}, Doubt{Set: true, Creates: 1, Finished: true, Since: at(5)}},
	} {
		t.Run(name, func(t *testing.T) {
			e := p.Begin(c.entry, c.call, at(5))
			n := restart(t, p, e, at(60))
			assert.Equal(t, c.want, n.Doubt)
			assert.Equal(t, Call{}, n.Inflight())
			assert.Equal(t, at(75), n.SettleAt, "doubt waits anew")
			again := restart(t, p, e, at(70))
			assert.Equal(t, c.want, again.Doubt, "however often it is killed")
			assert.Equal(t, at(85), again.SettleAt)
		})
	}
}

func TestLoadLooksUpAtOnce(t *testing.T) {
	p := testPolicy()
	e := p.Begin(closing(t, p, at(0)), Call{Kind: Close, ID: "1"}, at(5))
	n := restart(t, p, e, at(60))
	e, _ = applyOne(p, n, fires("am1", at(0)), at(60))
	d := p.Decide(e, want(e), at(60))
	assert.Equal(t, Close, d.Call.Kind, "the close that was begun is finished first")
	assert.True(t, d.Call.Finish)
	e = answerNext(t, p, e, at(60), Answer{Result: Unanswered})
	d = p.Decide(e, want(e), at(61))
	assert.Equal(t, Lookup, d.Call.Kind)
	assert.Equal(t, at(5), d.Call.At)
}

func TestLoadKeepsHolds(t *testing.T) {
	p := testPolicy()
	e := closing(t, p, at(0))
	e, outcome := applyOne(p, e, fires("am2", at(0)), at(10))
	require.Equal(t, EchoHeld, outcome)
	until := at(10).Add(p.EchoHold)
	for name, c := range map[string]struct {
		now  time.Time
		want time.Time // zero: it fires
	}{
		"as it was":                     {at(60), until},
		"over":                          {until, time.Time{}},
		"the clock went back":           {at(-86400), at(-86400).Add(p.EchoHold)},
		"as often as it is restarted 1": {at(200), until},
		"as often as it is restarted 2": {at(369), until},
	} {
		t.Run(name, func(t *testing.T) {
			n := restart(t, p, e, c.now)
			assert.Equal(t, c.want, n.Members.Get(keys[0]).HeldUntil)
			assert.Equal(t, c.want.IsZero(), n.Firing())
		})
	}
}

func TestLoadWithTheClockSetBack(t *testing.T) {
	p := testPolicy()
	e := closing(t, p, at(0))
	n := restart(t, p, e, at(-500))
	assert.Equal(t, at(-500), n.QuietSince)
	assert.Equal(t, at(-500), n.ConfirmedAt)
	assert.Equal(t, at(-500), n.Members.Get(keys[0]).LastSeen)
	assert.Equal(t, at(-500), n.Members.Get(keys[0]).ResolvedAt)
}

func TestTick(t *testing.T) {
	p := testPolicy()
	p.StaleAfter = 2 * hour
	window := p.EchoWindow + p.EchoHold
	open := opened(t, p, at(0))
	both, _ := applyOne(p, open, fires("am1", at(0)).low(), at(0))
	one, _ := applyOne(p, both, resolves("am1", at(0), at(1)), at(1))
	held, outcome := applyOne(p, closing(t, p, at(0)), fires("am2", at(0)), at(5))
	require.Equal(t, EchoHeld, outcome)
	over := answerNext(t, p, closing(t, p, at(0)), at(0), Answer{Result: Done, Incident: Shown{ID: "1", Seen: true}})
	late, _ := applyOne(p, over, resolves("am2", at(0), at(0)), at(3590))
	for name, c := range map[string]struct {
		entry   Timed
		at      time.Time
		changes bool
		gone    bool
		members int
		firing  bool
	}{
		"nothing is due":                        {entry: open, at: at(60), members: 1, firing: true},
		"a hold goes on":                        {entry: held, at: at(5).Add(p.EchoHold - 1), members: 1},
		"a hold is over":                        {entry: held, at: at(5).Add(p.EchoHold), changes: true, members: 1, firing: true},
		"a resolved member may have an echo":    {entry: one, at: at(1).Add(window - 1), members: 2, firing: true},
		"a resolved member is forgotten":        {entry: one, at: at(1).Add(window), changes: true, members: 1, firing: true},
		"not while none fires":                  {entry: over, at: at(0).Add(window), members: 1},
		"a member is not stale":                 {entry: open, at: at(7199), members: 1, firing: true},
		"a stale member resolves":               {entry: open, at: at(7200), changes: true, members: 1},
		"retention":                             {entry: over, at: at(3599), members: 1},
		"retention is over":                     {entry: over, at: at(3600), gone: true},
		"an echo can still come":                {entry: late, at: at(3590).Add(window - 1), members: 1},
		"no echo can come any more":             {entry: late, at: at(3590).Add(window), gone: true},
		"an open incident stays forever":        {entry: closing(t, p, at(0)), at: at(1e6), members: 1},
		"so does a held member within its hold": {entry: held, at: at(100), members: 1},
	} {
		t.Run(name, func(t *testing.T) {
			n := p.Tick(c.entry, c.at)
			if c.gone {
				require.Nil(t, n.Entry)
				return
			}
			require.NotNil(t, n.Entry)
			assert.Equal(t, c.changes, n != c.entry)
			assert.Equal(t, c.members, n.Members.Len())
			assert.Equal(t, c.firing, n.Firing())
			if d := p.Decide(c.entry, want(c.entry), c.at); d.Call.Kind == NoCall && !c.changes {
				assert.True(t, d.Wake.IsZero() || d.Wake.After(c.at), "%v", d.Wake)
			}
		})
	}
}

// TestStaleIsNobodysEcho: after an alert has become stale, its next firing opens an incident at once.
func TestStaleIsNobodysEcho(t *testing.T) {
	p := testPolicy()
	p.StaleAfter = 2 * hour
	e := p.Tick(opened(t, p, at(0)), at(7200))
	require.False(t, e.Firing())
	assert.Equal(t, at(0), e.EndedAt(), "it ended when it was last seen")
	e, outcome := applyOne(p, e, fires("am1", at(0)), at(7201))
	assert.Equal(t, Fired, outcome)
	assert.True(t, e.Firing())
}

// TestAlertWithItsOwnEnd: an alert with its own StaleAfter ends by itself, whatever the policy's is, and a repeat prolongs it.
func TestAlertWithItsOwnEnd(t *testing.T) {
	p := testPolicy()
	short := fires("am1", at(0))
	short.StaleAfter = time.Minute
	e, _ := applyOne(p, Timed{}, short, at(0))
	e, _ = applyOne(p, e, fires("am1", at(0)).low(), at(0))
	assert.Equal(t, e, p.Tick(e, at(59)))
	assert.Equal(t, at(60), p.nextTimer(&e, at(0)))
	e, outcome := applyOne(p, e, short, at(30))
	require.Equal(t, Repeated, outcome)
	e = restart(t, p, e, at(40))
	assert.Equal(t, 2, p.Tick(e, at(89)).Members.Firing())
	assert.Equal(t, 1, p.Tick(e, at(90)).Members.Firing(), "the other has no end of its own")

	p.StaleAfter = time.Second
	assert.Equal(t, 1, p.Tick(e, at(89)).Members.Firing(), "its own comes first")
}

func TestEndedAt(t *testing.T) {
	p := testPolicy()
	e := with(opened(t, p, at(100)), func(n *Timed) { n.Incident.StartedAt = at(170) })
	assert.True(t, e.EndedAt().IsZero(), "nothing tells")
	e, _ = applyOne(p, e, resolves("am1", at(100), at(150)), at(200))
	assert.Equal(t, at(170), e.EndedAt(), "not before the incident's own start")
	e, _ = applyOne(p, e, resolves("am1", at(0), at(180)).low(), at(200))
	assert.Equal(t, at(180), e.EndedAt(), "the last of its alerts")
	e, _ = applyOne(p, e, resolves("am1", at(0), time.Time{}), at(300))
	assert.Equal(t, at(300), e.EndedAt(), "without an end, when the resolve came")
	e, _ = applyOne(p, e, resolves("am1", at(0), at(9000)), at(400))
	assert.Equal(t, at(400), e.EndedAt(), "not in the future")
	e, _ = applyOne(p, e, resolves("am1", at(450), at(9000)), at(420))
	assert.Equal(t, at(420), e.EndedAt(), "nor by the clock of the sender")
}

func TestStaleCountsFromTheStart(t *testing.T) {
	p := testPolicy()
	p.StaleAfter = 2 * hour
	e := opened(t, p, at(0))
	p.HeardSince = at(9000)
	assert.True(t, restart(t, p, e, at(9000)).Firing(), "nobody could be heard before")
	assert.True(t, p.Tick(e, at(9000+7199)).Firing())
	assert.False(t, p.Tick(e, at(9000+7200)).Firing())
}
