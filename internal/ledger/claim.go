// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Peek returns what the alias needs now. It changes nothing.
func (l *Ledger) Peek(alias string) protocol.Decision {
	d, _ := l.Prepare(alias)
	return d
}

// Prepare is Peek. It also returns the rendered content of the incident if the next call needs it.
func (l *Ledger) Prepare(alias string) (d protocol.Decision, content *incident.Content) {
	now := l.now()
	s := l.store.get(alias)
	if s.entry == nil {
		return protocol.Decision{}, nil
	}
	t := l.policy.Tick(s.timed(), now)
	if t.Entry == nil {
		return protocol.Decision{Wake: now}, nil // it expires: claim it
	}
	d = l.policy.Decide(t, s.view.of(t.Entry), now)
	if d.Render {
		rendered, v := l.render(t.Entry)
		content = &rendered
		d = l.policy.Decide(t, &v.want, now)
		l.store.remember(s.entry, v, d.Call.Kind != protocol.NoCall, protocol.Pending(t.Entry, &v.want), now)
	}
	if t.Entry != s.entry && d.Call.Kind == protocol.NoCall {
		d.Wake = now // time has changed the entry: claim it
	}
	return d, content
}

// Foresee returns the next call of the alias, and when it may begin, provided that nothing changes but the time. Without a call, the
// time is the expiry of the entry.
func (l *Ledger) Foresee(alias string) (protocol.Call, time.Time) {
	s := l.store.get(alias)
	if s.entry == nil {
		return protocol.Call{}, time.Time{}
	}
	want := s.view.of(s.entry)
	if want == nil && s.entry.Firing() {
		_, v := l.render(s.entry)
		want = &v.want
	}
	return l.policy.Foresee(s.timed(), want, l.now())
}

const (
	// maxRenders bounds how often one claim renders again because the alerts changed.
	maxRenders = 3
	// renderPause is how long an alias then rests if its alerts change faster than they can be rendered.
	renderPause = 100 * time.Millisecond
)

// Claim returns the next call of the alias with its entry, once the write-ahead is on disk. Without a call, it returns when to ask
// again. The caller gives each answer to Learn.
func (l *Ledger) Claim(ctx context.Context, alias string) (*protocol.Entry, protocol.Decision, error) {
	for range maxRenders {
		e, d, err := l.claim(ctx, alias)
		if err != nil || !d.Render {
			return e, d, err
		}
		if d = l.Peek(alias); d.Call.Kind == protocol.NoCall {
			return nil, d, nil
		}
	}
	return nil, protocol.Decision{Wake: l.now().Add(renderPause)}, nil
}

func (l *Ledger) claim(ctx context.Context, alias string) (claimed *protocol.Entry, d protocol.Decision, err error) {
	m := mutation{alias: alias, makesRoom: true, do: func(s slot, _ usage) (slot, bool) {
		claimed, d = nil, protocol.Decision{}
		if s.entry == nil {
			return s, false
		}
		var durable bool
		s, d, durable = l.next(s, l.now())
		claimed = s.entry
		return s, durable
	}}
	if err := l.store.amend(ctx, m); err != nil {
		return nil, protocol.Decision{}, err
	}
	return claimed, d, nil
}

// next decides on the next call of an entry, and begins it.
func (l *Ledger) next(s slot, now time.Time) (n slot, d protocol.Decision, durable bool) {
	e := l.policy.Tick(s.timed(), now)
	if e.Entry == nil {
		return slot{}, protocol.Decision{}, true
	}
	durable = e.Entry != s.entry
	e, armed := protocol.Disarm(e) // decide anew about a call that has not left
	d = l.policy.Decide(e, s.view.of(e.Entry), now)
	switch c := &d.Call; {
	case d.Render:
		return s, d, false // change nothing before the content is known
	case armed.Kind != protocol.NoCall && c.Kind == armed.Kind && c.Content == armed.Content && l.fresh(armed, now):
		c.At = armed.At
		e = l.policy.Rearm(e, *c, now) // already on disk
	case c.Kind == protocol.NoCall:
	case c.Kind == protocol.Lookup:
		e = l.policy.Begin(e, *c, now)
	default:
		e, durable = l.policy.Begin(e, *c, now), true
		c.At = now
	}
	s.set(e)
	s.mark(now, false)
	return s, d, durable
}

// fresh reports whether the request of an armed call may still leave.
func (l *Ledger) fresh(armed protocol.Call, now time.Time) bool {
	return l.cfg.Fresh == 0 || now.Sub(armed.At) < l.cfg.Fresh
}

// Learn commits what the answers taught.
func (l *Ledger) Learn(ctx context.Context, answers []*protocol.Answered) error {
	now := l.now()
	mutations := make([]mutation, len(answers))
	for i, a := range answers {
		mutations[i] = mutation{alias: a.Alias, makesRoom: true, do: func(s slot, _ usage) (slot, bool) {
			if s.entry == nil {
				return s, false
			}
			since := s.since
			a.Timed, a.Lesson = l.policy.Learn(s.timed(), a.Call, a.Answer, now)
			s.set(a.Timed)
			a.Rests, a.Wake = l.rests(&s, now)
			s.mark(now, true)
			if a.Waited = 0; s.since.IsZero() && !since.IsZero() {
				a.Waited = now.Sub(since)
			}
			return s, true
		}}
	}
	return l.store.updatePatiently(ctx, mutations...)
}

// rests reports whether the entry needs nothing before wake, whatever other calls show. Right after a call its content is usually
// known, so most entries need no rendering here.
func (l *Ledger) rests(s *slot, now time.Time) (rests bool, wake time.Time) {
	e := s.timed()
	if l.policy.Tick(e, now) != e {
		return false, time.Time{}
	}
	d := l.policy.Decide(e, s.view.of(e.Entry), now)
	return d.Call.Kind == protocol.NoCall && !d.Render && !d.Slow, d.Wake
}

// Hurry applies Policy.Hurry to the alias, in memory, and reports whether the alias is in a hurry now.
func (l *Ledger) Hurry(ctx context.Context, alias string, since time.Time) (hurried bool, err error) {
	m := mutation{alias: alias, makesRoom: true, do: func(s slot, _ usage) (slot, bool) {
		n := l.policy.Hurry(s.timed(), since, l.now())
		if hurried = n.Entry != s.entry; hurried {
			s.set(n)
		}
		return s, false
	}}
	err = l.store.amend(ctx, m)
	return hurried && err == nil, err
}

// Suspect applies Policy.Suspect to the alias, durably, and reports whether the alias is in doubt now.
func (l *Ledger) Suspect(ctx context.Context, alias, id string, created time.Time) (bool, error) {
	return l.change(ctx, alias, func(e protocol.Timed) protocol.Timed { return l.policy.Suspect(e, id, created, l.now()) })
}

// Missing applies Policy.Missing to the alias, durably, and reports whether the entry changed.
func (l *Ledger) Missing(ctx context.Context, alias string) (bool, error) {
	return l.change(ctx, alias, func(e protocol.Timed) protocol.Timed { return l.policy.Missing(e, l.now()) })
}

func (l *Ledger) change(ctx context.Context, alias string, do func(e protocol.Timed) protocol.Timed) (changed bool, err error) {
	err = l.store.update(ctx, mutation{alias: alias, makesRoom: true, do: func(s slot, _ usage) (slot, bool) {
		changed = false
		if s.entry == nil {
			return s, false
		}
		n := do(s.timed())
		if changed = n.Entry != s.entry; changed {
			s.set(n)
			s.mark(l.now(), false)
		}
		return s, changed
	}})
	return changed, err
}

// Expected returns, by alias, the incident ids that the list of open incidents should contain.
func (l *Ledger) Expected() map[string]string {
	ids := map[string]string{}
	l.store.all(func(s *slot) {
		if id := s.entry.OpenID(); id != "" {
			ids[s.entry.Alias] = id
		}
	})
	return ids
}
