// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestForesee(t *testing.T) {
	p := testPolicy()
	delayed := testPolicy()
	delayed.ResolveDelay = hour / 2
	stale := testPolicy()
	stale.StaleAfter = 4 * hour
	fired, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	open, quiet := opened(t, p, at(0)), closing(t, p, at(0))
	held, outcome := applyOne(p, quiet, fires(am2, at(0)), at(1))
	assert.Equal(t, EchoHeld, outcome)
	heldAndClosed := answerNext(t, p, held, at(1), done("1", false))
	failed := answerNext(t, p, fired, at(0), Answer{Result: NotSent})
	doubtful := answerNext(t, p, fired, at(0), Answer{Result: Unanswered})
	for name, c := range map[string]struct {
		policy *Policy
		entry  Timed
		now    time.Time
		call   Kind
		at     time.Time
	}{
		"a create is due":                {entry: fired, now: at(0), call: Create},
		"a create failed":                {entry: failed, now: at(0), call: Create, at: at(1)},
		"a create had no answer":         {entry: doubtful, now: at(0), call: Lookup, at: at(1)},
		"all is well":                    {entry: open, now: at(0)},
		"all is well unless it is stale": {policy: stale, entry: open, now: at(0)},
		"a close is due":                 {entry: quiet, now: at(0), call: Close},
		"a close waits":                  {policy: delayed, entry: quiet, now: at(0), call: Close, at: at(0).Add(hour / 2)},
		"it is held":                     {entry: heldAndClosed, now: at(1), call: Create, at: at(1).Add(6 * minute)},
		"it is forgotten":                {entry: answerNext(t, p, quiet, at(1), done("1", false)), now: at(1), at: at(0).Add(hour)},
	} {
		t.Run(name, func(t *testing.T) {
			policy := p
			if c.policy != nil {
				policy = c.policy
			}
			call, at := policy.Foresee(c.entry, want(c.entry), c.now)
			assert.Equal(t, c.call.String(), call.Kind.String())
			assert.Equal(t, c.at, at)
		})
	}
}

// TestForeseeIsNotEarlierThanSlow: a slow alias waits longer than its backoff.
func TestForeseeIsNotEarlierThanSlow(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	now := at(0)
	for range SlowAfter {
		_, next := p.Foresee(e, want(e), now)
		if !next.IsZero() {
			now = next
		}
		e = answerNext(t, p, e, now, Answer{Result: NotSent})
	}
	call, next := p.Foresee(e, want(e), now)
	assert.Equal(t, Create, call.Kind)
	assert.Equal(t, now.Add(Slow), next)
	assert.Equal(t, next, p.Backoff.SlowUntil(&e.Timers))
	assert.True(t, e.RetryAt.Before(next))
}
