// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"container/heap"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// laneOf only looks at the entry. To find its next call would take longer, and a webhook waits for this.
func laneOf(e protocol.Timed) lane {
	switch {
	case e.Entry == nil:
		return updating
	case !e.Firing():
		return closing
	case e.PageWaits(), e.IsOpen() && e.Worst() >= incident.High && e.Worst() > e.Written.Peak:
		if e.Worst() == incident.Critical {
			return beforeCriticalPage
		}
		return beforePage
	case e.IsOpen():
		return updating
	}
	switch e.Worst() {
	case incident.Critical:
		return criticalPage
	case incident.High:
		return highPage
	default:
		return otherPage
	}
}

// crew is a kind of workers. Calls that hang may hold all workers of one kind, but not those of another.
type crew uint8

const (
	allLanes crew = iota
	pagesOnly
	beforePagesOnly

	numCrews
)

// serves reports whether the workers take aliases of the lane.
func (c crew) serves(at lane) bool {
	return c == allLanes || c == pagesOnly && at.isPage() || c == beforePagesOnly && at.isBeforePage()
}

// pageShare is the share of the less urgent pages: in a storm the critical ones come first.
const pageShare = 100

// queue hands aliases to workers. It holds each alias once, and gives it to one worker at a time. An alias that is added while a worker
// has it comes again afterwards.
type queue struct {
	laneOf func(alias string) lane

	mu      sync.Mutex
	wake    [numCrews]*sync.Cond // each wakes a worker
	closed  bool
	waiting lanes[string]
	tickets map[string]*ticket[string] // of the aliases in waiting
	working map[string]bool            // with a worker; true: added again meanwhile
	later   delays
	delayed map[string]*delay // of the aliases in later
	timer   *time.Timer       // for the first of later
}

// newQueue returns an empty queue. The function laneOf must not call the queue.
func newQueue(laneOf func(alias string) lane) *queue {
	q := &queue{
		laneOf: laneOf, tickets: map[string]*ticket[string]{}, working: map[string]bool{}, delayed: map[string]*delay{},
	}
	q.waiting.shares = [numLanes]int{highPage: pageShare, otherPage: pageShare, beforePage: pageShare}
	for c := range q.wake {
		q.wake[c] = sync.NewCond(&q.mu)
	}
	q.timer = time.AfterFunc(time.Hour, q.ring)
	q.timer.Stop()
	return q
}

// add queues the alias for a worker. Its current entry decides its lane.
func (q *queue) add(alias string) {
	at := q.laneOf(alias)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(alias, at)
}

func (q *queue) push(alias string, at lane) {
	if q.closed {
		return
	}
	if _, busy := q.working[alias]; busy {
		q.working[alias] = true
		return
	}
	if t, ok := q.tickets[alias]; ok {
		q.waiting.raise(t, at)
	} else {
		q.tickets[alias] = q.waiting.push(alias, at)
	}
	for c := range numCrews {
		if c.serves(at) {
			q.wake[c].Signal()
		}
	}
}

// addAt adds the alias at a later time. The earliest time of an alias counts, until a worker gets it.
func (q *queue) addAt(alias string, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	switch d, ok := q.delayed[alias]; {
	case !ok:
		d = &delay{alias: alias, at: at}
		q.delayed[alias] = d
		heap.Push(&q.later, d)
	case at.Before(d.at):
		d.at = at
		heap.Fix(&q.later, d.index)
	}
	q.wind()
}

// wind sets the timer to the first delay.
func (q *queue) wind() {
	if len(q.later) == 0 || q.closed {
		q.timer.Stop()
		return
	}
	q.timer.Reset(max(time.Until(q.later[0].at), 0))
}

// ring adds the aliases that are due.
func (q *queue) ring() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.later) > 0 && !q.later[0].at.After(time.Now()) {
		alias := q.later[0].alias
		q.forget(alias)
		q.push(alias, q.laneOf(alias))
	}
	q.wind()
}

func (q *queue) forget(alias string) {
	if d, ok := q.delayed[alias]; ok {
		heap.Remove(&q.later, d.index)
		delete(q.delayed, alias)
	}
}

// get waits for an alias that the workers serve. It returns false when the queue is closed.
func (q *queue) get(by crew) (alias string, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed {
		if t := q.waiting.take(by.serves); t != nil {
			delete(q.tickets, t.value)
			if q.waiting.len() == 0 {
				q.tickets = map[string]*ticket[string]{} // the old map keeps its peak size
			}
			q.working[t.value] = false
			q.forget(t.value) // its worker finds its next time anew
			return t.value, true
		}
		q.wake[by].Wait()
	}
	return "", false
}

// done ends the work on an alias.
func (q *queue) done(alias string) {
	at := q.laneOf(alias)
	q.mu.Lock()
	defer q.mu.Unlock()
	again := q.working[alias]
	delete(q.working, alias)
	if again {
		q.push(alias, at)
	}
}

// close makes all workers stop waiting. The queue keeps its aliases.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.timer.Stop()
	for _, workers := range q.wake {
		workers.Broadcast()
	}
}

// delay is an alias that will be added later.
type delay struct {
	alias string
	at    time.Time
	index int
}

// delays is a heap; the first one due is on top.
type delays []*delay

func (d *delays) Len() int           { return len(*d) }
func (d *delays) Less(i, j int) bool { return (*d)[i].at.Before((*d)[j].at) }

func (d *delays) Swap(i, j int) {
	s := *d
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

func (d *delays) Push(x any) {
	item := x.(*delay) //nolint:forcetypeassert // addAt pushes nothing else
	item.index = len(*d)
	*d = append(*d, item)
}

func (d *delays) Pop() any {
	s := *d
	last := s[len(s)-1]
	s[len(s)-1] = nil
	*d = s[:len(s)-1]
	return last
}
