// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// notePrefix begins the names of the notes about sources.
const notePrefix = "watchdog:"

// note is what a restart must know of a source that is watched.
type note struct {
	Schema  int            `json:"schema"`
	Labels  labels.Set     `json:"labels,omitempty"`
	Keys    []protocol.Key `json:"keys,omitempty"` // in base64
	HeardAt time.Time      `json:"heard_at"`
	Missing bool           `json:"missing,omitzero"`
}

const schema = 1

// encode returns the note of a source; nil if a restart need not know it.
func (s *Source) encode() []byte {
	if !s.Watched {
		return nil
	}
	b, err := json.Marshal(note{Schema: schema, Labels: s.Labels, Keys: s.Keys, HeardAt: s.HeardAt.UTC().Round(0), Missing: s.Missing})
	if err != nil {
		return nil // labels are text
	}
	return b
}

// decode reads a note. A time after now was written by a clock that has been set back since: now takes its place.
func decode(b []byte, now time.Time) (Source, error) {
	var n note
	if err := json.Unmarshal(b, &n); err != nil {
		return Source{}, fmt.Errorf("not a note about a source: %w", err)
	}
	if n.Schema != schema {
		return Source{}, errors.New("not a note about a source that this version can read")
	}
	s := Source{Labels: n.Labels, Keys: n.Keys[:min(len(n.Keys), maxKeys)], HeardAt: n.HeardAt, Watched: true, Missing: n.Missing}
	if s.HeardAt.After(now) {
		s.HeardAt = now
	}
	return s, nil
}

// worthANote reports whether what disk has of a source is too old. A restart may lose the order of its watchdogs, and up to a third of
// missing_after of when it was heard last.
func worthANote(s, stored *Source, missingAfter time.Duration) bool {
	if !s.Watched {
		return stored.Watched
	}
	if s.Watched != stored.Watched || s.Missing != stored.Missing || s.HeardAt.Sub(stored.HeardAt) >= missingAfter/3 {
		return true
	}
	return len(s.Keys) != len(stored.Keys) ||
		slices.ContainsFunc(s.Keys, func(k protocol.Key) bool { return !slices.Contains(stored.Keys, k) })
}

// isNote reports whether a note with this name is about a source.
func isNote(name string) bool { return strings.HasPrefix(name, notePrefix) }
