// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

const (
	// coalesce is how long changes are collected before a page is updated: ten times a second is live enough.
	coalesce  = 100 * time.Millisecond
	heartbeat = 15 * time.Second
	// shownOpen and shownClosed bound the incidents sent to a page.
	shownOpen   = 1000
	shownClosed = 100
)

// view is sent to a page: everything in a "snapshot", the changes in a "change".
type view struct {
	Incidents []Incident `json:"incidents"`
	Gone      []string   `json:"gone"`
	Open      int        `json:"open"`
	Closed    int        `json:"closed"`
	Now       time.Time  `json:"now"` // the page shows durations by this clock
	// Key is a key that the sandbox accepts and that is not a secret; only in a snapshot.
	Key string `json:"key,omitempty"`
}

// serveEvents streams changes as server-sent events. A page that reconnects gets a snapshot first, so it misses nothing.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	if s.running.Err() != nil {
		s.adminAnswer(w, nil, &store.APIError{Message: "the sandbox is shutting down", Status: http.StatusServiceUnavailable})
		return
	}
	sub, err := s.hub.subscribe()
	if err != nil {
		s.adminAnswer(w, nil, err)
		return
	}
	defer s.hub.unsubscribe(sub)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	rc := http.NewResponseController(w)
	send := func(text string, args ...any) bool {
		extendDeadlines(w, 0)
		_, err := fmt.Fprintf(w, text, args...)
		return err == nil && rc.Flush() == nil
	}
	if !send("retry: 500\nevent: snapshot\ndata: %s\n\n", encode(s.snapshot())) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if !send(": still here\n\n") {
				return
			}
		case <-s.running.Done():
			return
		case <-sub.wake:
			if !s.sleep(coalesce) {
				return
			}
			var sent bool
			if ids, stale := s.hub.take(sub); stale {
				sent = send("event: snapshot\ndata: %s\n\n", encode(s.snapshot()))
			} else {
				sent = send("event: change\ndata: %s\n\n", encode(s.changes(ids)))
			}
			if !sent {
				return
			}
		}
	}
}

func (s *Server) snapshot() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.emptyView()
	if _, demo := s.keys[DemoKey]; demo || s.keys == nil {
		v.Key = DemoKey
	}
	v.Incidents, _ = s.store.List(store.Query{OnlyOpen: true, Limit: shownOpen})
	ended, _ := s.store.List(store.Query{OnlyClosed: true, Limit: shownClosed})
	v.Incidents = append(v.Incidents, ended...)
	return v
}

func (s *Server) changes(ids []string) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.emptyView()
	for _, id := range ids {
		if i, err := s.store.Get(id); err == nil {
			v.Incidents = append(v.Incidents, *i)
		} else {
			v.Gone = append(v.Gone, id)
		}
	}
	return v
}

func (s *Server) emptyView() view {
	return view{
		Now: s.options.Now(), Open: s.store.Count(open), Closed: s.store.Count(store.Query{OnlyClosed: true}),
	}
}

// maxDirty is how many changed incidents a subscriber may lag behind before it gets a snapshot again.
const maxDirty = 1000

// hub tells open pages which incidents changed. It keeps ids, not events. So a slow page costs a set of at most maxDirty ids, and
// always gets the newest state.
type hub struct {
	limit int

	mu          sync.Mutex
	subscribers map[*subscriber]struct{}
}

type subscriber struct {
	wake  chan struct{}       // has an element if there is something to take
	dirty map[string]struct{} // nil if there were too many
}

func newHub(limit int) *hub {
	return &hub{limit: limit, subscribers: map[*subscriber]struct{}{}}
}

func (h *hub) subscribe() (*subscriber, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.subscribers) >= h.limit {
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

// changed marks an incident as changed or deleted.
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

// take returns the changes since the last call; stale means that there were too many.
func (h *hub) take(s *subscriber) (ids []string, stale bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids, stale = slices.Collect(maps.Keys(s.dirty)), s.dirty == nil
	s.dirty = map[string]struct{}{}
	return ids, stale
}
