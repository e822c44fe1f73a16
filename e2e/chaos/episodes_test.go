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
	// maxBeliefs bounds the beliefs about one alias. Above it the alias counts as undecided.
	maxBeliefs = 4096
	never      = math.MinInt64
)

type status uint8

const (
	quiet status = iota
	fires
	held // a possible echo of a replica: it does not count yet
)

// member is what the collector may believe about one alert. The rules: a resolve ends a firing, unless the resolve is about an
// instance that ended before. A firing is held if it is no newer than the last resolve and comes from the other replica soon after
// it. Times are nanoseconds; two of them bound when something happened.
type member struct {
	status     status
	by         uint8 // the replica that resolved it, from 1
	arrival    uint32
	start, end int64
	resolved   [2]int64
	release    int64 // earliest end of a hold
}

type belief [maxMembers]member

func (b *belief) firing() bool {
	return slices.ContainsFunc(b[:], func(m member) bool { return m.status == fires })
}

// episodes bounds how often an alias may have gone from quiet to firing. A webhook may have been accepted or not, and a hold may
// just have ended: episodes follows every possibility. It merges beliefs that no later webhook can tell apart, so their number
// depends on the current uncertainty, not on the length of the history.
type episodes struct {
	most, next map[belief]int // for each belief, the most episodes that lead to it

	remember      bool // forget nothing, to check that forgetting makes no difference
	steps, widest int  // what it cost
	undecided     bool // there were more beliefs than maxBeliefs
}

func newEpisodes() *episodes {
	return &episodes{most: map[belief]int{{}: 0}, next: map[belief]int{}}
}

// follow goes through a whole record.
func (e *episodes) follow(r *record) {
	later := make([]uint32, len(r.heard)+1) // for each entry, the smallest arrival after it
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

// hear applies a webhook. All webhooks after it have an arrival of at least later.
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

// end ends all holds and returns the bound.
func (e *episodes) end() int {
	most := 0
	for b, n := range e.most {
		for _, b := range e.expire(b, n, math.MaxInt64) {
			most = max(most, b.count)
		}
	}
	return most
}

// keep stores a belief for the next webhooks. They are applied after now, and their arrivals are later or above.
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

// forget drops everything that can no longer make a difference.
func (m *member) forget(window, now int64, later uint32) {
	if m.arrival <= later {
		m.arrival = 0 // it cannot have overtaken anything that follows
	}
	switch m.status {
	case fires: // a resolve replaces it all, a firing only reads the start
		m.by, m.end, m.resolved, m.release = 0, 0, [2]int64{}, 0
	case quiet:
		m.release = 0
		if m.resolved[1] <= window { // a firing now is not an echo
			m.by, m.end, m.resolved = 0, 0, [2]int64{}
		}
	case held:
		m.resolved = [2]int64{} // its time does not start again
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

// expire returns the possible beliefs at that time: a hold whose time has come may have ended, or be about to end.
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
		return []member{b} // its time does not start again
	case h.to()-b.resolved[0] < int64(echoWindow):
		return []member{later}
	case h.from-b.resolved[1] >= int64(echoWindow):
		return []member{now}
	default:
		return []member{now, later}
	}
}

// expect checks the model itself: after all webhooks, the collector must know which alerts fire.
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
