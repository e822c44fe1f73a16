// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace/noop"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// In the model, several aliases share the gate, the finder and the workers. The calls of the alias bad and the readings of the list
// may fail in many ways. No failure may delay the other aliases.

const (
	bad      = "bad"
	goods    = 5
	promptly = 4*rtt + time.Millisecond // after a call under way, its consequence, and the call that is due
)

// history is one run of the model.
type history struct {
	places int
	rate   float64
	fates  map[string]*fate // of the bad alias's calls and of the readings of the list, by operation
	steps  []step
}

type step struct {
	after time.Duration
	alias string
	what  string
}

func drawHistory(t *rapid.T) history {
	h := history{
		places: rapid.SampledFrom([]int{3, 4, 8}).Draw(t, "places"),
		rate:   rapid.SampledFrom([]float64{0, 15}).Draw(t, "rate"),
		fates:  map[string]*fate{},
	}
	fates := []*fate{
		nil, hangs, fails, refuses, forbidden,
		{result: protocol.NotSent},
		{result: protocol.Unanswered, status: 500, commit: true},
		{hang: true, result: protocol.Unanswered, commit: true},
	}
	for _, op := range []string{opCreate, opRead, opUpdate, opClose} {
		h.fates[op] = rapid.SampledFrom(fates).Draw(t, op)
	}
	for _, op := range []string{opList, opDeep} {
		h.fates[op] = rapid.SampledFrom([]*fate{nil, hangs, fails, forbidden}).Draw(t, op)
	}
	aliases := []string{bad, bad, bad}
	for i := range goods {
		aliases = append(aliases, fmt.Sprint("good-", i))
	}
	for range rapid.IntRange(1, 30).Draw(t, "steps") {
		h.steps = append(h.steps, step{
			after: rapid.SampledFrom([]time.Duration{0, 0, rtt / 2, time.Second, 3 * time.Second, time.Minute}).Draw(t, "after"),
			alias: rapid.SampledFrom(aliases).Draw(t, "alias"),
			what:  rapid.SampledFrom([]string{"fire", "fire", "fire worse", "resolve"}).Draw(t, "what"),
		})
	}
	return h
}

// run runs the history, and returns all violations.
func (h *history) run(t *testing.T) (wrong []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newModelWorld(t, h)
		defer func() {
			w.loop.Shutdown()
			wrong = w.wrong
		}()
		for i, s := range h.steps {
			pass(s.after)
			w.take(i, s)
		}
		w.checks.Wait()
		pass(time.Hour)
		w.check(w.atOnce() <= h.places, "%d requests at once", w.atOnce())
		n := len(w.requests("", ""))
		pass(time.Hour)
		w.check(len(w.requests("", ""))-n < 600, "%d requests in a calm hour", len(w.requests("", ""))-n)
		w.fate(nil)
		pass(3 * time.Hour)
		w.atRest()
	})
	return wrong
}

type modelWorld struct {
	world
	history *history
	checks  sync.WaitGroup
	says    map[string]string // the text of a firing alias; "": it does not fire

	mu     sync.Mutex
	events map[string]int // number of events, by alias
	wrong  []string
}

func newModelWorld(t *testing.T, h *history) *modelWorld {
	t.Helper()
	w := &modelWorld{history: h, events: map[string]int{}, says: map[string]string{}}
	w.t, w.ledger, w.seen = t, newFakeLedger(t), &record{}
	gate := NewGate(h.rate, h.places, func(time.Duration) {})
	w.fakeManager = &fakeManager{gate: gate, fates: func(op, alias string) *fate {
		if alias == bad || op == opList || op == opDeep {
			return h.fates[op]
		}
		return nil
	}}
	w.loop = New(Config{
		Workers: h.places, DeniedPause: time.Minute, ShutdownGrace: time.Second, Tracer: noop.NewTracerProvider().Tracer(""),
	}, w.ledger, w.fakeManager, gate, w.seen)
	w.loop.Start()
	return w
}

func (w *modelWorld) check(ok bool, format string, args ...any) {
	if !ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
	}
}

// take makes a step. Alert24 must promptly match a good alias, unless something else happens to the alias meanwhile.
func (w *modelWorld) take(i int, s step) {
	text := fmt.Sprint("text ", i)
	switch s.what {
	case "resolve":
		w.says[s.alias] = ""
		w.resolve(s.alias)
	case "fire worse":
		w.says[s.alias] = text
		w.fire(s.alias, incident.Critical, text)
	default:
		w.says[s.alias] = text
		w.fire(s.alias, incident.High, text)
	}
	w.mu.Lock()
	w.events[s.alias]++
	number, want := w.events[s.alias], w.says[s.alias]
	w.mu.Unlock()
	if s.alias == bad {
		return
	}
	w.checks.Go(func() {
		time.Sleep(w.prompt())
		w.mu.Lock()
		last := w.events[s.alias] == number
		w.mu.Unlock()
		if last {
			w.holds(s.alias, want, i)
		}
	})
}

// prompt is how long a page of a good alias may take if all good aliases close and page at once: at the gate's rate, and while a call
// of the bad alias and a list hang. Its lane goes first.
func (w *modelWorld) prompt() time.Duration {
	const calls = 2 * goods
	most := promptly + time.Duration(calls/(w.history.places-2))*rtt
	if w.history.rate > 0 {
		most += time.Duration(calls / w.history.rate * float64(time.Second))
	}
	return most
}

// holds checks that Alert24 matches the alias. If only few requests may be under way, hanging requests may block everything except pages.
func (w *modelWorld) holds(alias, want string, step int) {
	open := w.open(alias)
	switch few := w.history.places < 8; {
	case want != "" && len(open) == 0:
		w.check(false, "step %d: %s fires and is not open", step, alias)
	case len(open) > 1:
		w.check(false, "step %d: %s is open %d times", step, alias, len(open))
	case few || w.history.rate > 0:
	case want == "" && len(open) > 0:
		w.check(false, "step %d: %s does not fire and is open", step, alias)
	case want != "" && open[0].Fields[incident.FieldTitle] != incident.HashText(want):
		w.check(false, "step %d: %s does not say what it should", step, alias)
	}
}

// atRest checks all aliases long after the last failure.
func (w *modelWorld) atRest() {
	for alias, want := range w.says {
		open := w.open(alias)
		e := w.ledger.Get(alias)
		switch {
		case e != nil && (e.Foreign != "" || e.Dismissed):
		case want == "":
			w.check(len(open) == 0, "at rest, %s does not fire and is open: %+v", alias, e)
		default:
			w.check(len(open) == 1, "at rest, %s fires and is open %d times: %+v", alias, len(open), e)
		}
	}
}

func TestNothingAboutOneAliasHoldsBackAnother(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := drawHistory(rt)
		if wrong := h.run(t); len(wrong) > 0 {
			slices.Sort(wrong)
			rt.Fatalf("%q", wrong)
		}
	})
}
