// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// TestLearn goes through the answers to writes.
func TestLearn(t *testing.T) { //nolint:funlen // one table of cases
	p := testPolicy()
	never := testPolicy()
	never.ReopenNever = true
	renew := testPolicy()
	renew.Renew = true
	now := at(100)
	fired, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	open, quiet := opened(t, p, at(0)), closing(t, p, at(0))
	doubtful := func(n *Timed) { n.Doubt = Doubt{Set: true, Creates: 1, Since: at(1)} }
	said, _ := applyOne(p, fired, fires(am1, at(0)).says("other"), at(0))
	other := *want(said)
	for name, c := range map[string]struct {
		policy   *Policy
		entry    Timed
		call     Call
		answer   Answer
		lesson   Lesson
		incident Incident
		doubt    Doubt
		check    func(Timed) bool
	}{
		"create, accepted": {
			entry: fired, call: Call{Kind: Create, Content: *want(fired)},
			answer: Answer{Result: Done, Incident: Shown{ID: "9", Number: 4, Seen: true, Open: true, StartedAt: at(7)}},
			lesson: Opened, incident: Incident{State: Open, ID: "9", Number: 4, StartedAt: at(7)}, doubt: Doubt{Finished: true},
			check: func(n Timed) bool { return n.Due(want(n)) == 0 && n.ConfirmedAt.Equal(now) },
		},
		"create, accepted: doubt stays": {
			entry: with(fired, doubtful), call: Call{Kind: Create}, answer: done("9", true),
			lesson: Opened, incident: Incident{State: Open, ID: "9"}, doubt: Doubt{Set: true, Creates: 1, Finished: true, Since: at(1)},
		},
		"create, accepted, but it updated a closed one": {
			entry: fired, call: Call{Kind: Create}, answer: done("9", false),
			lesson: Retrying, incident: Incident{State: Closed, ID: "9"}, doubt: Doubt{Finished: true},
			check: func(n Timed) bool { return p.Decide(n, want(n), now).Call == Call{Kind: Reopen, ID: "9"} },
		},
		"create, accepted, but it updated a closed one again": {
			entry: with(fired, func(n *Timed) { n.Reopened = true }), call: Call{Kind: Create}, answer: done("9", false),
			lesson: ParkedIt, incident: Incident{State: Closed, ID: "9"}, doubt: Doubt{Finished: true},
			check: func(n Timed) bool { return n.Dismissed && p.Decide(n, want(n), now).Call.Kind == NoCall },
		},
		"create, accepted for one that is over": {
			entry: with(quiet, func(n *Timed) { n.Incident = Incident{} }), call: Call{Kind: Create}, answer: done("9", false),
			lesson: FoundClosed, incident: Incident{State: Closed, ID: "9"}, doubt: Doubt{Finished: true},
		},
		"create, unanswered": {
			entry: fired, call: Call{Kind: Create}, answer: Answer{Result: Unanswered},
			lesson: Doubting, doubt: Doubt{Set: true, Creates: 1, Since: now},
		},
		"create, unanswered again": {
			entry: with(fired, doubtful), call: Call{Kind: Create}, answer: Answer{Result: Unanswered},
			lesson: Doubting, doubt: Doubt{Set: true, Creates: 2, Since: at(1)},
			check: func(n Timed) bool { return n.SettleAt.Equal(now.Add(p.SettleTime)) },
		},
		"create, refused": {
			entry: fired, call: Call{Kind: Create, Content: *want(fired)}, answer: Answer{Result: Refused},
			lesson: Retrying, check: func(n Timed) bool { return p.Decide(n, want(n), now).Call.Short },
		},
		"create, refused small": {
			entry: fired, call: Call{Kind: Create, Content: *want(fired), Short: true}, answer: Answer{Result: Refused},
			lesson: ParkedIt, check: func(n Timed) bool { return n.Parked() },
		},
		"create, denied": {
			entry: fired, call: Call{Kind: Create}, answer: Answer{Result: Denied},
			lesson: Retrying, check: func(n Timed) bool { return p.Decide(n, want(n), now).Wake.Equal(now.Add(minute)) },
		},
		"create, not sent": {
			entry: fired, call: Call{Kind: Create}, answer: Answer{Result: NotSent},
			lesson: Retrying, check: func(n Timed) bool { return p.Decide(n, want(n), now).Wake.Equal(now.Add(time.Second)) },
		},
		"create, turned away by a pause": {
			entry: with(fired, func(n *Timed) { n.Tries = 1 }), call: Call{Kind: Create}, answer: Answer{Result: NotSent, TurnedAway: true},
			lesson: Nothing, check: func(n Timed) bool {
				return n.Tries == 1 && n.Attempts == 0 && p.Decide(n, want(n), now).Call.Kind == Create
			},
		},
		"create, turned away by a pause after many tries": {
			entry: with(fired, func(n *Timed) { n.Tries, n.LastTry = SlowAfter, now.Add(-Slow) }), call: Call{Kind: Create},
			answer: Answer{Result: NotSent, TurnedAway: true},
			lesson: Nothing, check: func(n Timed) bool { return p.Decide(n, want(n), now).Call.Kind == Create },
		},
		"create, asked to wait": {
			entry: fired, call: Call{Kind: Create}, answer: Answer{Result: NotSent, RetryAfter: 2 * minute},
			lesson: Retrying, check: func(n Timed) bool { return p.Decide(n, want(n), now).Wake.Equal(now.Add(2 * minute)) },
		},
		"close of before the alert fired again, turned away by a pause": {
			entry: with(open, func(n *Timed) { n.Doubt = Doubt{Set: true, Closing: "1", Since: at(1)} }),
			call:  Call{Kind: Close, ID: "1", Finish: true}, answer: Answer{Result: NotSent, TurnedAway: true},
			lesson: Nothing, incident: open.Incident, doubt: Doubt{Set: true, Closing: "1", Since: at(1)},
			check: func(n Timed) bool { return p.Decide(n, want(n), now).Call.Finish },
		},
		"reopen, accepted": {
			entry: with(fired, func(n *Timed) { n.Incident, n.Reopening = Incident{State: Closed, ID: "9"}, "9" }),
			call:  Call{Kind: Reopen, ID: "9"}, answer: done("9", true),
			lesson: Opened, incident: Incident{State: Open, ID: "9"},
			check: func(n Timed) bool { return n.Reopened && p.Decide(n, want(n), now).Call.Kind == Update },
		},
		"reopen, but it stays closed": {
			entry: with(fired, func(n *Timed) { n.Incident, n.Reopening = Incident{State: Closed, ID: "9"}, "9" }),
			call:  Call{Kind: Reopen, ID: "9"}, answer: done("9", false),
			lesson: ParkedIt, incident: Incident{State: Closed, ID: "9"}, check: func(n Timed) bool { return n.Dismissed },
		},
		"reopen, refused": {
			entry: with(fired, func(n *Timed) { n.Incident, n.Reopening = Incident{State: Closed, ID: "9"}, "9" }),
			call:  Call{Kind: Reopen, ID: "9"}, answer: Answer{Result: Refused},
			lesson: ParkedIt, incident: Incident{State: Closed, ID: "9"}, check: func(n Timed) bool { return n.Dismissed },
		},
		"reopen, unanswered": {
			entry: with(fired, func(n *Timed) { n.Incident, n.Reopening = Incident{State: Closed, ID: "9"}, "9" }),
			call:  Call{Kind: Reopen, ID: "9"}, answer: Answer{Result: Unanswered},
			lesson: Doubting, incident: Incident{State: Closed, ID: "9"}, doubt: Doubt{Set: true, Creates: 1, Since: now},
		},
		"update, accepted": {
			entry: open, call: Call{Kind: Update, ID: "1", Content: other}, answer: done("1", true),
			lesson: Updated, incident: open.Incident, doubt: open.Doubt, check: func(n Timed) bool { return n.Written.News == other.News },
		},
		"update, accepted, but a person closed it": {
			entry: open, call: Call{Kind: Update, ID: "1"}, answer: done("1", false),
			lesson: FoundClosed, incident: Incident{State: Closed, ID: "1", StartedAt: at(0)}, doubt: open.Doubt,
			check: func(n Timed) bool { return p.Decide(n, want(n), now).Call.Kind == Create },
		},
		"update, accepted, but a person closed it for good": {
			policy: never, entry: open, call: Call{Kind: Update, ID: "1"}, answer: done("1", false),
			lesson: FoundClosed, incident: Incident{State: Closed, ID: "1", StartedAt: at(0)}, doubt: open.Doubt,
			check: func(n Timed) bool { return n.Dismissed },
		},
		"update, gone": {
			entry: open, call: Call{Kind: Update, ID: "1"}, answer: Answer{Result: Gone}, lesson: Retrying, incident: open.Incident, doubt: open.Doubt,
			check: func(n Timed) bool { return p.Decide(n, want(n), now.Add(firstLook)).Call.Kind == Lookup },
		},
		"update, refused": {
			entry: with(open, func(n *Timed) { n.Written = Written{} }), call: Call{Kind: Update, ID: "1", Content: *want(open)}, answer: Answer{Result: Refused},
			lesson: ParkedIt, incident: open.Incident, doubt: open.Doubt, check: func(n Timed) bool { return n.Parked() },
		},
		"update, unanswered": {
			entry: open, call: Call{Kind: Update, ID: "1", Content: other}, answer: Answer{Result: Unanswered},
			lesson: Doubting, incident: open.Incident, doubt: Doubt{Set: true, Finished: true, Since: now},
			check: func(n Timed) bool { return n.Written.News != other.News },
		},
		"close, accepted": {
			entry: quiet, call: Call{Kind: Close, ID: "1"}, answer: done("1", false),
			lesson: ClosedIt, incident: Incident{State: Closed, ID: "1", StartedAt: at(0)},
		},
		"close, gone": {
			entry: quiet, call: Call{Kind: Close, ID: "1"}, answer: Answer{Result: Gone},
			lesson: ClosedIt, incident: Incident{State: Closed, ID: "1", StartedAt: at(0)}, check: func(n Timed) bool {
				return p.Decide(n, want(n), now.Add(firstLook)).Call.Kind == Lookup // perhaps the API does not have it yet
			},
		},
		"close of an extra, accepted": {
			entry: with(open, func(n *Timed) { n.Extra = []string{"7", "8"} }), call: Call{Kind: Close, ID: "7"}, answer: done("7", false),
			lesson: ClosedIt, incident: open.Incident, doubt: open.Doubt,
			check: func(n Timed) bool { return len(n.Extra) == 1 && n.Extra[0] == "8" },
		},
		"close, accepted, but it fires again": {
			entry: open, call: Call{Kind: Close, ID: "1", Finish: true}, answer: done("1", false),
			lesson: ClosedIt, incident: Incident{State: Closed, ID: "1", StartedAt: at(0)}, doubt: Doubt{Finished: true},
			check: func(n Timed) bool { return p.Decide(n, want(n), now).Call.Kind == Create },
		},
		"close, refused": {
			entry: quiet, call: Call{Kind: Close, ID: "1"}, answer: Answer{Result: Refused},
			lesson: Retrying, incident: quiet.Incident, check: func(n Timed) bool {
				return p.Decide(n, want(n), now).Call.Kind == Lookup && n.Bare
			},
		},
		"close, refused without resolved_at": {
			entry: with(quiet, func(n *Timed) { n.Bare = true }), call: Call{Kind: Close, ID: "1", Bare: true}, answer: Answer{Result: Refused},
			lesson: Retrying, incident: quiet.Incident, check: func(n Timed) bool {
				return p.Decide(n, want(n), now).Call.Kind == Lookup && n.RetryAt.Equal(now.Add(minute))
			},
		},
		"close, but it is open": {
			entry: quiet, call: Call{Kind: Close, ID: "1"}, answer: done("1", true),
			lesson: StillOpen, incident: quiet.Incident, check: func(n Timed) bool { return n.MustLook },
		},
		"close of an extra, but it is open": {
			entry: with(open, func(n *Timed) { n.Extra = []string{"7"} }), call: Call{Kind: Close, ID: "7"}, answer: done("7", true),
			lesson: StillOpen, incident: open.Incident, doubt: open.Doubt, check: func(n Timed) bool {
				d := p.Decide(n, want(n), now)
				later := p.Decide(n, want(n), now.Add(time.Second))
				return n.Extra[0] == "7" && d.Call.Kind == NoCall && d.Wake.Equal(now.Add(time.Second)) && later.Call == Call{Kind: Close, ID: "7"}
			},
		},
		"close of a renewal, but it is open": {
			policy: renew, entry: with(open, func(n *Timed) { n.Written.Peak = incident.Low }),
			call: Call{Kind: Close, ID: "1", Renew: true}, answer: done("1", true),
			lesson: StillOpen, incident: open.Incident, check: func(n Timed) bool {
				urgent := *want(n)
				urgent.News[incident.FieldSeverity]++ // it has risen
				d := renew.Decide(n, &urgent, now.Add(time.Minute))
				return d.Call.Kind == Update && n.Renewed == incident.Critical
			},
		},
		"close, without a body": {
			entry: quiet, call: Call{Kind: Close, ID: "1"}, answer: Answer{Result: Done, Incident: Shown{ID: "1"}},
			lesson: ClosedIt, incident: Incident{State: Closed, ID: "1", StartedAt: at(0)}, check: func(n Timed) bool { return n.Unseen && !n.Over() },
		},
		"create, another tool's": {
			entry: fired, call: Call{Kind: Create}, answer: Answer{Result: Foreign, Incident: Shown{ID: "8", Seen: true, Open: true}},
			lesson: Blocked, check: func(n Timed) bool { return n.Foreign == "8" && p.Decide(n, want(n), now).Call.Kind == NoCall },
		},
		"reopen, without a body": {
			entry: with(fired, func(n *Timed) { n.Incident, n.Reopening = Incident{State: Closed, ID: "9", Number: 4}, "9" }),
			call:  Call{Kind: Reopen, ID: "9"}, answer: Answer{Result: Done, Incident: Shown{ID: "9"}},
			lesson: Opened, incident: Incident{State: Open, ID: "9", Number: 4}, check: func(n Timed) bool { return n.Unseen },
		},
		"create, asked to wait for an hour": {
			entry: fired, call: Call{Kind: Create}, answer: Answer{Result: NotSent, RetryAfter: hour},
			lesson: Retrying, check: func(n Timed) bool { return p.Decide(n, want(n), now).Wake.Equal(now.Add(Slow)) },
		},
		"close, unanswered": {
			entry: quiet, call: Call{Kind: Close, ID: "1"}, answer: Answer{Result: Unanswered},
			lesson: Doubting, incident: quiet.Incident, doubt: Doubt{Set: true, Closing: "1", Since: now},
		},
	} {
		t.Run(name, func(t *testing.T) {
			policy := p
			if c.policy != nil {
				policy = c.policy
			}
			if c.answer.Sent = c.call.Content; c.call.Kind == Update && c.answer.Result == Done {
				c.answer.Wrote = Full.Fields()
			}
			begun := policy.Begin(c.entry, c.call, now)
			assert.Equal(t, c.call.Kind, begun.Inflight().Kind)
			assert.Equal(t, now, begun.Inflight().At)
			n, lesson := policy.Learn(begun, begun.Inflight(), c.answer, now)
			assert.Equal(t, c.lesson.String(), lesson.String())
			assert.Equal(t, c.incident, n.Incident)
			assert.Equal(t, c.doubt, n.Doubt)
			assert.Equal(t, Call{}, n.Inflight())
			assert.Greater(t, n.Version, c.entry.Version, "a lookup from before is stale")
			if c.check != nil {
				assert.True(t, c.check(n), "%+v", n)
			}
		})
	}
}

func TestLearnsOnTheCurrentEntry(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	call := p.Decide(e, want(e), at(0)).Call
	e = p.Begin(e, call, at(0))
	e, outcome := applyOne(p, e, resolves("am1", at(0), at(1)), at(1))
	assert.Equal(t, Resolved, outcome)
	e, _ = p.Learn(e, call, done("1", true), at(2))
	assert.Equal(t, Close, p.Decide(e, want(e), at(2)).Call.Kind)
}

// TestBackoff: failures of one direction back off; a success or the end of the episode resets the backoff.
func TestBackoff(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires("am1", at(0)), at(0))
	now := at(0)
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		e = answerNext(t, p, e, now, Answer{Result: NotSent})
		d := p.Decide(e, want(e), now)
		assert.Equal(t, time.Duration(seconds)*time.Second, d.Wake.Sub(now))
		now = d.Wake
	}
	e = answerNext(t, p, e, now, done("1", true))
	e, _ = applyOne(p, e, fires("am1", at(0)).low(), now)
	e = answerNext(t, p, e, now, Answer{Result: NotSent})
	assert.Equal(t, time.Second, p.Decide(e, want(e), now).Wake.Sub(now), "after a success")
	e = answerNext(t, p, e, now.Add(minute), Answer{Result: NotSent})
	e, _ = applyOne(p, e, resolves("am1", at(0), now), now.Add(minute))
	e, _ = applyOne(p, e, resolves("am1", at(0), now).low(), now.Add(minute))
	assert.Equal(t, Close, p.Decide(e, want(e), now.Add(minute)).Call.Kind, "a close does not wait for an update")
}

func TestBackoffJitter(t *testing.T) {
	b := Backoff{Initial: time.Second, Max: minute, Multiplier: 2, RandomizationFactor: 0.5}
	seen := map[time.Duration]bool{}
	for _, alias := range []string{"a", "b", "c", "d"} {
		d := b.delay(alias, 3, minute)
		assert.InDelta(t, 4*time.Second, d, float64(2*time.Second))
		assert.Equal(t, d, b.delay(alias, 3, minute), "no chance in it")
		seen[d] = true
	}
	assert.Greater(t, len(seen), 1, "aliases spread")
	assert.LessOrEqual(t, b.delay("a", 10000, minute), minute*3/2)
	assert.Positive(t, Backoff{Initial: time.Second, Max: minute}.delay("a", 5, minute), "no multiplier")
}
