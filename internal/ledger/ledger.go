// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package ledger keeps what every alias should look like in Alert24 and what is known of it, durably.
//
// All decisions are pure functions of one entry: Policy.Apply, Decide, Begin, Learn, Load and Tick. Ledger runs
// them under one writer and commits before anything counts. It knows nothing of HTTP.
package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Ledger is safe for concurrent use.
type Ledger struct {
	policy     *Policy
	store      *store
	now        func() time.Time
	maxAliases int
}

// FullError says how many events need a new entry that the ledger has no room for. The others were applied.
type FullError struct {
	Refused, Max int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("%d alerts with new aliases refused: limits::aliases (%d) live aliases are reached", e.Refused, e.Max)
}

// New returns a ledger over store; nil keeps everything in memory only. maxAliases bounds the live entries.
func New(policy *Policy, store Store, maxAliases int, now func() time.Time) *Ledger {
	return &Ledger{policy: policy, store: newStore(store), maxAliases: maxAliases, now: now}
}

// Check returns why the storage would not take alerts with new aliases now, nil if it would. It waits for its turn no
// longer than ctx.
func (l *Ledger) Check(ctx context.Context) error { return l.store.check(ctx) }

// Apply applies the events in their order, durably, and returns what each did. With a *FullError all others were
// applied; with any other error none was.
func (l *Ledger) Apply(ctx context.Context, events []Event) ([]Outcome, error) {
	now := l.now()
	outcomes := make([]Outcome, len(events))
	var refused int
	groups := byAlias(events)
	mutations := make([]mutation, len(groups))
	for i := range groups {
		g := &groups[i]
		mutations[i] = mutation{alias: g.alias, makesRoom: !g.fires, do: func(e *Entry, live int) (*Entry, bool) {
			if i == 0 {
				refused = 0 // this may be the second try of a shared transaction
			}
			if e == nil && live >= l.maxAliases {
				refused += g.note(outcomes, slices.Repeat([]Outcome{NoRoom}, len(g.events)))
				return nil, false
			}
			n, did := l.policy.ApplyAll(e, g.events, now)
			g.note(outcomes, did)
			if n == e {
				return e, false
			}
			// With the write-ahead of a create that is due at once, the page's path pays for one commit only.
			armed := l.policy.arm(n, now)
			n.mark(now)
			durable := armed || n.loaded || l.policy.durable(did)
			return n, durable
		}}
	}
	if err := l.store.update(ctx, mutations...); err != nil {
		return nil, err
	}
	if refused > 0 {
		return outcomes, &FullError{Refused: refused, Max: l.maxAliases}
	}
	return outcomes, nil
}

// group is what one push says of one alias, in order.
type group struct {
	alias  string
	events []Event
	places []int // of the events in the push
	fires  bool
}

func byAlias(events []Event) []group {
	groups := make([]group, 0, len(events))
	index := make(map[string]int, len(events))
	places := make([]int, len(events))
	for i, ev := range events {
		places[i] = i
		at, known := index[ev.Alias]
		if !known {
			// Most aliases have one event in a push: it stays where it is.
			index[ev.Alias] = len(groups)
			groups = append(groups, group{alias: ev.Alias, events: events[i : i+1 : i+1], places: places[i : i+1 : i+1], fires: ev.Firing})
			continue
		}
		g := &groups[at]
		g.events, g.places = append(g.events, ev), append(g.places, i)
		g.fires = g.fires || ev.Firing
	}
	return groups
}

// note puts the outcomes of the group where those of the push are, and returns how many there are.
func (g *group) note(all, outcomes []Outcome) int {
	for i, place := range g.places {
		all[place] = outcomes[i]
	}
	return len(outcomes)
}

// Peek returns what the alias needs now, without doing it.
func (l *Ledger) Peek(alias string) Decision {
	now := l.now()
	e := l.store.get(alias)
	if e == nil {
		return Decision{}
	}
	if e.desired == unrendered {
		e = l.rendered(e, now)
	}
	t := l.policy.Tick(e, now)
	if t == nil {
		return Decision{Wake: now} // it has served: claim it
	}
	d := l.policy.Decide(t, now)
	if t != e && d.Call.Kind == NoCall {
		d.Wake = now // time has changed the entry: claim it
	}
	return d
}

// rendered returns e with the hash of its content, and with the content where that will be sent next.
func (l *Ledger) rendered(e *Entry, now time.Time) *Entry {
	n := e.copy()
	content := l.policy.render(n)
	n.mark(now)
	if k := l.policy.Decide(n, now).Call.Kind; k == Create || k == Update {
		n.content = &content
	}
	l.store.refine(e, n)
	return n
}

// Claim returns the next call of the alias together with the entry it is for, after disk knows of it; or when to
// ask again. The caller gives each answer to Learn before it claims the alias again.
func (l *Ledger) Claim(ctx context.Context, alias string) (*Entry, Decision, error) {
	var (
		decision Decision
		claimed  *Entry
	)
	m := mutation{alias: alias, makesRoom: true, do: func(e *Entry, _ int) (*Entry, bool) {
		decision, claimed = Decision{}, nil
		if e == nil {
			return nil, false
		}
		var durable bool
		claimed, decision, durable = l.claim(e, l.now())
		return claimed, durable
	}}
	if l.store.swift(m) {
		return claimed, decision, nil
	}
	if err := l.store.update(ctx, m); err != nil {
		return nil, Decision{}, err
	}
	return claimed, decision, nil
}

func (l *Ledger) claim(e *Entry, now time.Time) (n *Entry, d Decision, durable bool) {
	n = l.policy.Tick(e, now)
	if n == nil {
		return nil, Decision{}, true
	}
	durable = n != e
	var armed Call // a call that has not left: it is decided anew
	if n.armed || n.desired == unrendered {
		n = n.copy()
		if n.armed {
			armed, n.Inflight, n.armed = n.Inflight, Call{}, false
		}
		if n.desired == unrendered {
			l.policy.render(n)
		}
	}
	if n != e {
		n.mark(now)
	}
	d = l.policy.Decide(n, now)
	switch c := d.Call; {
	case armed.Kind != NoCall && c.Kind == armed.Kind && c.ID == armed.ID:
		n.Inflight = armed // disk names it already
		d.Call.At = armed.At
	case c.Kind == NoCall || c.Kind == Lookup:
		durable = durable || armed.Kind != NoCall
	default:
		n, durable = l.policy.Begin(n, c, now), true
		d.Call.At = now
	}
	return n, d, durable
}

// Answered is the answer to a claimed call.
type Answered struct {
	Alias  string
	Call   Call
	Answer Answer
	// What follows is set by Learn.
	Lesson Lesson
	Entry  *Entry
	// Waited is set where Alert24 now holds what the entry asks for: the time since it did not.
	Waited time.Duration
}

// Learn commits what the answers taught.
func (l *Ledger) Learn(ctx context.Context, answers []*Answered) error {
	now := l.now()
	mutations := make([]mutation, len(answers))
	for i, a := range answers {
		mutations[i] = mutation{alias: a.Alias, makesRoom: true, do: func(e *Entry, _ int) (*Entry, bool) {
			if e == nil {
				return nil, false
			}
			a.Entry, a.Lesson = l.policy.Learn(e, a.Call, a.Answer, now)
			a.Entry.mark(now)
			if a.Waited = 0; a.Entry.since.IsZero() && !e.since.IsZero() {
				a.Waited = now.Sub(e.since)
			}
			return a.Entry, true
		}}
	}
	return l.store.update(ctx, mutations...)
}

// Aliases returns all aliases.
func (l *Ledger) Aliases() []string {
	var aliases []string
	l.store.all(func(e *Entry) { aliases = append(aliases, e.Alias) })
	return aliases
}

// Content is what the incident of a firing entry should say.
func (l *Ledger) Content(e *Entry) incident.Content {
	if e.content != nil {
		return *e.content
	}
	return l.policy.Content(e)
}

// Get returns the entry of alias, or nil.
func (l *Ledger) Get(alias string) *Entry { return l.store.get(alias) }

// Counts returns the number of entries, and of those that are not over.
func (l *Ledger) Counts() (entries, live int) { return l.store.counts() }
