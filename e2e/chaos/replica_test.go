// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// The timers of the two Alertmanagers, as short as the test needs.
const (
	groupInterval = 400 * time.Millisecond
	peerTimeout   = 600 * time.Millisecond // how long the second waits for the first to send
	gossip        = 200 * time.Millisecond // until one knows what the other sent
	flushTimeout  = 3 * time.Second        // how long a refused webhook is sent again, unchanged
	retryPause    = 100 * time.Millisecond
	longestStall  = 2 * time.Second
)

// After leavesAfter, a replica rarely mentions a problem that was left alone. After forgottenAfter, it no longer mentions a
// resolved one: a webhook long after the collector forgot the alias is a world of its own.
const (
	leavesAfter    = echoWindow + echoHold + 3*time.Second
	forgottenAfter = 4 * leavesAfter
)

// replica is one of the two Alertmanagers for one group: a model of its dispatcher and of its stages for
// waiting, deduplication and retries.
//
// It differs from the original in one way: it sends each state until that is acknowledged. A real Alertmanager that got no answer
// forgets a firing that ends before the next flush. If its resolve was acknowledged but came too late, it may not send the next one.
// Then an incident stays open, and no receiver can know that its alert ended.
type replica struct {
	number int
	family *family
	group  *group
	wire   line
	counts *counts
	random *rand.Rand
	late   func(func()) // runs a webhook's late end in the background
}

// run flushes until ctx ends.
func (r *replica) run(ctx context.Context) {
	for r.pause(ctx, groupInterval/2, 3*groupInterval/2) {
		group, says := r.snapshot(true, false)
		if r.number > 0 && !r.pause(ctx, 0, 2*peerTimeout) {
			return
		}
		// The replica sends what it saw before the wait. This is how echoes arise.
		if len(group) > 0 && (r.owes(group, says) || r.random.IntN(40) == 0) {
			r.deliver(ctx, group, says)
		}
	}
}

// settle sends what it owes, or all firing alerts, and reports whether nothing is left.
func (r *replica) settle(ctx context.Context, all bool) bool {
	group, says := r.snapshot(false, all)
	if len(group) == 0 || !all && !r.owes(group, says) {
		return true
	}
	r.family.wire.Lock()
	defer r.family.wire.Unlock()
	return r.send(ctx, group, says, direct) == taken
}

// snapshot returns the state of the group: alerts whose news may not have arrived, firing alerts, and some resolved ones. With all,
// it has every firing alert.
func (r *replica) snapshot(repeats, all bool) ([]*alert, []saying) {
	r.family.mu.Lock()
	defer r.family.mu.Unlock()
	var (
		group []*alert
		says  []saying
	)
	now := time.Now()
	r.group.alerts = slices.DeleteFunc(r.group.alerts, func(a *alert) bool { return a.forgotten(now) })
	for _, a := range r.group.alerts {
		state := a.now()
		owed := !r.view(a).covers(&state) || all && state.Firing
		if a.startsAt.IsZero() || !owed && (!repeats || !r.repeats(a, now)) {
			continue
		}
		if !state.Firing {
			state.EndsAt = state.EndsAt.Add(time.Duration(r.number) * 20 * time.Millisecond) // each has its own end
		}
		group, says = append(group, a), append(says, state)
	}
	return group, says
}

// repeats reports whether a webhook mentions an alert without news.
func (r *replica) repeats(a *alert, now time.Time) bool {
	switch left := a.problem.leftAt; {
	case !left.IsZero() && now.Sub(left) > leavesAfter:
		return r.random.IntN(25) == 0
	case a.firing:
		return true
	default:
		return r.random.IntN(5) == 0
	}
}

// forgotten reports whether no replica will mention the alert again.
func (a *alert) forgotten(now time.Time) bool {
	return !a.firing && !a.problem.leftAt.IsZero() && a.said.Sure && !a.said.Firing &&
		now.Sub(a.ends) > forgottenAfter && now.Sub(a.problem.leftAt) > forgottenAfter
}

// view is the last word about an alert that the replica knows.
func (r *replica) view(a *alert) *saying {
	if time.Now().Before(a.heardAt) {
		return &a.before
	}
	return &a.said
}

// owes reports whether an alert has changed since the last notification that the replica knows of.
func (r *replica) owes(group []*alert, says []saying) bool {
	r.family.mu.Lock()
	defer r.family.mu.Unlock()
	for i, a := range group {
		if !r.view(a).covers(&says[i]) {
			return true
		}
	}
	return false
}

// deliver sends until the webhook is acknowledged or the flush has taken too long.
func (r *replica) deliver(ctx context.Context, group []*alert, says []saying) {
	deadline := time.Now().Add(flushTimeout)
	for pause := retryPause; ; pause = pause * 3 / 2 {
		if r.attempt(ctx, group, says) == taken || time.Now().After(deadline) || !r.pause(ctx, pause, 2*pause) {
			return
		}
	}
}

// attempt sends once. Sometimes the network interferes.
func (r *replica) attempt(ctx context.Context, group []*alert, says []saying) fate {
	r.family.wire.Lock()
	defer r.family.wire.Unlock()
	if ctx.Err() != nil {
		return notTaken
	}
	// A request is not cut off at the end of the chaos, because its fate must be known.
	ctx = context.WithoutCancel(ctx)
	switch r.random.IntN(20) {
	case 0:
		r.send(ctx, group, says, sentTwice)
		return r.send(ctx, group, says, secondCopy)
	case 1:
		// The collector accepts it, but the sender gets no answer.
		r.send(ctx, group, says, answerLost)
		r.said(group, says, maybe)
		return maybe
	case 2:
		m := r.message(group, says, cutOff)
		m.answer = r.wire.cut(ctx, m)
		r.keep(m)
		return notTaken
	case 3:
		return r.stall(ctx, group, says)
	default:
		return r.send(ctx, group, says, direct)
	}
}

// send posts a webhook, records it and remembers what was said. The caller holds the wire.
func (r *replica) send(ctx context.Context, group []*alert, says []saying, how disruption) fate {
	m := r.message(group, says, how)
	m.fate, m.answer = r.wire.post(ctx, m)
	r.keep(m)
	r.said(group, says, m.fate)
	return m.fate
}

// stall sends headers now and the body after later webhooks may have passed. The caller holds the wire.
func (r *replica) stall(ctx context.Context, group []*alert, says []saying) fate {
	m := r.message(group, says, stalled)
	release, answer := r.wire.stall(ctx, m)
	if release == nil {
		m.answer = answer
		r.keep(m)
		return notTaken
	}
	r.said(group, says, maybe)
	wait := r.between(0, longestStall)
	r.late(func() {
		sleep.For(ctx, wait)
		r.family.wire.Lock()
		defer r.family.wire.Unlock()
		m.from = time.Now()
		m.fate, m.answer = release()
		r.keep(m)
	})
	return maybe
}

func (r *replica) message(group []*alert, says []saying, how disruption) *message {
	r.counts.webhook(how)
	return &message{
		arrival: r.counts.nextArrival(), family: r.family.name, replica: r.number, group: group, says: says,
		from: time.Now(), disruption: how,
	}
}

// keep records a message when its fate is known. The caller holds the wire.
func (r *replica) keep(m *message) {
	m.to = time.Now()
	r.counts.answer(m.fate)
	for i := 0; i < len(m.group); {
		p, end := m.group[i].problem, i+1
		for end < len(m.group) && m.group[end].problem == p {
			end++
		}
		p.record.add(m, i, end, &r.counts.texts)
		i = end
	}
}

// said notes what both replicas will know.
func (r *replica) said(group []*alert, says []saying, f fate) {
	if f == notTaken {
		return
	}
	r.family.mu.Lock()
	defer r.family.mu.Unlock()
	for i, a := range group {
		a.before, a.heardAt = *r.view(a), time.Now().Add(r.between(0, 2*gossip))
		a.said = says[i]
		a.said.Sure = f == taken
	}
}

func (r *replica) between(low, high time.Duration) time.Duration {
	return low + time.Duration(r.random.Int64N(int64(high-low)))
}

// pause waits for a time between low and high; it returns false when ctx ends.
func (r *replica) pause(ctx context.Context, low, high time.Duration) bool {
	return sleep.For(ctx, r.between(low, high))
}
