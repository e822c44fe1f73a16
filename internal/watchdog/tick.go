// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"fmt"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const (
	// repeatEvery is how often the ledger hears that a source is still missing, as other alerts are repeated, too.
	repeatEvery = time.Minute
	// notStale replaces lifecycle::stale_after: only a heartbeat ends the silence.
	notStale = 10 * 365 * 24 * time.Hour

	sender = "watchdog"
)

// Ledger is the watch's view of the entries.
type Ledger interface {
	// Get returns the entry of alias, or nil.
	Get(alias string) *protocol.Entry
	Aliases() []string
}

// Tick notices silence, and returns events that make the ledger's entries match the sources. Events may get lost: Tick returns them again.
func (w *Watch) Tick(l Ledger, now time.Time) (events []protocol.Event) {
	if !w.ticked.IsZero() && now.Sub(w.ticked) > w.cfg.MissingAfter/3 {
		w.began = now // the process was paused, or the storage hung
	}
	w.ticked = now
	if !w.some && !w.lonely && len(w.cfg.Rules.Matchers) > 0 && now.Sub(w.began) >= w.cfg.MissingAfter {
		w.lonely = true
		w.news = append(w.news, News{Kind: Never})
	}
	known := map[string]bool{}
	for _, id := range w.inOrder() {
		next, kind := w.sources[id].Tick(w.cfg.MissingAfter, w.began, now)
		w.set(id, next, kind)
		s := w.sources[id]
		alias := s.alias
		known[alias] = true
		e := l.Get(alias)
		m := member(e, alias)
		switch {
		case s.Missing && m != nil && e.Dismissed:
			// A person closed the incident, so the source is no longer watched.
			w.news = append(w.news, News{Forgotten, s.Source})
			w.drop(id)
			delete(known, alias)
			w.tidied = false
		case s.Missing && (m == nil || now.Sub(s.repeatedAt) >= repeatEvery):
			s.repeatedAt = now
			events = append(events, w.fires(&s.Source))
		case !s.Missing && m != nil:
			events = append(events, resolves(alias, m, s.HeardAt))
		}
	}
	if !w.tidied {
		ends := tidy(l, known, now)
		w.tidied = len(ends) == 0 // otherwise check again whether they were applied
		events = append(events, ends...)
	}
	return events
}

// tidy resolves the alerts of sources that are no longer watched: a person closed the incident, or the settings have changed.
func tidy(l Ledger, known map[string]bool, now time.Time) (events []protocol.Event) {
	for _, alias := range l.Aliases() {
		if !strings.HasPrefix(alias, aliasPrefix) || known[alias] {
			continue
		}
		if m := member(l.Get(alias), alias); m != nil {
			events = append(events, resolves(alias, m, now))
		}
	}
	return events
}

// member returns the alert of the missing source in its entry, if it fires or is held.
func member(e *protocol.Entry, alias string) *protocol.Member {
	if e == nil {
		return nil
	}
	if m := e.Members.Get(keyOf(alias)); m != nil && m.Unfinished() {
		return m
	}
	return nil
}

// fires returns the event of a missing source.
func (w *Watch) fires(s *Source) protocol.Event {
	alias, name := s.Alias(), s.Name()
	return protocol.Event{
		Alias: alias, Pinned: true, Key: keyOf(alias), Firing: true, Final: true, StaleAfter: notStale, Sender: sender,
		Alert: incident.Pack(&incident.Alert{
			Name:     "NoHeartbeat",
			Severity: w.cfg.Severity,
			StartsAt: s.HeardAt,
			Labels:   s.Labels,
			Title:    "No heartbeat from " + name,
			Description: fmt.Sprintf("The watchdog of %s was heard last at %s, more than %s ago. Prometheus, Alertmanager or the way from there to "+
				"the bridge is broken, so other alerts of %s may not arrive. The incident closes when the watchdog is heard again. If %s is gone for good, close it by hand.",
				name, s.HeardAt.UTC().Format(time.RFC3339), w.cfg.MissingAfter, name, name),
		}),
	}
}

// resolves returns the event of a source that is no longer missing.
func resolves(alias string, m *protocol.Member, at time.Time) protocol.Event {
	return protocol.Event{
		Alias: alias, Pinned: true, Key: m.Key, Sender: sender,
		// A silence that begins at once must not count as an echo of this event.
		EndsAt: at.Add(-time.Millisecond),
		Alert:  incident.Pack(&incident.Alert{Name: "NoHeartbeat", StartsAt: m.Alert.StartsAt}),
	}
}
