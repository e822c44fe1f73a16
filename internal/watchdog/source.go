// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxKeys bounds the watchdogs of one source: each Prometheus of a group has its own.
const maxKeys = 16

// Source is the state of one source.
type Source struct {
	// Labels identify the source. They are the labels of group_by, in its order.
	Labels labels.Set
	// Keys are the keys of its watchdogs, the last heard first.
	Keys []protocol.Key
	// HeardAt is when a watchdog was heard last.
	HeardAt time.Time
	// Watched: its silence will be noticed. Missing: its silence was noticed.
	Watched, Missing bool

	// first is when it was heard first, or first after a long silence. It counts while the source is not watched.
	first time.Time
	// warned: its slowness was reported.
	warned bool
}

// Name returns the name of the source for people.
func (s *Source) Name() string {
	if len(s.Labels) == 0 {
		return "Prometheus"
	}
	return name(s.Labels)
}

// Alias returns the alias of the source's incident.
func (s *Source) Alias() string { return alias(s.Labels) }

// Kind is what happened to a source.
type Kind uint8

// Kinds of news.
const (
	Nothing   Kind = iota
	Watching       // its silence will be noticed
	Slow           // it is heard too rarely to be watched
	Gone           // it is missing
	Back           // it is heard again
	Forgotten      // a person closed its incident
	NoRoom         // there are too many sources
	Never          // no source has been heard for missing_after
)

// Heard returns the source after one of its watchdogs was heard, in a webhook or in a list. Two Alertmanagers send the same alert at
// the same time, and a group contains the alerts of two Prometheus servers. So heartbeats that come close together count as one.
func (s Source) Heard(key protocol.Key, listed bool, missingAfter time.Duration, now time.Time) (Source, Kind) {
	s.hears(key)
	s.HeardAt = protocol.Latest(s.HeardAt, now)
	switch between := now.Sub(s.first); {
	case s.Missing:
		s.Missing = false
		return s, Back
	case s.Watched:
	case listed, !s.first.IsZero() && between >= missingAfter/30 && between <= missingAfter:
		s.Watched = true
		return s, Watching
	case s.first.IsZero() || between > missingAfter:
		s.first = now
	}
	return s, Nothing
}

// hears moves the key to the front.
func (s *Source) hears(key protocol.Key) {
	switch at := slices.Index(s.Keys, key); {
	case at == 0:
	case at > 0:
		keys := slices.Delete(slices.Clone(s.Keys), at, at+1)
		s.Keys = slices.Insert(keys, 0, key)
	default:
		keys := append([]protocol.Key{key}, s.Keys...)
		s.Keys = keys[:min(len(keys), maxKeys)]
	}
}

// Tick returns the source at the current time. The bridge could hear nothing before began.
func (s Source) Tick(missingAfter time.Duration, began, now time.Time) (Source, Kind) {
	switch {
	case !s.Watched && !s.warned && now.Sub(s.first) > missingAfter:
		s.warned = true
		return s, Slow
	case s.Watched && !s.Missing && now.Sub(protocol.Latest(s.HeardAt, began)) >= missingAfter:
		s.Missing = true
		return s, Gone
	}
	return s, Nothing
}

// notePrefix begins the names of the notes about sources.
const notePrefix = "watchdog:"

// note holds what a restart must know about a watched source.
type note struct {
	Schema  int            `json:"schema"`
	Labels  labels.Set     `json:"labels,omitempty"`
	Keys    []protocol.Key `json:"keys,omitempty"` // in base64
	HeardAt time.Time      `json:"heard_at"`
	Missing bool           `json:"missing,omitzero"`
}

const schema = 1

// encode returns the note of a watched source.
func (s *Source) encode() []byte {
	b, err := json.Marshal(note{Schema: schema, Labels: s.Labels, Keys: s.Keys, HeardAt: s.HeardAt.UTC().Round(0), Missing: s.Missing})
	if err != nil {
		return nil // not reached: labels are text
	}
	return b
}

// decode reads a note. The labels are in the order of their names. If its time is after now, the clock has been set back, and now replaces the time.
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

// worthANote reports whether the stored state of a source is too old. A restart may lose the order of its watchdogs, and may see the
// last heartbeat up to a third of missing_after too early.
func worthANote(s, stored *Source, missingAfter time.Duration) bool {
	if !s.Watched {
		return false // a watched source stays watched until it is dropped
	}
	if !stored.Watched || s.Missing != stored.Missing || s.HeardAt.Sub(stored.HeardAt) >= missingAfter/3 {
		return true
	}
	return len(s.Keys) != len(stored.Keys) ||
		slices.ContainsFunc(s.Keys, func(k protocol.Key) bool { return !slices.Contains(stored.Keys, k) })
}
