// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sync"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// silences are who silences alerts, as the last snapshot of each source says. A restart forgets them until the next one.
type silences struct {
	mu       sync.RWMutex
	bySource map[string]map[protocol.Key]incident.Silence
}

func (s *silences) take(snapshot *protocol.Snapshot) {
	said := map[protocol.Key]incident.Silence{}
	for i := range snapshot.Silences {
		silence := &snapshot.Silences[i]
		for _, k := range silence.Keys {
			if silence.Until.After(said[k].Until) {
				said[k] = silence.Silence
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bySource, snapshot.Source)
	if len(said) > 0 {
		if s.bySource == nil {
			s.bySource = map[string]map[protocol.Key]incident.Silence{}
		}
		s.bySource[snapshot.Source] = said
	}
}

// of returns, of the silences of e's alerts that fire, the one that ends last.
func (s *silences) of(e *protocol.Entry) (last incident.Silence) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.bySource) == 0 {
		return last
	}
	for m := range e.Members.All() {
		if silence := s.bySource[m.ShownBy][m.Key]; m.Firing && silence.Until.After(last.Until) {
			last = silence
		}
	}
	return last
}
