// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// readKnown reads by their ids the incidents with known ids that the list did not show, and those that fresh questions need. It reads the
// known ones even if reading the list failed, unless the API accepts no more requests. If the list and then such an incident could not be
// read, it does not try the others for which the list failed.
func (f *finding) readKnown(ctx context.Context) {
	unread := map[string][]*asked{}
	for _, a := range f.asked {
		for _, id := range a.idsToRead() {
			unread[id] = append(unread[id], a)
			a.reads++
		}
		if a.reads == 0 {
			a.tell()
		}
	}
	slots := make(chan struct{}, f.client.cfg.Workers)
	var wg sync.WaitGroup
	var down atomic.Bool
	for id, questions := range unread {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if (f.decides(questions) || !down.Load()) && !f.readOne(ctx, id, questions) {
				down.Store(true)
			}
			for _, a := range f.finish(questions) {
				a.tell()
			}
		})
	}
	wg.Wait()
}

// idsToRead returns the incidents that the question needs and that must be read by their ids.
func (a *asked) idsToRead() []string {
	switch {
	case a.closedToUs():
		return nil
	case a.ID == "" || len(a.known()) > 0:
		return a.unread
	case a.err != nil:
		return []string{a.ID}
	}
	return append([]string{a.ID}, a.unread...)
}

// decides reports whether the incident is all that a question still needs.
func (f *finding) decides(questions []*asked) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(questions, func(a *asked) bool { return a.err == nil })
}

// finish notes that an incident was read, and returns the questions that need no other.
func (f *finding) finish(questions []*asked) (answered []*asked) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range questions {
		a.reads--
		if a.reads == 0 {
			answered = append(answered, a)
		}
	}
	return answered
}

// readOne reads the incident for questions about it. It reports false if neither the list nor the incident could be read.
func (f *finding) readOne(ctx context.Context, id string, questions []*asked) (works bool) {
	inc, err := f.client.read(ctx, protocol.Lookup, id)
	works = true
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range questions {
		switch ResultOf(err) {
		case protocol.Done:
			a.add(&inc)
			a.byID = true
		case protocol.Gone:
			a.byID = true
		default:
			works = works && a.err == nil
			a.err = cmp.Or(a.err, err)
		}
	}
	return works
}
