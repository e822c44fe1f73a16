// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

const (
	// callsAnHour is how many calls without news an hour has at most, after ten tries.
	callsAnHour = 12
	// anHour is in proportion to slow.
	anHour = 10 * slow
)

// pace is how fast calls came since the last news.
type pace struct {
	began    *int // when the count began; each news makes another
	quiet    int  // calls
	lastCall int
	hurried  bool  // calls may be before their turn
	calls    []int // the last of them, since they are slow
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

// hurry: the API works again, as far as the calls of other aliases show.
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

// turnedAway: the call of k has not left, and does not count. News has begun a count of its own.
func (w *world) turnedAway(k *work) {
	if k.paced.began == w.pace.began {
		w.pace = k.paced
	}
}
