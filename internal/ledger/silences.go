// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sync"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// silences holds the silences of alerts from the last snapshot of each source. After a restart they are unknown until the next snapshot.
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

// of returns how many of the firing alerts of e are silenced, and the silence that ends last.
func (s *silences) of(e *protocol.Entry) (last incident.Silence, n int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.bySource) == 0 {
		return last, 0
	}
	for m := range e.Members.All() {
		silence, silenced := s.bySource[m.ShownBy][m.Key]
		if !m.Firing || !silenced {
			continue
		}
		n++
		if silence.Until.After(last.Until) {
			last = silence
		}
	}
	return last, n
}
