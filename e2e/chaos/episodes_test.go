// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// maxMembers is the most alerts that an alias has here.
	maxMembers = 3
	// maxBeliefs bounds what is followed of one alias. Above it the alias counts as undecided.
	maxBeliefs = 4096
	never      = math.MinInt64
)

type status uint8

const (
	quiet status = iota
	fires
	held // as the echo of a replica: it does not count yet
)

// member is what the collector may believe of one alert, by the rules in plain words: a resolve ends a firing unless it
// is about an instance that ended before; a firing that is no newer than the last resolve and comes from the other
// replica soon after it is held. Times are nanoseconds; two of them bound when something happened.
type member struct {
	status     status
	by         uint8 // who resolved it, from 1
	arrival    uint32
	start, end int64
	resolved   [2]int64
	release    int64 // a hold cannot end before
}

type belief [maxMembers]member

func (b *belief) firing() bool {
	return slices.ContainsFunc(b[:], func(m member) bool { return m.status == fires })
}

// episodes bounds how often an alias may have gone from quiet to firing: with each webhook that may or may not have been
// taken, and each hold that may have just ended, all that is possible is followed. Beliefs that no later webhook can tell
// apart are one belief, so that their number depends on what is uncertain at one time, and not on the length of the history.
type episodes struct {
	most, next map[belief]int // for each belief the most episodes that lead to it

	remember      bool // forget nothing, to check that what is forgotten makes no difference
	steps, widest int  // what it cost
	undecided     bool // there were more beliefs than maxBeliefs
}

func newEpisodes() *episodes {
	return &episodes{most: map[belief]int{{}: 0}, next: map[belief]int{}}
}

// follow goes through a whole record.
func (e *episodes) follow(r *record) {
	later := make([]uint32, len(r.heard)+1) // for each entry the smallest arrival after it
	later[len(r.heard)] = math.MaxUint32
	for n, h := range slices.Backward(r.heard) {
		later[n] = min(later[n+1], h.arrival)
	}
	for n := range r.heard {
		if h := &r.heard[n]; h.fate != notTaken && !e.undecided {
			e.hear(h, r.said, later[n+1])
		}
	}
}

// hear follows a webhook. No webhook after it has an arrival below later.
func (e *episodes) hear(h *heard, all []said, later uint32) {
	clear(e.next)
	to := h.to()
	for b, n := range e.most {
		for _, b := range e.expire(b, n, to) {
			if h.fate == maybe {
				e.keep(b.belief, b.count, to, later)
			}
			after := []belief{b.belief}
			for i, place := range h.says {
				if place > 0 {
					after = e.applyAll(after, i, h, all[place-1])
				}
			}
			for _, a := range after {
				e.keep(a, b.count+begun(&b.belief, &a), to, later)
			}
		}
	}
	e.most, e.next = e.next, e.most
	e.widest = max(e.widest, len(e.most))
	e.undecided = len(e.most) > maxBeliefs
}

// end lets all holds end and returns the bound.
func (e *episodes) end() int {
	most := 0
	for b, n := range e.most {
		for _, b := range e.expire(b, n, math.MaxInt64) {
			most = max(most, b.count)
		}
	}
	return most
}

// keep takes up a belief for what follows: webhooks that are applied after now, with arrivals from later on.
func (e *episodes) keep(b belief, n int, now int64, later uint32) {
	e.steps++
	now -= int64(time.Microsecond) // a record rounds up
	for i := range b {
		if e.remember {
			break
		}
		b[i].forget(now-int64(echoWindow), now, later)
	}
	e.next[b] = max(e.next[b], n)
}

// forget drops what can make no difference any more.
func (m *member) forget(window, now int64, later uint32) {
	if m.arrival <= later {
		m.arrival = 0 // nothing is left that it could have overtaken
	}
	switch m.status {
	case fires: // a resolve replaces all of it, a firing only looks at the start
		m.by, m.end, m.resolved, m.release = 0, 0, [2]int64{}, 0
	case quiet:
		m.release = 0
		if m.resolved[1] <= window { // a firing now is not an echo
			m.by, m.end, m.resolved = 0, 0, [2]int64{}
		}
	case held:
		m.resolved = [2]int64{} // its time does not begin anew
		if m.release <= now {
			m.release = never
		}
	}
}

func begun(before, after *belief) int {
	if !before.firing() && after.firing() {
		return 1
	}
	return 0
}

type counted struct {
	belief belief
	count  int
}

// expire returns what may be by then: a hold that can be over may have ended, or be about to.
func (e *episodes) expire(b belief, n int, now int64) []counted {
	all := []counted{{b, n}}
	for i := range b {
		if b[i].status != held || now < b[i].release {
			continue
		}
		for _, c := range slices.Clone(all) {
			after := c.belief
			after[i].status = fires
			all = append(all, counted{after, c.count + begun(&c.belief, &after)})
		}
	}
	return all
}

func (e *episodes) applyAll(beliefs []belief, i int, h *heard, s said) []belief {
	var all []belief
	for _, b := range beliefs {
		for _, changed := range e.apply(b[i], h, s) {
			b[i] = changed
			all = append(all, b)
		}
	}
	return all
}

func (e *episodes) apply(b member, h *heard, s said) []member {
	if h.arrival < b.arrival {
		return []member{b} // overtaken
	}
	sender := h.replica + 1
	if !s.firing {
		if b.status != quiet && s.start < b.start && s.end <= b.start {
			return []member{b}
		}
		return []member{{
			status: quiet, start: s.start, end: s.end, by: sender, arrival: h.arrival, resolved: [2]int64{h.from, h.to()},
		}}
	}
	b.arrival = h.arrival
	now := b
	now.status, now.start = fires, max(s.start, b.start)
	later := b
	later.status, later.start, later.release = held, s.start, h.from+int64(echoHold)
	newer := b.by == 0 || sender == b.by || s.start > b.end
	switch {
	case b.status == fires || newer:
		return []member{now}
	case b.status == held:
		return []member{b} // its time does not begin anew
	case h.to()-b.resolved[0] < int64(echoWindow):
		return []member{later}
	case h.from-b.resolved[1] >= int64(echoWindow):
		return []member{now}
	default:
		return []member{now, later}
	}
}

// expect checks the model itself: after all that was said, the collector must know which alerts fire.
func (e *episodes) expect(p *problem) error {
	for b := range e.most {
		for _, a := range p.alerts {
			if a.firing != (b[a.member].status != quiet) {
				return fmt.Errorf("the senders left alert %d in status %d, firing is %t", a.member, b[a.member].status, a.firing)
			}
		}
	}
	return nil
}
