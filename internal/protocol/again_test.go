// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFiresAgainBeforeTheClose: the alert fires again, and its incident has not been closed although it should have been. A person may have
// closed it, or a close that was refused. So a lookup is due at once, whatever happened before.
func TestFiresAgainBeforeTheClose(t *testing.T) {
	for name, c := range map[string]struct {
		policy func(*Policy)
		before func(*Timed)
		want   Kind
	}{
		"the close waits":             {want: Lookup},
		"the close was refused":       {before: func(n *Timed) { n.Bare, n.Attempts, n.RetryAt = true, 1, at(100) }, want: Lookup},
		"a lookup is under way":       {before: func(n *Timed) { n.MustLook, n.Looking = true, true }, want: Lookup},
		"lookups failed":              {before: func(n *Timed) { n.MustLook, n.FailedLooks, n.LookAt = true, 9, at(100) }, want: Lookup},
		"a close was not answered":    {before: func(n *Timed) { n.Doubt = Doubt{Set: true, Closing: "1"} }, want: Close},
		"the close was not yet due":   {policy: func(p *Policy) { p.ResolveDelay = minute }, want: NoCall},
		"the close is due":            {policy: func(p *Policy) { p.ResolveDelay = 10 * time.Second }, want: Lookup},
		"it was left to a person":     {before: func(n *Timed) { n.Left = true }, want: Lookup},
		"it was left, and is delayed": {policy: func(p *Policy) { p.ResolveDelay = minute }, before: func(n *Timed) { n.Left = true }, want: Lookup},
	} {
		t.Run(name, func(t *testing.T) {
			p := testPolicy()
			if c.policy != nil {
				c.policy(p)
			}
			e, _ := applyOne(p, opened(t, p, at(0)), resolves(am1, at(0), at(1)), at(1))
			if c.before != nil {
				e = with(e, c.before)
			}
			e, _ = applyOne(p, e, fires(am1, at(0)), at(20))
			assert.Equal(t, c.want, p.Decide(e, want(e), at(20)).Call.Kind)
			assert.Equal(t, c.want != NoCall, e.PageWaits())
			assert.Zero(t, e.FailedLooks, "failures of the last episode do not count")
			if c.want == Lookup {
				loaded := p.Load(e.Entry, at(21))
				assert.Equal(t, Lookup, p.Decide(loaded, want(e), at(21)).Call.Kind, "a restart does not forget it")
				assert.True(t, loaded.PageWaits())
			}
		})
	}
}

// TestAPersonsCloseBeforeTheEpisode does not keep the incident of this episode closed.
func TestAPersonsCloseBeforeTheEpisode(t *testing.T) {
	p := testPolicy()
	p.ReopenNever = true
	closed := Shown{ID: "1", Seen: true}
	for name, answer := range map[Kind]Answer{
		Lookup: {Result: Done, Found: []Shown{closed}, Began: at(20)},
		Update: {Result: Done, Before: closed},
	} {
		t.Run(name.String(), func(t *testing.T) {
			e, _ := applyOne(p, opened(t, p, at(0)), resolves(am1, at(0), at(1)), at(1))
			e, _ = applyOne(p, e, fires(am1, at(0)).says("other"), at(20))
			if name == Update {
				e = p.Begin(e, p.Decide(e, want(e), at(20)).Call, at(20)) // the lookup is under way
			}
			require.Equal(t, name, p.Decide(e, want(e), at(20)).Call.Kind)
			e = answerNext(t, p, e, at(20), answer)
			assert.False(t, e.Dismissed)
			require.Equal(t, Create, p.Decide(e, want(e), at(20)).Call.Kind)
			e = answerNext(t, p, e, at(20), done("2", true))
			e = with(e, func(n *Timed) { n.verify(at(21)) })
			e = answerNext(t, p, e, at(21), Answer{Result: Done, Found: []Shown{{ID: "2", Seen: true}}, Began: at(21)})
			assert.True(t, e.Dismissed, "this one was closed within the episode")
		})
	}
}

// TestMissingDoesNotWaitForARefresh: the audit does not see the incident while a lookup waits for its turn, because a repeat came.
func TestMissingDoesNotWaitForARefresh(t *testing.T) {
	p := testPolicy()
	now := at(0).Add(p.Refresh)
	e, outcome := applyOne(p, opened(t, p, at(0)), fires(am1, at(0)), now)
	require.Equal(t, RefreshDue, outcome)
	c := p.Decide(e, want(e), now).Call
	require.Equal(t, Lookup, c.Kind)
	assert.False(t, e.PageWaits(), "nothing suggests that it is closed")
	e = p.Begin(e, c, now)
	require.Equal(t, NoCall, p.Decide(e, want(e), now).Call.Kind)
	e = p.Missing(e, now)
	assert.True(t, e.PageWaits())
	assert.Equal(t, Lookup, p.Decide(e, want(e), now).Call.Kind)
}

// TestALookupThatIsTurnedAway shows nothing. If it is still due, it is decided on anew.
func TestALookupThatIsTurnedAway(t *testing.T) {
	p := testPolicy()
	e := with(opened(t, p, at(0)), func(n *Timed) { n.Verify, n.Missed, n.FailedLooks = true, true, 2 })
	c := p.Decide(e, want(e), at(0)).Call
	n, lesson := p.Learn(p.Begin(e, c, at(0)), c, Answer{TurnedAway: true}, at(1))
	assert.Equal(t, Nothing, lesson)
	n.Tries = e.Tries
	assert.Equal(t, e.Timers, n.Timers)
	assert.Equal(t, *e.Entry, *n.Entry)
}
