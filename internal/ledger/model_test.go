// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var worlds = map[string]switches{
	"plain":       {},
	"clock steps": {clockSteps: true},
	"people":      {people: true},
	"reopens":     {reopens: true},
	"racy":        {racy: true},
	"all":         {people: true, reopens: true, racy: true, clockSteps: true},
}

// TestModel lets random histories of alerts, senders, failures, kills and people happen to the ledger and checks
// that Alert24 ends up as the promise says. -rapid.checks is the number of histories for each world.
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

// GoString is how rapid shows a step of a history that failed.
func (s step) GoString() string { return s.name }

// repertoire lists the steps, each as often as its weight, the simpler and more frequent ones first: rapid prefers
// those and shrinks towards them.
func repertoire(s switches) (all []step) {
	add := func(weight int, name string, do func(*world)) {
		for range weight {
			all = append(all, step{name, do})
		}
	}
	add(6, "second", func(w *world) { w.tick() })
	add(8, "deliver", func(w *world) { w.deliver(false) })
	add(6, "answer", func(w *world) { w.answer() })
	for i := range 2 {
		n := "(" + strconv.Itoa(i) + ")"
		add(4, "toggle"+n, func(w *world) { w.toggle(i, w.now, false) })
		add(1, "toggle with old start"+n, func(w *world) { w.toggle(i, w.now, true) })
		add(3, "second fires"+n, func(w *world) { w.secondFires(i) })
		add(1, "second resolves"+n, func(w *world) { w.secondResolves(i, 0) })
		add(1, "second resolves later"+n, func(w *world) { w.secondResolves(i, 1) })
		add(1, "repeat"+n, func(w *world) { w.repeat(i) })
		add(1, "stuck handler through"+n, func(w *world) { w.through(i) })
	}
	calls := func(weight int, name string, f fate, lateBy int) {
		add(weight, "call "+name, func(w *world) { w.claim(f, lateBy, false) })
	}
	calls(4, "answered", answered, 0)
	add(4, "call answered, done at the end", func(w *world) { w.claim(answered, 0, true) })
	calls(1, "refused for certain", certain, 0)
	calls(1, "lost", failed, 0)
	calls(1, "done, not answered", unanswered, 0)
	add(1, "call done at the end, not answered", func(w *world) { w.claim(unanswered, 0, true) })
	calls(1, "done, 500", status500, 0)
	for by := range settle {
		if s.tooLate {
			by += settle
		}
		calls(1, "done late by "+strconv.Itoa(by), late, by)
	}
	add(3, "5 seconds", func(w *world) {
		for range 5 {
			w.tick()
		}
	})
	add(2, "deliver all", func(w *world) { w.deliverAll() })
	add(1, "deliver, acknowledgement lost", func(w *world) { w.deliver(true) })
	add(1, "handler stuck", func(w *world) { w.handlerStuck() })
	add(1, "disk full or not", func(w *world) { w.disk.full = !w.disk.full })
	add(1, "disk lies", func(w *world) { w.disk.lies = true })
	for _, down := range []int{0, 0, 2, 10} {
		add(1, "kill for "+strconv.Itoa(down), func(w *world) { w.kill(down, w.skew) })
	}
	if s.clockSteps {
		for _, by := range []int{0, 7, -7, 60, -3600, 3600} {
			add(1, "kill, clock off by "+strconv.Itoa(by), func(w *world) { w.kill(1, by) })
		}
	}
	if s.people {
		add(1, "person closes", func(w *world) { w.personActs(false) })
		add(1, "person deletes", func(w *world) { w.personActs(true) })
	}
	return all
}

// historiesOf draws histories: lists of short lists: rapid keeps lists short, and each can shrink to nothing.
func historiesOf(s switches) *rapid.Generator[[][]step] {
	return rapid.SliceOfN(rapid.SliceOf(rapid.SampledFrom(repertoire(s))), chapters, chapters)
}

const chapters = 24

func (w *world) run(history [][]step) {
	for _, chapter := range history {
		for _, s := range chapter {
			s.do(w)
		}
	}
	w.quiesce()
}

// quiesce lets everybody behave from now on, without help from repeats, and checks what must hold at rest.
func (w *world) quiesce() {
	w.calm, w.disk.full, w.disk.lies = true, false, false
	for len(w.stuck) > 0 {
		w.through(0)
	}
	for i := range w.alerts {
		if w.alerts[i].owes {
			w.secondResolves(i, 1)
		}
	}
	for len(w.queue) > 0 {
		w.deliver(false)
	}
	// A call on its way, settle, a hold and one backoff: by then it is true (I12), and it stays so.
	w.settleFor(timeout + settle + echoHold + maxBackoff + 2)
	if w.people {
		w.settleFor(refresh)
		w.repeat(0)
		w.repeat(1)
		w.settleFor(settle)
	}
	w.checkRest("I12")
	w.checkRepeats()
	w.settleFor(retention + echoWindow + echoHold)
	w.checkRest("I8")
	e := w.entry()
	switch {
	case e == nil:
		if w.firing() {
			w.Fatalf("I11: the entry is gone while an alert fires")
		}
	case !w.firing():
		w.Fatalf("I11: the entry stays")
	case e.Doubt.Set || e.Inflight.Kind != NoCall:
		w.Fatalf("I11: doubt is left: %+v", e)
	}
}

// settleFor lets the time pass; the worker acts when the ledger says so, and at no other time.
func (w *world) settleFor(seconds int) {
	if w.work != nil {
		w.answer()
	}
	for end := w.now + seconds; ; {
		w.workAll()
		d := w.ledger.Peek(theAlias)
		w.checkWake(d)
		next := end
		if !d.Wake.IsZero() {
			next = min(next, int(d.Wake.Sub(start)/time.Second)-w.skew)
		}
		for _, q := range w.late {
			next = min(next, q.due)
		}
		if w.now >= end {
			return
		}
		for w.now < next {
			w.second()
		}
	}
}

// workAll makes the calls that are due. A due call changes something, so there are not many.
func (w *world) workAll() (calls int) {
	for range 20 {
		d := w.ledger.Peek(theAlias)
		if d.Call.Kind == NoCall && (d.Wake.IsZero() || d.Wake.After(w.wall())) {
			return calls
		}
		if w.claim(answered, 0, false).Call.Kind != NoCall {
			w.answer()
			calls++
		}
	}
	w.Fatalf("I11: calls without an end: %s", w.show())
	return calls
}

// checkRest is I8: one incident open if an alert fires, saying what the worst one says, else none.
func (w *world) checkRest(name string) {
	open := w.open()
	switch {
	case !w.firing() && len(open) > 0, w.firing() && len(open) != 1:
		w.Fatalf("%s: firing is %v, but %s", name, w.firing(), w.show())
	case w.firing() && open[0].content != w.worst():
		w.Fatalf("%s: should say %v, but %s", name, w.worst(), w.show())
	}
}

// checkRepeats is I7: repeats cost nothing until a refresh is due, and then one look.
func (w *world) checkRepeats() {
	e := w.entry()
	if e == nil || !w.firing() || w.clockSteps {
		return
	}
	due := w.wall().Sub(e.ConfirmedAt) >= refresh*time.Second
	for i := range w.alerts {
		w.repeat(i)
	}
	switch calls := w.workAll(); {
	case !due && calls > 0:
		w.Fatalf("I7: %d calls for a repeat", calls)
	case due && calls != 1:
		w.Fatalf("I7: %d calls for a refresh", calls)
	}
}

func (w *world) show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d open:", len(w.open()))
	for _, r := range w.incidents {
		fmt.Fprintf(&b, " %+v", *r)
	}
	if e := w.entry(); e != nil {
		fmt.Fprintf(&b, "; entry %+v", *e)
	}
	return b.String()
}

// TestModelBound: the settle time is a real bound. An API that carries requests out later breaks the promise, and
// the model sees it.
func TestModelBound(t *testing.T) {
	n, violation := search(switches{tooLate: true}, 3000)
	require.NotEmpty(t, violation, "no history with too late commits broke anything")
	t.Logf("history %d: %s", n, violation)
}

// violation is how a history ends that search has found.
type violation string

// Fatalf makes a violation of a broken invariant.
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
