// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"slices"
	"time"
)

// maxMembers is the most alerts that an alias has here.
const maxMembers = 3

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
	start, end int64
	by         int // who resolved it, from 1
	resolved   [2]int64
	release    int64 // a hold cannot end before
	arrival    int
}

type belief [maxMembers]member

func (b *belief) firing() bool {
	return slices.ContainsFunc(b[:], func(m member) bool { return m.status == fires })
}

// episodes bounds how often an alias may have gone from quiet to firing: with each webhook that may or may not have been
// taken, and each hold that may have just ended, all that is possible is followed.
type episodes struct {
	window, hold time.Duration
	most         map[belief]int // for each belief the most episodes that lead to it
}

func newEpisodes(window, hold time.Duration) *episodes {
	return &episodes{window: window, hold: hold, most: map[belief]int{{}: 0}}
}

// hear follows a webhook, as far as it is about the alias.
func (e *episodes) hear(alias string, m *message) {
	if m.fate == notTaken {
		return
	}
	next := map[belief]int{}
	for b, n := range e.most {
		for _, b := range e.expire(b, n, m.to.UnixNano()) {
			if m.fate == maybe {
				keep(next, b.belief, b.count)
			}
			after := []belief{b.belief}
			for i, a := range m.group {
				if a.alias == alias {
					after = e.applyAll(after, a.member, m, m.says[i])
				}
			}
			for _, a := range after {
				keep(next, a, b.count+begun(b.belief, a))
			}
		}
	}
	e.most = next
}

// end lets all holds end and returns the bound.
func (e *episodes) end() int {
	most := 0
	for b, n := range e.most {
		for _, b := range e.expire(b, n, 1<<62) {
			most = max(most, b.count)
		}
	}
	return most
}

func keep(most map[belief]int, b belief, n int) {
	most[b] = max(most[b], n)
}

func begun(before, after belief) int {
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
			all = append(all, counted{after, c.count + begun(c.belief, after)})
		}
	}
	return all
}

func (e *episodes) applyAll(beliefs []belief, i int, m *message, s saying) []belief {
	var all []belief
	for _, b := range beliefs {
		for _, changed := range e.apply(b[i], m, s) {
			b[i] = changed
			all = append(all, b)
		}
	}
	return all
}

func (e *episodes) apply(b member, m *message, s saying) []member {
	if m.arrival < b.arrival {
		return []member{b} // overtaken
	}
	start, sender := s.StartsAt.UnixNano(), m.replica+1
	if !s.Firing {
		end := s.EndsAt.UnixNano()
		if b.status != quiet && start < b.start && end <= b.start {
			return []member{b}
		}
		return []member{{
			status: quiet, start: start, end: end, by: sender, arrival: m.arrival,
			resolved: [2]int64{m.from.UnixNano(), m.to.UnixNano()},
		}}
	}
	b.arrival = m.arrival
	now := b
	now.status, now.start = fires, max(start, b.start)
	later := b
	later.status, later.start, later.release = held, start, m.from.Add(e.hold).UnixNano()
	newer := b.by == 0 || sender == b.by || start > b.end
	switch {
	case b.status == fires || newer:
		return []member{now}
	case b.status == held:
		return []member{b} // its time does not begin anew
	case m.to.UnixNano()-b.resolved[0] < int64(e.window):
		return []member{later}
	case m.from.UnixNano()-b.resolved[1] >= int64(e.window):
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
