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
}

// finder answers lookups, independently of the workers. Each depth has its own reader, so a deep reading never delays a reading of the
// newest page. At the gate, the other readings leave a place free for the newest page. Questions that need no list are asked one by one.
type finder struct {
	manager Manager
	gate    *Gate
	answer  func(q *question, a protocol.Answer, took time.Duration, err error)
	readers [protocol.All + 1]*reader
	slow    chan struct{} // holds the readings that may be slow: all except those of the newest page
}

func newFinder(m Manager, g *Gate, answer func(*question, protocol.Answer, time.Duration, error)) *finder {
	f := &finder{manager: m, gate: g, answer: answer, slow: make(chan struct{}, max(1, g.readPlaces()-1))}
	for depth := range f.readers {
		f.readers[depth] = &reader{
			wake: make(chan struct{}, 1), slots: make(chan struct{}, readings), shared: f.slow, pause: readingPause,
		}
	}
	f.readers[protocol.Newest].shared = make(chan struct{}, readings)
	f.readers[protocol.Known].pause, f.readers[protocol.Known].alone = 0, true
	return f
}

// ask hands over a question. Its answer comes later, unless the finder stops first.
func (f *finder) ask(q *question) { f.readers[q.Depth].add(q) }

// run answers questions until ctx ends. Open questions then stay unanswered.
func (f *finder) run(ctx context.Context) {
	var readers sync.WaitGroup
	for _, r := range f.readers {
		readers.Go(func() { r.run(ctx, f) })
	}
	readers.Wait()
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

// reader answers the questions of one depth.
type reader struct {
	wake   chan struct{} // holds one wake-up
	slots  chan struct{} // holds the readings that are under way
	shared chan struct{} // holds the readings of several readers
	pause  time.Duration
	alone  bool // one question per reading

	mu      sync.Mutex
	waiting []*question
}

func (r *reader) add(q *question) {
	r.mu.Lock()
	r.waiting = append(r.waiting, q)
	r.mu.Unlock()
	r.ring()
}

func (r *reader) ring() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// take removes and returns the questions of the next reading.
func (r *reader) take() (batch []*question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.alone && len(r.waiting) > 1 {
		batch, r.waiting = r.waiting[:1:1], r.waiting[1:]
		r.ring()
		return batch
	}
	batch, r.waiting = r.waiting, nil
	return batch
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
		if !hold(ctx, r.slots) || !hold(ctx, r.shared) || f.gate.await(ctx, protocol.Lookup) != nil {
			return
		}
		release := func() { <-r.slots; <-r.shared }
		batch := r.take()
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
