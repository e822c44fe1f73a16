// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// The invariants hold at every step or, where marked, at rest:
//
//	I1   without doubt, the incident is open or closed as the entry believes
//	I2   without doubt, it says what the entry believes was written
//	I3   no incident is closed while an alert fires, unless the rules name a reason
//	I4   every create, update, close or reopen is on disk before its request leaves
//	I5   memory and disk agree, and a restart forgets nothing
//	I6   no incident is created while no alert fires
//	I7   a repeat without news causes no call; after the refresh interval, one lookup (at rest)
//	I8   an incident is open exactly while an alert fires, with its news in our fields (at rest); I12: in a bounded time
//	I9   no more incidents than episodes
//	I10  a hold ends by time or by its event, and is never extended
//	I11  no call without an end, no wake-up in the past, no doubt without an end
//	I13  another tool's incident is never closed or rewritten
//	I14  a person's edit stays until the incident closes, except for a severity that rises
//	I15  an incident left to a person is closed only to page people again
//	I16  no close before the resolve delay has passed
//	I17  with ReopenNever, no create after a person's close until the episode ends
//	I18  people are paged again only for a worse severity than any of the episode
//	I19  an incident's end is not before its start, not in the future, and known if a member has one
//	I20  after ten tries without news, the next ones are slow or, if the API works again, at most twelve in an hour; a failed
//	     call and its lookups are one try
//	I21  a new firing is on disk with its create, whatever lookup runs
//	I22  only silence since this process could first hear of an alert makes it stale
//	I23  a further incident never holds back the incident itself
//	I24  if severity only rises, the incident's never sinks
//	I25  an unanswered create is repeated only after a lookup, or after two seconds
//	I26  a create is short only after a full one of its episode was refused, or some failed because of their content
//	I27  a snapshot resolves no alert that fired when it was requested, or that it says nothing about, and starts none
//	I28  once snapshots are complete, an ended alert's incident closes after absentFor and two snapshots, and holds are decided
//	I29  a snapshot that lists the alert withdraws a waiting resolve; any other waiting resolve counts in time
//	I30  an alert with a witness resolves only if its source was alive after the alert's end
//	I31  an alert passed on from a list begins to fire if nothing newer is known, and changes nothing if it fires already; once
//	     snapshots are complete, an alert without a webhook has its incident after repairAfter and two snapshots
//	I32  a refused create that is refused again stays parked
//	I33  no more alerts than the policy says keep their text
//	I34  while the API works, the incident of an alert that begins to fire opens at once after a few calls, whatever happened before;
//	     if the API fails on the text of the alert, after three tries
//	I35  while the API works, what is certainly open is closed as soon as its alerts resolve, and doubt ends soon after the settle time
//	I36  while the API works, an incident becomes critical soon after its alert, even if the API fails on its text or refuses it

// TestModel runs random histories of alerts, senders, failures, kills and people against an entry, and checks that Alert24 ends up as
// promised. -rapid.checks is the number of histories for each world.
func TestModel(t *testing.T) {
	for name, s := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var deliveries, histories, kills atomic.Int64
			history := historiesOf(s)
			began := time.Now()
			rapid.Check(t, func(rt *rapid.T) {
				w := newWorld(rt, s)
				w.run(history.Draw(rt, "history"))
				deliveries.Add(int64(w.deliveries))
				kills.Add(int64(w.kills))
				histories.Add(1)
			})
			took := time.Since(began)
			t.Logf("%d histories, %d deliveries, %d kills in %.1f s", histories.Load(), deliveries.Load(), kills.Load(), took.Seconds())
		})
	}
}

// step is one thing that happens in a history.
type step struct {
	name string
	do   func(*world)
}

// GoString is how rapid prints a step of a failed history.
func (s step) GoString() string { return s.name }

// steps collects a repertoire, simple and frequent steps first: rapid prefers those and shrinks towards them.
type steps []step

func (s *steps) add(weight int, name string, do func(*world)) {
	for range weight {
		*s = append(*s, step{name, do})
	}
}

// repertoire lists the steps, each as often as its weight.
func repertoire(s switches) steps {
	var all steps
	all.add(6, "second", func(w *world) { w.tick() })
	all.add(8, "deliver", func(w *world) { w.deliver(false) })
	all.add(6, "answer", func(w *world) { w.answer() })
	all.add(3, "lookup answered", func(w *world) { w.answerLookup() })
	all.ofAlerts(s)
	all.ofCalls(s)
	all.add(3, "5 seconds", func(w *world) {
		for range 5 {
			w.tick()
		}
	})
	all.add(2, "deliver all", func(w *world) { w.deliverAll() })
	all.add(1, "deliver, acknowledgement lost", func(w *world) { w.deliver(true) })
	all.add(1, "handler stuck", func(w *world) { w.handlerStuck() })
	all.add(1, "disk full or not", func(w *world) { w.ledger.full = !w.ledger.full })
	all.add(1, "disk lies", func(w *world) { w.ledger.lies = true })
	for _, down := range []int{0, 0, 2, 10} {
		all.add(1, "kill for "+strconv.Itoa(down), func(w *world) { w.kill(down, w.skew) })
	}
	all.add(1, "audit", func(w *world) { w.audit() })
	all.ofPages()
	all.ofLag(s)
	all.ofOthers(s)
	all.ofRecovery(s)
	all.ofSync(s)
	all.ofRestores(s)
	all.ofWitness(s)
	all.ofReplicas(s)
	return all
}

func (s *steps) ofAlerts(sw switches) {
	for i := range 2 {
		n := "(" + strconv.Itoa(i) + ")"
		s.add(4, "toggle"+n, func(w *world) { w.toggle(i, w.now, false) })
		s.add(1, "toggle with old start"+n, func(w *world) { w.toggle(i, w.now, true) })
		s.add(2, "another value"+n, func(w *world) { w.says(i, 0) })
		for severity := incident.Low; severity <= incident.Critical; severity++ {
			s.add(1, severity.String()+n, func(w *world) { w.says(i, severity) })
		}
		s.add(1, "repeat"+n, func(w *world) { w.repeat(i) })
		s.add(1, "stuck handler through"+n, func(w *world) { w.through(i) })
		if sw.untimed {
			continue
		}
		s.add(3, "second fires"+n, func(w *world) { w.secondFires(i, w.leader) })
		s.add(1, "second resolves"+n, func(w *world) { w.secondResolves(i, 0, w.leader) })
		s.add(1, "second resolves later"+n, func(w *world) { w.secondResolves(i, 1, w.leader) })
	}
	s.add(1, "links move", func(w *world) { w.moved++ })
}

func (s *steps) ofCalls(sw switches) {
	call := func(weight int, name string, f fate, lateBy int) {
		s.add(weight, "call "+name, func(w *world) { w.claim(f, lateBy, false) })
	}
	call(5, "answered", answered, 0)
	s.add(4, "call answered, done at the end", func(w *world) { w.claim(answered, 0, true) })
	call(1, "not sent", notSent, 0)
	call(1, "lost", lost, 0)
	call(1, "done, not answered", unanswered, 0)
	call(1, "half answered", partly, 0)
	s.add(1, "call done at the end, not answered", func(w *world) { w.claim(unanswered, 0, true) })
	call(1, "done, 500", status500, 0)
	for by := range settle - sw.lag() {
		if sw.tooLate {
			by += settle
		}
		call(1, "done late by "+strconv.Itoa(by), late, by)
	}
	if sw.racy {
		call(1, "answered in another order", reversed, 0)
	}
	if sw.odd {
		call(2, "refused", refused, 0)
		call(2, "done, no body", noBody, 0)
		call(1, "answered with another status", ignored, 0)
		call(1, "ignored, no body", ignoredNoBody, 0)
		call(1, "not there yet", notYet, 0)
		call(1, "denied", denied, 0)
	}
}

func (w *world) run(history [][]step) {
	for _, chapter := range history {
		for _, s := range chapter {
			s.do(w)
		}
	}
	w.quiesce()
}

// TestModelBound: the settle time is a real bound. An API that carries requests out later breaks the promise, and the model notices.
func TestModelBound(t *testing.T) {
	n, violation := search(switches{tooLate: true}, 3000)
	require.NotEmpty(t, violation, "no history with too late commits broke anything")
	t.Logf("history %d: %s", n, violation)
}

// TestModelTakeover: the call of a former leader may be on the wire for as long as its timeout. A new leader that does not wait for it
// breaks the promise, and the model notices.
func TestModelTakeover(t *testing.T) {
	n, violation := search(switches{replicas: true, hasty: true}, 3000)
	require.NotEmpty(t, violation, "no history with hasty takeovers broke anything")
	t.Logf("history %d: %s", n, violation)
}

// violation ends a history that breaks an invariant.
type violation string

// Fatalf panics with a violation.
func (violation) Fatalf(format string, args ...any) { panic(violation(fmt.Sprintf(format, args...))) }

// search runs the same n histories each time and returns the number of the first that breaks an invariant, with
// what it broke.
func search(s switches, n int) (int, violation) {
	history := historiesOf(s)
	for seed := range n {
		if v := try(s, history.Example(seed)); v != "" {
			return seed + 1, v
		}
	}
	return n, ""
}

func try(s switches, history [][]step) (v violation) {
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if v, ok = r.(violation); !ok {
				panic(r)
			}
		}
	}()
	newWorld(v, s).run(history)
	return ""
}
