// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// priority orders the aliases that wait for a worker: a page before the end of one, and that before its text.
type priority uint8

const (
	openCritical priority = iota
	openHigh
	openOther
	closing
	updating
	priorities
)

// priorityOf only looks at what an entry is, because finding its next call takes longer and this is in a webhook's way.
func priorityOf(e *ledger.Entry) priority {
	switch {
	case e == nil:
		return updating
	case !e.Firing():
		return closing
	case e.Incident.State == ledger.Open:
		return updating
	}
	switch e.Worst() {
	case incident.Critical:
		return openCritical
	case incident.High:
		return openHigh
	default:
		return openOther
	}
}

// priorityQueue is a workqueue.Queue: first in, first out within a priority. The work queue guards it.
type priorityQueue struct {
	priorityOf func(alias string) priority
	lanes      [priorities]lane
	queued     map[string]priority
}

func newPriorityQueue(of func(alias string) priority) *priorityQueue {
	return &priorityQueue{priorityOf: of, queued: map[string]priority{}}
}

// Push adds an alias.
func (q *priorityQueue) Push(alias string) {
	p := q.priorityOf(alias)
	q.queued[alias] = p
	q.lanes[p].push(alias)
}

// Touch moves an alias that is already queued ahead, if it became more urgent.
func (q *priorityQueue) Touch(alias string) {
	if p, ok := q.queued[alias]; ok {
		if now := q.priorityOf(alias); now < p {
			q.queued[alias] = now
			q.lanes[now].push(alias) // Pop passes over the one left behind
		}
	}
}

// Len returns the number of queued aliases.
func (q *priorityQueue) Len() int { return len(q.queued) }

// Pop returns the most urgent alias. It is only called while Len is not 0.
func (q *priorityQueue) Pop() string {
	for p := range q.lanes {
		for q.lanes[p].len() > 0 {
			alias := q.lanes[p].pop()
			if at, ok := q.queued[alias]; ok && at == priority(p) {
				delete(q.queued, alias)
				return alias
			}
		}
	}
	return ""
}

// lane is a queue that gives its memory back when it runs empty.
type lane struct {
	items []string
	head  int
}

func (l *lane) len() int { return len(l.items) - l.head }

func (l *lane) push(alias string) { l.items = append(l.items, alias) }

func (l *lane) pop() string {
	alias := l.items[l.head]
	l.items[l.head] = ""
	l.head++
	if l.head == len(l.items) {
		l.items, l.head = nil, 0
	}
	return alias
}
