// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// maxDirty is how many changed incidents a subscriber may be behind before it is sent everything again.
const maxDirty = 1000

// hub tells open pages which incidents changed. It keeps ids, not events: a slow page costs a set of at most maxDirty ids,
// and always gets the newest state.
type hub struct {
	limit int

	mu          sync.Mutex
	closed      bool
	subscribers map[*subscriber]struct{}
}

type subscriber struct {
	wake  chan struct{}       // has an element when there is something to take; closed at the end
	dirty map[string]struct{} // nil: more than can be said
}

func newHub(limit int) *hub {
	return &hub{limit: limit, subscribers: map[*subscriber]struct{}{}}
}

func (h *hub) subscribe() (*subscriber, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return nil, &store.APIError{Message: "the sandbox is shutting down", Status: http.StatusServiceUnavailable}
	case len(h.subscribers) >= h.limit:
		return nil, &store.APIError{Message: "too many pages are open: close one", Status: http.StatusServiceUnavailable}
	}
	s := &subscriber{wake: make(chan struct{}, 1), dirty: map[string]struct{}{}}
	h.subscribers[s] = struct{}{}
	return s, nil
}

func (h *hub) unsubscribe(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subscribers, s)
}

// changed marks an incident as changed or gone.
func (h *hub) changed(id string) {
	h.each(func(s *subscriber) {
		if s.dirty != nil {
			s.dirty[id] = struct{}{}
		}
		if len(s.dirty) > maxDirty {
			s.dirty = nil
		}
	})
}

// reset makes every page load everything again.
func (h *hub) reset() { h.each(func(s *subscriber) { s.dirty = nil }) }

func (h *hub) each(mark func(*subscriber)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subscribers {
		mark(s)
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// take returns what changed since the last call; stale says that it was too much to say.
func (h *hub) take(s *subscriber) (ids []string, stale bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids, stale = slices.Collect(maps.Keys(s.dirty)), s.dirty == nil
	s.dirty = map[string]struct{}{}
	return ids, stale
}

func (h *hub) closeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for s := range h.subscribers {
		close(s.wake)
		delete(h.subscribers, s)
	}
}
