// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// generate makes the evidence of a run of this length: the real families and senders run in fake time, and a correct collector
// answers them.
func generate(t *testing.T, length time.Duration, seed uint64) *evidence {
	t.Helper()
	e := &evidence{byID: map[string]*call{}}
	synctest.Test(t, func(t *testing.T) {
		source := func(part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }
		for n := range families {
			e.families = append(e.families, newFamily(n, source(uint64(3000+n))))
		}
		ideal := &ideal{random: source(20_000), evidence: e, aliases: map[*problem]*belief{}, open: map[*problem]int{}}
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		var all sync.WaitGroup
		for n, f := range e.families {
			random := source(uint64(n))
			all.Go(func() { f.run(ctx, random) })
		}
		counts := newCounts()
		senders := replicas(e.families, ideal, counts)
		for n, sender := range senders {
			sender.random, sender.late = source(uint64(1000+n)), all.Go
			all.Go(func() { sender.run(ctx) })
		}
		all.Go(func() { ideal.fail(ctx, source(21_000)) })
		all.Wait()
		sleep.For(t.Context(), 2*gossip)
		for _, sender := range senders {
			for !sender.settle(t.Context(), false) {
				sleep.For(t.Context(), retryPause)
			}
			sender.settle(t.Context(), true)
		}
		ideal.rest()
		e.webhooks = counts.webhooks
	})
	return e
}

// ideal is a collector and an Alert24 in one. It follows the rules of episodes, without doubt. It dies and restarts, and people
// edit its incidents.
type ideal struct {
	evidence *evidence

	mu      sync.Mutex // guards the rest
	random  *rand.Rand
	down    bool
	aliases map[*problem]*belief
	open    map[*problem]int // indices in evidence.incidents
	calls   int
}

// rules are the rules of episodes.
var rules = newEpisodes()

// fail kills the collector every second or two.
func (i *ideal) fail(ctx context.Context, random *rand.Rand) {
	set := func(down bool) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.down = down
	}
	for sleep.For(ctx, 200*time.Millisecond+time.Duration(random.Int64N(int64(2*time.Second)))) {
		set(true)
		sleep.For(ctx, 200*time.Millisecond)
		set(false)
	}
	set(false)
}

func (i *ideal) post(ctx context.Context, m *message) (fate, string) {
	sleep.For(ctx, 2*time.Millisecond)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down && i.random.IntN(5) > 0 {
		return notTaken, "connection refused"
	}
	// A message is applied at the end of its period, so the bounds in the record hold.
	m.to = time.Now()
	crash := i.down || i.random.IntN(50) == 0
	if !crash || i.random.IntN(2) == 0 {
		i.apply(m)
	}
	if crash {
		return maybe, "EOF"
	}
	return taken, "200 OK"
}

func (i *ideal) cut(context.Context, *message) string { return "unexpected EOF" }

func (i *ideal) stall(ctx context.Context, m *message) (func() (fate, string), string) {
	return func() (fate, string) { return i.post(ctx, m) }, ""
}

// apply updates the beliefs and the incidents.
func (i *ideal) apply(m *message) {
	for k, a := range m.group {
		p := a.problem
		b := i.aliases[p]
		if b == nil {
			b = &belief{}
			i.aliases[p] = b
		}
		i.release(p, b, m.to.UnixNano())
		s := said{start: m.says[k].StartsAt.UnixNano(), end: m.says[k].EndsAt.UnixNano(), firing: m.says[k].Firing}
		now := m.to.UnixNano()
		h := heard{from: now, arrival: uint32(m.arrival), replica: uint8(m.replica)}
		b[a.member] = rules.apply(b[a.member], &h, s)[0]
	}
	for _, a := range m.group {
		i.reconcile(a.problem)
	}
}

// release ends holds.
func (i *ideal) release(p *problem, b *belief, now int64) {
	for n := range b {
		if b[n].status == held && b[n].release <= now {
			b[n].status = fires
			i.reconcile(p)
		}
	}
}

// rest ends all holds, and writes the content of the incidents.
func (i *ideal) rest() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for p, b := range i.aliases {
		i.release(p, b, 1<<62)
		n, open := i.open[p]
		if !open || len(p.firing()) == 0 {
			continue
		}
		firing := p.firing()
		incident := &i.evidence.incidents[n]
		incident.Title = titleOf(firing)
		incident.Severity = map[string]string{"critical": "critical", "warning": "high", "info": "low"}[firing[0].severity]
	}
}

func (i *ideal) reconcile(p *problem) {
	n, open := i.open[p]
	switch firing := i.aliases[p].firing(); {
	case firing && !open:
		i.open[p] = len(i.evidence.incidents)
		i.evidence.incidents = append(i.evidence.incidents, sandbox.Incident{
			ID: fmt.Sprintf("incident-%d", len(i.evidence.incidents)), Number: len(i.evidence.incidents) + 1, Alias: p.alias,
			Status: store.StatusOpen, Source: ourSource, CreatedAt: time.Now(),
			Description: fmt.Sprintf("%s burns. %0512d", p.alias, len(i.evidence.incidents)),
			History:     []sandbox.Event{i.event(store.Created, p.alias)},
		})
	case open && !firing:
		i.write(n, store.Resolved, sandbox.Change{Field: "status", From: store.StatusOpen, To: store.StatusResolved})
		i.evidence.incidents[n].Status = store.StatusResolved
		delete(i.open, p)
	case open && i.random.IntN(8) == 0:
		i.write(n, store.Updated, sandbox.Change{Field: "description", From: p.alias + " burns", To: p.alias + " burns more"})
	}
}

func (i *ideal) write(n int, kind store.Kind, changes ...sandbox.Change) {
	incident := &i.evidence.incidents[n]
	incident.History = append(incident.History, i.event(kind, incident.ID, changes...))
	if i.random.IntN(6) == 0 {
		incident.History = append(incident.History, sandbox.Event{At: time.Now(), Kind: store.Updated, By: store.ByPerson, Changes: []sandbox.Change{
			{Field: "impact_description", To: "Customers wait."},
		}})
	}
}

// event returns an event caused by a request of ours.
func (i *ideal) event(kind store.Kind, target string, changes ...sandbox.Change) sandbox.Event {
	i.calls++
	id := fmt.Sprintf("req_%024x", i.calls)
	method := map[bool]string{true: "POST", false: "PUT"}[kind == store.Created]
	i.evidence.byID[id] = &call{id: id, at: time.Now(), method: method, target: target, status: 200, body: fmt.Sprintf("%0300d", i.calls)}
	return sandbox.Event{At: time.Now(), Kind: kind, By: store.ByAPI, Request: id, Changes: changes}
}
