// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxSources bounds the sources whose silences are known. Records from elsewhere can name any source; the receiver has one for each sync.
const maxSources = 1000

// silences holds the silences of alerts from the last snapshot of each source. After a restart they are unknown until the next snapshot.
type silences struct {
	mu       sync.RWMutex
	bySource *simplelru.LRU[string, map[protocol.Key]incident.Silence]
}

func newSilences() silences {
	bySource, _ := simplelru.NewLRU[string, map[protocol.Key]incident.Silence](maxSources, nil) // only a size below 1 is an error
	return silences{bySource: bySource}
}

func (s *silences) take(snapshot *protocol.Snapshot) {
	byKey := map[protocol.Key]incident.Silence{}
	for i := range snapshot.Silences {
		silence := &snapshot.Silences[i]
		for _, k := range silence.Keys {
			if silence.Until.After(byKey[k].Until) {
				byKey[k] = silence.Silence
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(byKey) > 0 {
		s.bySource.Add(snapshot.Source, byKey)
	} else {
		s.bySource.Remove(snapshot.Source)
	}
}

// of returns how many of the firing alerts of e are silenced, and the silence that ends last.
func (s *silences) of(e *protocol.Entry) (last incident.Silence, n int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.bySource.Len() == 0 {
		return last, 0
	}
	for m := range e.Members.All() {
		byKey, _ := s.bySource.Peek(m.ShownBy)
		silence, silenced := byKey[m.Key]
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
