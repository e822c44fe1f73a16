// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"encoding/base64"
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
	Schema  int        `json:"schema"`
	Labels  labels.Set `json:"labels,omitempty"`
	Keys    []string   `json:"keys,omitempty"`
	HeardAt time.Time  `json:"heard_at"`
	Missing bool       `json:"missing,omitzero"`
}

const schema = 1

// encode returns the note of a source; nil if a restart need not know it.
func (s *Source) encode() []byte {
	if !s.Watched {
		return nil
	}
	n := note{Schema: schema, Labels: s.Labels, HeardAt: s.HeardAt.UTC().Round(0), Missing: s.Missing}
	for _, k := range s.Keys {
		n.Keys = append(n.Keys, base64.RawStdEncoding.EncodeToString(k[:]))
	}
	b, err := json.Marshal(n)
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
	s := Source{Labels: n.Labels, HeardAt: n.HeardAt, Watched: true, Missing: n.Missing}
	if s.HeardAt.After(now) {
		s.HeardAt = now
	}
	for _, text := range n.Keys[:min(len(n.Keys), maxKeys)] {
		k, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil || len(k) != len(protocol.Key{}) {
			return Source{}, errors.New("the note about a source has a key that is none")
		}
		s.Keys = append(s.Keys, protocol.Key(k))
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
