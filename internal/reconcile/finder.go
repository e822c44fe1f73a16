// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// readingPause is the minimum time between two readings of the same depth, so that aliases that come into doubt one after the other
	// share readings.
	readingPause = time.Second
	// readings bounds the concurrent readings of one depth: one that hangs does not block the next.
	readings = 2
)

// question is a claimed lookup.
type question struct {
	alert24.Question
	call protocol.Call
	to   *reader
}

// finder answers lookups, independently of the workers. Lookups that a page waits for have readers of their own, so they wait for no
// others, and go first at the gate. Each depth has its own reader, so a deep reading never delays a reading of the newest page. At the
// gate, the other readings leave a place free for the newest page. Questions that need no list are asked one by one.
type finder struct {
	manager Manager
	gate    *Gate
	// outdated reports whether the answer would mean nothing, because the entry has changed. Such a question is turned away.
	outdated func(q *question) bool
	answer   func(q *question, a protocol.Answer, took time.Duration, err error)
	readers  map[lane]*[protocol.All + 1]*reader
	slow     chan struct{} // holds the readings for no page that may be slow: all except those of the newest page

	mu      sync.Mutex
	waiting map[string]*ticket[*question] // by alias
}

func newFinder(m Manager, g *Gate, outdated func(*question) bool, answer func(*question, protocol.Answer, time.Duration, error)) *finder {
	f := &finder{
		manager: m, gate: g, outdated: outdated, answer: answer,
		readers: map[lane]*[protocol.All + 1]*reader{}, waiting: map[string]*ticket[*question]{},
	}
	for _, at := range []lane{beforeCriticalPage, beforePage, reading} {
		f.readers[at] = newReaders(at, max(1, g.readPlaces()-1))
	}
	f.slow = f.readers[reading][protocol.All].shared
	return f
}

// newReaders returns the readers of a lane, by depth. slow bounds their concurrent readings that may be slow.
func newReaders(at lane, slow int) *[protocol.All + 1]*reader {
	var all [protocol.All + 1]*reader
	shared := make(chan struct{}, slow)
	for depth := range all {
		all[depth] = &reader{lane: at, wake: make(chan struct{}, 1), slots: make(chan struct{}, readings), shared: shared, pause: readingPause}
	}
	all[protocol.Newest].shared = make(chan struct{}, readings)
	all[protocol.Known].pause, all[protocol.Known].alone = 0, true
	return &all
}

// ask hands over a question about an alias in the given lane. Its answer comes later, unless the finder stops or the same alias asks
// again first.
func (f *finder) ask(q *question, at lane) {
	if !at.isBeforePage() {
		at = reading
	}
	q.to = f.readers[at][q.Depth]
	f.mu.Lock()
	if former, waits := f.waiting[q.Alias]; waits {
		former.value.to.waiting.remove(former)
	}
	f.waiting[q.Alias] = q.to.waiting.push(q, at)
	f.mu.Unlock()
	q.to.ring()
}

// take removes and returns the questions of the reader's next reading. It turns away those that are outdated.
func (f *finder) take(r *reader) []*question {
	batch, outdated := f.next(r)
	for _, q := range outdated {
		f.answer(q, protocol.Answer{TurnedAway: true}, 0, nil)
	}
	return batch
}

func (f *finder) next(r *reader) (batch, outdated []*question) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t := r.waiting.front(r.lane); t != nil; t = r.waiting.front(r.lane) {
		q := t.value
		switch {
		case f.outdated(q):
			outdated = append(outdated, q)
		case r.alone && len(batch) > 0:
			r.ring()
			return batch, outdated
		default:
			batch = append(batch, q)
		}
		r.waiting.remove(t)
		delete(f.waiting, q.Alias)
	}
	if len(f.waiting) == 0 {
		f.waiting = map[string]*ticket[*question]{} // the old map keeps its peak size
	}
	return batch, outdated
}

// run answers questions until ctx ends. Open questions then stay unanswered.
func (f *finder) run(ctx context.Context) {
	var running sync.WaitGroup
	for at, readers := range f.readers {
		for _, r := range readers {
			running.Go(func() { r.run(urgent(ctx, at), f) })
		}
	}
	running.Wait()
}

// find answers the questions with one reading.
func (f *finder) find(ctx context.Context, batch []*question) {
	questions := make([]alert24.Question, len(batch))
	for i, q := range batch {
		questions[i] = q.Question
	}
	began := time.Now()
	f.manager.Find(ctx, questions, func(i int, a protocol.Answer, err error) {
		if ctx.Err() == nil { // an interrupted reading proves nothing
			f.answer(batch[i], a, time.Since(began), err)
		}
	})
}

// reader answers the questions of one depth and one lane.
type reader struct {
	lane    lane
	wake    chan struct{} // holds one wake-up
	slots   chan struct{} // holds the readings that are under way
	shared  chan struct{} // holds the readings of several readers
	pause   time.Duration
	alone   bool             // one question per reading
	waiting lanes[*question] // guarded by the finder's lock
}

func (r *reader) ring() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reader) run(ctx context.Context, f *finder) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		}
		if !hold(ctx, r.slots) || !hold(ctx, r.shared) || f.gate.await(ctx, r.lane) != nil {
			return
		}
		release := func() { <-r.slots; <-r.shared }
		batch := f.take(r)
		if len(batch) == 0 {
			release()
			continue
		}
		running.Go(func() {
			defer release()
			f.find(ctx, batch)
		})
		if !sleep.For(ctx, r.pause) {
			return
		}
	}
}

// hold takes a place in c. It returns false if ctx ends first.
func hold(ctx context.Context, c chan struct{}) bool {
	select {
	case <-ctx.Done():
		return false
	case c <- struct{}{}:
		return true
	}
}
