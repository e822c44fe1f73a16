// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Apply applies the events in order, durably, and returns what each did. If the alert of an event fires under another alias, Apply sets
// that alias in the event. After a *FullError all other events were applied; after any other error none was.
//
// If punctual is not nil, Apply calls it after it has read the inbox. An error of punctual means that the events come too late, because
// the inbox may have held newer events of the same sender. Then nothing is applied.
func (l *Ledger) Apply(ctx context.Context, events []protocol.Event, punctual func() error) ([]protocol.Outcome, error) {
	p := l.batch(events)
	p.foresee()
	if err := l.store.enqueue(ctx, &write{plan: p.plan, drains: true, fenced: true, punctual: punctual}); err != nil {
		return nil, err
	}
	for i := range events {
		events[i].Alias = p.routed[i].Alias
	}
	l.boundClosed(ctx)
	if p.refused > 0 {
		return p.outcomes, &FullError{Refused: p.refused, Max: l.cfg.Aliases}
	}
	return p.outcomes, nil
}

// batch holds the events of one Apply.
type batch struct {
	*Ledger
	now            time.Time
	events, routed []protocol.Event
	groups         []group // of events
	foreseen       map[string]foreseen
	outcomes       []protocol.Outcome
	refused        int
	acknowledged   bool // none of the events may be refused
}

func (l *Ledger) batch(events []protocol.Event) *batch {
	return &batch{Ledger: l, now: l.now(), events: events, groups: byAlias(events)}
}

// foreseen is what an incident will say, unless the entry changes before the events are applied.
type foreseen struct {
	former slot
	view   *view
}

// foresee renders the content of the creates that become due. Templates must not run under the ledger's locks. Disk must know the
// content of a create before its request leaves: otherwise nobody could tell later who wrote what.
func (p *batch) foresee() {
	most := p.store.armable(p.cfg.Armed)
	used := p.store.usage()
	for _, g := range p.groups {
		if len(p.foreseen) >= most {
			return
		}
		former := p.store.get(g.alias)
		e := former.entry
		if !g.fires || e != nil && (e.IsOpen() || e.Inflight().Kind != protocol.NoCall) {
			continue
		}
		if n, _ := p.policy.ApplyWithin(p.room(&former, used, p.acknowledged), former.timed(), g.events, p.now); n.Entry != e && n.Firing() && former.view.of(n.Entry) == nil {
			if p.foreseen == nil {
				p.foreseen = map[string]foreseen{}
			}
			_, v := p.render(n.Entry)
			p.foreseen[g.alias] = foreseen{former, v}
		}
	}
}

// plan is called once for each attempt to write.
func (p *batch) plan(route router) []mutation {
	groups := p.groups
	routed, moved := route(p.events)
	if moved {
		groups = byAlias(routed)
	}
	p.routed, p.outcomes, p.refused = routed, make([]protocol.Outcome, len(p.events)), 0
	mutations := make([]mutation, len(groups))
	for i := range groups {
		g := &groups[i]
		mutations[i] = mutation{alias: g.alias, makesRoom: !g.fires, do: func(s slot, used usage) (slot, bool) { return p.apply(g, s, used) }}
	}
	return mutations
}

func (p *batch) apply(g *group, s slot, used usage) (next slot, durable bool) {
	n, did := p.policy.ApplyWithin(p.room(&s, used, p.acknowledged), s.timed(), g.events, p.now)
	p.refused += g.report(p.outcomes, did)
	if n.Entry == s.entry {
		return s, false
	}
	// The write-ahead of a create that is due at once joins this commit, so that a page waits for one commit only.
	if f, ok := p.foreseen[g.alias]; ok && f.former.same(&s) {
		s.view = f.view
	}
	armed := p.policy.Arm(&n, s.view.of(n.Entry), p.now)
	durable = armed || protocol.Durable(did)
	s.set(n)
	s.mark(p.now, false)
	return s, durable
}

// ToWake returns the aliases that may have a call due after these events. outcomes is what Apply returned.
func (l *Ledger) ToWake(events []protocol.Event, outcomes []protocol.Outcome) []string {
	var aliases []string
	for i := range events {
		if i < len(outcomes) && outcomes[i].Wakes() {
			if aliases == nil {
				aliases = make([]string, 0, len(events)-i)
			}
			aliases = append(aliases, events[i].Alias)
		}
	}
	return aliases
}

// group holds the events of a batch for one alias, in order.
type group struct {
	alias  string
	events []protocol.Event
	index  []int // positions of the events in the batch
	fires  bool
}

func byAlias(events []protocol.Event) []group {
	groups := make([]group, 0, len(events))
	known := make(map[string]int, len(events))
	index := make([]int, len(events))
	for i := range events {
		ev := &events[i]
		index[i] = i
		at, ok := known[ev.Alias]
		if !ok {
			// Most aliases have one event in a batch. The group shares the batch's memory.
			known[ev.Alias] = len(groups)
			groups = append(groups, group{alias: ev.Alias, events: events[i : i+1 : i+1], index: index[i : i+1 : i+1], fires: ev.Firing})
			continue
		}
		g := &groups[at]
		g.events, g.index = append(g.events, *ev), append(g.index, i)
		g.fires = g.fires || ev.Firing
	}
	return groups
}

// report copies the outcomes of the group to their places in the batch, and returns how many found no room.
func (g *group) report(all, outcomes []protocol.Outcome) (refused int) {
	for i, at := range g.index {
		all[at] = outcomes[i]
		refused += count(outcomes[i] == protocol.NoRoom)
	}
	return refused
}

// boundClosed lets the oldest closed entries expire if there are too many, or if they take more than a quarter of what other entries
// may take. It frees a tenth of the limit as well, so that it rarely runs.
func (l *Ledger) boundClosed(ctx context.Context) {
	notLive, packed := l.store.notLive()
	tooMany, tooMuch := notLive-l.cfg.Aliases, packed-l.bytes/4
	if tooMany <= 0 && tooMuch <= 0 {
		return
	}
	if tooMany > 0 {
		tooMany += l.cfg.Aliases / 10
	}
	if tooMuch > 0 {
		tooMuch += l.bytes / 40
	}
	oldest := l.store.expendable()
	slices.SortFunc(oldest, func(a, b quiet) int { return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.alias, b.alias)) })
	mutations := make([]mutation, 0, max(0, min(tooMany, len(oldest))))
	for _, q := range oldest {
		if tooMany <= 0 && tooMuch <= 0 {
			break
		}
		tooMany, tooMuch = tooMany-1, tooMuch-q.bytes
		mutations = append(mutations, mutation{alias: q.alias, makesRoom: true, do: func(s slot, _ usage) (slot, bool) {
			if s.entry == nil || !expendable(s.entry) {
				return s, false
			}
			return slot{}, true
		}})
	}
	_ = l.store.update(ctx, mutations...) // not needed: the next Apply tries again
}

// quiet is an entry without a firing alert.
type quiet struct {
	alias string
	since time.Time
	bytes int64 // if it is closed
}

// expendable returns the entries that may expire early.
func (s *store) expendable() []quiet {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]quiet, 0, len(s.closed))
	for alias, c := range s.closed {
		all = append(all, quiet{alias, c.QuietSince, int64(c.Bytes())})
	}
	for alias, slot := range s.slots {
		if expendable(slot.entry) {
			all = append(all, quiet{alias: alias, since: slot.entry.QuietSince})
		}
	}
	return all
}

// expendable reports whether e can be forgotten without losing an incident.
func expendable(e *protocol.Entry) bool { return e.Over() && e.Members.Held() == 0 }
