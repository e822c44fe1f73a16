// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package watchdog notices when a watchdog, an alert that always fires, stops coming. While it comes, its source is alive. [Source] is the
// state of one source. [Watch] holds all sources, and returns the events that open and close their incidents. The package is pure: its callers
// pass in the time, the events and the ledger's entries. Start reading with Source.Heard and Watch.Tick.
package watchdog

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxSources bounds the sources.
const maxSources = 1000

// Config configures a Watch.
type Config struct {
	Rules Rules
	// MissingAfter is how long a source may be silent.
	MissingAfter time.Duration
	// Severity of the incident of a missing source.
	Severity incident.Severity
}

// News is what happened to a source.
type News struct {
	Kind   Kind
	Source Source
}

// Counts holds the numbers of sources by state.
type Counts struct{ Heard, Missing, Unwatched int }

// Watch holds all sources. It is not safe for concurrent use.
type Watch struct {
	cfg     Config
	began   time.Time // nothing could be heard earlier
	ticked  time.Time
	sources map[protocol.Witness]*watched
	news    []News
	dropped map[string]bool // names of notes to remove
	crowded bool
	some    bool // there was a source
	lonely  bool // there was no source for long
	tidied  bool // no unwatched source has an incident
}

// watched is a source with the watch's own data about it.
type watched struct {
	Source

	alias      string // the source's; it does not change
	stored     Source // as on disk
	repeatedAt time.Time
}

// New returns a watch that could hear nothing before began.
func New(cfg Config, began time.Time) *Watch {
	return &Watch{
		cfg: cfg, began: began, sources: map[protocol.Witness]*watched{}, dropped: map[string]bool{},
	}
}

// errOtherLabels: the settings have changed. The source must be heard again.
var errOtherLabels = errors.New("the note is about a source of another watchdog::group_by")

// Restore reads a note that Notes returned. It ignores notes about other things. The next Notes removes a note that cannot be used and,
// while the watchdog is off, all notes.
func (w *Watch) Restore(name string, note []byte) error {
	if !strings.HasPrefix(name, notePrefix) {
		return nil
	}
	if len(w.cfg.Rules.Matchers) == 0 {
		w.dropped[name] = true
		return nil
	}
	s, err := decode(note, w.began)
	grouped := w.cfg.Rules.source(s.Labels) // the note has the same labels in the order of their names
	if err == nil && (len(grouped) != len(s.Labels) || name != notePrefix+alias(grouped)) {
		err = errOtherLabels
	}
	s.Labels = grouped
	if err != nil || len(w.sources) >= maxSources {
		w.dropped[name] = true
		return err
	}
	w.add(witness(s.Labels), &watched{Source: s, stored: s})
	return nil
}

// add adds a new source.
func (w *Watch) add(id protocol.Witness, s *watched) {
	w.some = true
	s.alias = s.Alias()
	w.sources[id] = s
}

// set replaces the state of a source.
func (w *Watch) set(id protocol.Witness, next Source, kind Kind) {
	w.sources[id].Source = next
	if kind != Nothing {
		w.news = append(w.news, News{kind, next})
	}
}

// Hear processes the events of a webhook that arrived at the given time: it hears the watchdogs among them, and guards the resolves of
// alerts whose source is watched. It reports whether there are any watchdogs.
func (w *Watch) Hear(events []protocol.Event, arrived time.Time) (heard bool) {
	for i := range events {
		if ev := &events[i]; ev.Heartbeat && !w.old(arrived) {
			heard = true
			w.hear(ev, arrived)
		}
	}
	for i := range events {
		if ev := &events[i]; !ev.Firing && !ev.Ignored && ev.Witness != 0 {
			s := w.sources[ev.Witness]
			ev.Guarded = s != nil && s.Watched
		}
	}
	return heard
}

// old reports whether what was heard at the given time shows nothing about now: it waited in the inbox of replicas.
func (w *Watch) old(at time.Time) bool {
	return protocol.Latest(w.began, w.ticked).Sub(at) >= w.cfg.MissingAfter
}

func (w *Watch) hear(ev *protocol.Event, at time.Time) {
	id := ev.Witness
	if w.sources[id] == nil {
		if !w.makeRoom() {
			return
		}
		alert := ev.Alert.Unpack()
		w.add(id, &watched{Source: Source{Labels: w.cfg.Rules.source(alert.Labels)}})
	}
	next, kind := w.sources[id].Heard(ev.Key, false, w.cfg.MissingAfter, at)
	w.set(id, next, kind)
}

// makeRoom drops a source that is not watched if there are too many. It reports whether there is room.
func (w *Watch) makeRoom() bool {
	if len(w.sources) < maxSources {
		return true
	}
	var oldest protocol.Witness
	for id, s := range w.sources {
		if !s.Watched && (oldest == 0 || s.HeardAt.Before(w.sources[oldest].HeardAt)) {
			oldest = id
		}
	}
	if oldest == 0 {
		if !w.crowded {
			w.crowded = true
			w.news = append(w.news, News{Kind: NoRoom})
		}
		return false
	}
	w.drop(oldest)
	return true
}

func (w *Watch) drop(id protocol.Witness) {
	if s := w.sources[id]; s.stored.Watched {
		w.dropped[notePrefix+s.alias] = true
	}
	delete(w.sources, id)
}

// List processes a list of alerts: each watchdog in it was heard when the list was requested, and its source is watched from that time.
func (w *Watch) List(listed map[protocol.Key]bool, asked time.Time) {
	if w.old(asked) {
		return
	}
	for id, s := range w.sources {
		for _, k := range s.Keys {
			if _, there := listed[k]; there {
				next, kind := s.Heard(k, true, w.cfg.MissingAfter, asked)
				w.set(id, next, kind)
			}
		}
	}
}

// maxLease is the longest time between two sends of a Prometheus with default settings. When Prometheus dies, one of its alerts may end
// this much earlier than its watchdog, which is still heard then.
const maxLease = 2 * time.Minute

// Witness adds the watched sources to a snapshot.
func (w *Watch) Witness(s *protocol.Snapshot) {
	s.Lease = min(maxLease, w.cfg.MissingAfter/4)
	s.Heard = make(map[protocol.Witness]time.Time, len(w.sources))
	for id, source := range w.sources {
		if source.Watched {
			s.Heard[id] = source.HeardAt
		}
	}
}

// Beats reports whether a watchdog of any source was heard lately.
func (w *Watch) Beats(now time.Time) bool {
	for _, s := range w.sources {
		if s.Watched && !s.Missing && now.Sub(s.HeardAt) < w.cfg.MissingAfter {
			return true
		}
	}
	return false
}

// Counts returns the numbers of sources by state.
func (w *Watch) Counts() (c Counts) {
	for _, s := range w.sources {
		switch {
		case s.Missing:
			c.Missing++
		case s.Watched:
			c.Heard++
		default:
			c.Unwatched++
		}
	}
	return c
}

// Silent returns at most the given number of missing sources.
func (w *Watch) Silent(most int) (silent []Source) {
	for _, id := range w.inOrder() {
		if s := w.sources[id]; s.Missing && len(silent) < most {
			silent = append(silent, s.Source)
		}
	}
	return silent
}

// NeverHeard reports whether no source has been heard for missing_after.
func (w *Watch) NeverHeard() bool { return w.lonely && !w.some }

// News returns what happened since the last call, in order.
func (w *Watch) News() []News {
	news := w.news
	w.news = nil
	return news
}

// Notes returns the notes that disk should have, by name; nil for a note to remove. After the write, the caller calls Noted.
func (w *Watch) Notes() map[string][]byte {
	notes := map[string][]byte{}
	for name := range w.dropped {
		notes[name] = nil
	}
	for _, s := range w.sources {
		if worthANote(&s.Source, &s.stored, w.cfg.MissingAfter) {
			notes[notePrefix+s.alias] = s.encode()
		}
	}
	return notes
}

// Noted records that disk has the notes.
func (w *Watch) Noted(notes map[string][]byte) {
	for name := range notes {
		delete(w.dropped, name)
	}
	for _, s := range w.sources {
		if note, there := notes[notePrefix+s.alias]; there {
			s.stored = Source{}
			if stored, err := decode(note, s.HeardAt); err == nil {
				s.stored = stored
			}
		}
	}
}

// inOrder returns the sources in the order of their aliases.
func (w *Watch) inOrder() []protocol.Witness {
	return slices.SortedFunc(maps.Keys(w.sources), func(a, b protocol.Witness) int {
		return cmp.Compare(w.sources[a].alias, w.sources[b].alias)
	})
}
