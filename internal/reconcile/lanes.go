// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import "cmp"

// lane is how urgent something is that waits; 0 is the most urgent.
type lane uint8

// numLanes is enough for the aliases of the queue and for the requests of the gate.
const numLanes = 5

// share is the part of every lane in which something waits: one of so many that go.
const share = 10

// lanes hold what waits. The most urgent goes first, first in, first out within a lane; but each lane in which something waits has
// a share, whatever is more urgent. So nothing waits forever, and closes get through while creates storm.
type lanes[T any] struct {
	// shares stand in for share where they are not 0.
	shares  [numLanes]int
	waiting [numLanes]line[T]
	passed  [numLanes]int // how many of others went since one of the lane did
	length  int
}

// line is what waits in one lane. The tickets are its links, so that each alias that waits in a storm takes no further memory.
type line[T any] struct{ first, last *ticket[T] }

// ticket is a place in the lanes.
type ticket[T any] struct {
	value         T
	lane          lane
	waits         bool // false once it has left
	before, after *ticket[T]
}

func (l *lanes[T]) len() int { return l.length }

func (l *lanes[T]) push(value T, at lane) *ticket[T] {
	t := &ticket[T]{value: value}
	l.enter(t, at)
	return t
}

func (l *lanes[T]) enter(t *ticket[T], at lane) {
	in := &l.waiting[at]
	t.lane, t.waits, t.before = at, true, in.last
	if in.last == nil {
		in.first = t
	} else {
		in.last.after = t
	}
	in.last = t
	l.length++
}

// raise moves a ticket that waits to a more urgent lane.
func (l *lanes[T]) raise(t *ticket[T], to lane) {
	if to < t.lane && l.remove(t) {
		l.enter(t, to)
	}
}

// remove takes a ticket out of turn. It reports whether it was still there.
func (l *lanes[T]) remove(t *ticket[T]) bool {
	if !t.waits {
		return false
	}
	in := &l.waiting[t.lane]
	if t.before == nil {
		in.first = t.after
	} else {
		t.before.after = t.after
	}
	if t.after == nil {
		in.last = t.before
	} else {
		t.after.before = t.before
	}
	t.waits, t.before, t.after = false, nil, nil
	l.length--
	return true
}

// front returns the first ticket of a lane, or nil.
func (l *lanes[T]) front(at lane) *ticket[T] { return l.waiting[at].first }

func (l *lanes[T]) share(at lane) int { return cmp.Or(l.shares[at], share) }

// take returns whose turn it is among the lanes that are open, or nil.
func (l *lanes[T]) take(open func(lane) bool) *ticket[T] {
	var next *ticket[T]
	overdue := 0
	for at := range lane(numLanes) {
		t := l.front(at)
		if t == nil {
			l.passed[at] = 0
			continue
		}
		if !open(at) {
			continue
		}
		if next == nil {
			next = t
		}
		l.passed[at]++
		if by := l.passed[at] - l.share(at); by >= overdue {
			next, overdue = t, by+1
		}
	}
	if next != nil {
		l.passed[next.lane] = 0
		l.remove(next)
	}
	return next
}
