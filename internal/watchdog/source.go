// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxKeys bounds the watchdogs of one source: each Prometheus of a group has one of its own.
const maxKeys = 16

// Source is what is known of one source.
type Source struct {
	// Labels tell it from others. They are those of group_by.
	Labels labels.Set
	// Keys are those of its watchdogs, the last heard first.
	Keys []protocol.Key
	// HeardAt is when a watchdog was heard last.
	HeardAt time.Time
	// Watched: its silence is noticed. Missing: it has been.
	Watched, Missing bool

	first  time.Time // when it was heard first, or again after long, while it is not watched
	warned bool
}

// Name is what people call the source.
func (s *Source) Name() string {
	if len(s.Labels) == 0 {
		return "Prometheus"
	}
	return name(s.Labels)
}

// Alias is that of the incident of the source.
func (s *Source) Alias() string { return alias(s.Labels) }

// Kind is what happened to a source.
type Kind uint8

// Kinds of news.
const (
	Nothing   Kind = iota
	Watching       // its silence will be noticed
	Slow           // it is heard too seldom to be watched
	Gone           // it is missing
	Back           // it is heard again
	Forgotten      // a person closed its incident
	NoRoom         // there are too many sources
)

// Heard returns the source after one of its watchdogs was heard, by a webhook or in a list. Two Alertmanagers send the same alert at
// the same time, and a group sends those of two Prometheus servers: what comes that close together was heard once.
func (s Source) Heard(key protocol.Key, listed bool, missingAfter time.Duration, now time.Time) (Source, Kind) {
	s.hears(key)
	s.HeardAt = now
	switch between := now.Sub(s.first); {
	case s.Missing:
		s.Missing = false
		return s, Back
	case s.Watched:
	case listed, !s.first.IsZero() && between >= missingAfter/30 && between <= missingAfter:
		s.Watched, s.first, s.warned = true, time.Time{}, false
		return s, Watching
	case s.first.IsZero() || between > missingAfter:
		s.first = now
	}
	return s, Nothing
}

// hears puts the key to the front.
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

// Tick returns the source as it is now. Nothing could be heard before began.
func (s Source) Tick(missingAfter time.Duration, began, now time.Time) (Source, Kind) {
	switch {
	case !s.Watched && !s.warned && !s.first.IsZero() && now.Sub(s.first) > missingAfter:
		s.warned = true
		return s, Slow
	case s.Watched && !s.Missing && now.Sub(later(s.HeardAt, began)) >= missingAfter:
		s.Missing = true
		return s, Gone
	}
	return s, Nothing
}

// alive: a watchdog was heard that is not missing.
func (s *Source) alive(missingAfter time.Duration, now time.Time) bool {
	return s.Watched && !s.Missing && now.Sub(s.HeardAt) < missingAfter
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
