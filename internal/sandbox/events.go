// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

const (
	// coalesce gathers changes before a page is updated: ten times a second is live enough.
	coalesce  = 100 * time.Millisecond
	heartbeat = 15 * time.Second
	// shownOpen and shownClosed bound what a page is sent.
	shownOpen   = 1000
	shownClosed = 100
)

// view is what a page is sent: everything in a "snapshot", what changed in a "change".
type view struct {
	Incidents []Incident `json:"incidents"`
	Gone      []string   `json:"gone"`
	Open      int        `json:"open"`
	Closed    int        `json:"closed"`
	Now       time.Time  `json:"now"` // the page shows durations by this clock
	// Key is one that the sandbox accepts, if it is nobody's own: in a snapshot only.
	Key string `json:"key,omitempty"`
}

// serveEvents streams changes as server-sent events. A page that reconnects gets a snapshot first, so it misses nothing.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
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
		case _, running := <-sub.wake:
			if !running || !s.sleep(coalesce) {
				return
			}
			if ids, stale := s.hub.take(sub); stale {
				running = send("event: snapshot\ndata: %s\n\n", encode(s.snapshot()))
			} else {
				running = send("event: change\ndata: %s\n\n", encode(s.changes(ids)))
			}
			if !running {
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
