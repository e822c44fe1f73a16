// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

const (
	// callsAnHour is the maximum number of calls without news in an hour, after ten tries.
	callsAnHour = 12
	// anHour is in proportion to slow.
	anHour = 10 * slow
)

// pace tracks the calls since the last news.
type pace struct {
	began    *int // identifies the count; each news starts another
	quiet    int  // calls
	lastCall int
	hurried  bool  // calls may be before their turn
	calls    []int // when the slow ones began
}

func newPace() pace { return pace{began: new(int), lastCall: -hourly} }

func (s *steps) ofRecovery(sw switches) {
	if sw.recovers {
		s.add(2, "API works again", func(w *world) { w.hurry() })
		s.add(1, "call turned away", func(w *world) { w.claim(turnedAway, 0, false) })
	}
}

// checkSlow is I20: an alias that has tried often without news is slow.
func (w *world) checkSlow(c Call) {
	p := &w.pace
	if p.quiet >= slowAfter && w.now < p.lastCall+slow && !p.hurried && !w.clockSteps {
		w.Fatalf("I20: try %d without news, %d s after the last", p.quiet+1, w.now-p.lastCall)
	}
	p.quiet++
	p.lastCall = w.now
	p.hurried = p.hurried && c.Kind == Lookup
	if p.quiet < slowAfter {
		return
	}
	p.calls = append(slices.Clone(p.calls), w.now)
	if n := len(p.calls); n > callsAnHour && w.now-p.calls[n-1-callsAnHour] < anHour && !w.clockSteps {
		w.Fatalf("I20: %d calls without news in %d s", callsAnHour+1, w.now-p.calls[n-1-callsAnHour])
	}
}

// hurry: the calls of other aliases show that the API works again.
func (w *world) hurry() {
	if w.vacant {
		return
	}
	e := w.ledger.timed()
	n := w.policy.Hurry(e, w.wall(), w.wall())
	if n.Entry != e.Entry {
		w.ledger.set(n)
		w.pace.hurried = true
	}
	w.check()
}

// turnedAway notes that the call of k has not left and does not count, unless news has started another count.
func (w *world) turnedAway(k *work) {
	if k.paced.began == w.pace.began {
		w.pace = k.paced
	}
}
