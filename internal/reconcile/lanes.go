// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import "cmp"

// lane is the urgency of a waiting item. This is the one order for aliases in the queue, lookups in the finder and requests at the gate.
type lane uint8

const (
	criticalPage       lane = iota // opens the incident of a critical alert
	beforeCriticalPage             // such a page waits for it: it may show or make sure that the incident is closed
	highPage
	otherPage
	beforePage // another page waits for it
	closing
	updating
	reading // only in the finder and at the gate

	numLanes
)

func (l lane) isPage() bool { return l == criticalPage || l == highPage || l == otherPage }

func (l lane) isBeforePage() bool { return l == beforeCriticalPage || l == beforePage }

// share: each lane with waiting items gets at least one turn in this many.
const share = 10

// lanes holds waiting items. The most urgent lane goes first, and each lane is first in, first out. But each lane with waiting items
// has a guaranteed share, however urgent the others are. So nothing waits forever, and closes get through during a storm of creates.
type lanes[T any] struct {
	// shares override share where they are not 0.
	shares  [numLanes]int
	waiting [numLanes]line[T]
	passed  [numLanes]int // how many items of other lanes went since the last one of this lane
	length  int
}

// line holds the waiting items of one lane. It is a linked list of the tickets, so that a waiting alias needs no further memory in a storm.
type line[T any] struct{ first, last *ticket[T] }

// ticket is an item's place in the lanes.
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

// raise moves a waiting ticket to a more urgent lane.
func (l *lanes[T]) raise(t *ticket[T], to lane) {
	if to < t.lane && l.remove(t) {
		l.enter(t, to)
	}
}

// remove takes a ticket out of its line. It reports whether the ticket was still waiting.
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

// take removes and returns the next ticket of the open lanes, or nil.
func (l *lanes[T]) take(open func(lane) bool) *ticket[T] {
	var next *ticket[T]
	overdue := 0
	for at := range numLanes {
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
