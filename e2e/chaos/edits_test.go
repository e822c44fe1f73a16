// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// crossing is how long before a write its sender may have read the incident, unless a later read is known. An edit between the read
// and the write is lost, because the API has no conditional writes.
const crossing = 3 * requestTimeout

// learning is how long the collector may need to learn the outcome of a read or write: other requests of the same lookup, or the
// write after the read, may hang.
const learning = 2 * requestTimeout

// edits follows one incident and tracks who wrote each field that people edit.
type edits struct {
	evidence *evidence
	id       string
	marks    map[string]time.Time // edits that must stay, by field
	writes   map[string]write     // the collector's last writes, by field
	byHand   map[string]bool      // a person wrote the field last

	// Counts of fields that a person edited: all; those that the next write must not touch; those rewritten by a write that had
	// read them before the edit; those that stayed until the incident closed.
	edited, marked, crossed, kept int

	closes   int
	reopened bool // a person reopened it and keeps it open
}

type write struct {
	at   time.Time
	seen bool
}

var fieldsOfPeople = []string{"title", "description", "severity", "status"}

// follow goes through the incident's history, and reports if an edit of a person did not stay.
func (e *evidence) follow(i *sandbox.Incident) (*edits, error) {
	s := &edits{evidence: e, id: i.ID, marks: map[string]time.Time{}, writes: map[string]write{}, byHand: map[string]bool{}}
	var errs []error
	if i.HistoryDropped > 0 {
		errs = append(errs, fmt.Errorf("incident %d: its history was cut", i.Number))
	}
	for n := range i.History {
		event := &i.History[n]
		if event.By != store.ByAPI {
			s.edit(event)
			continue
		}
		for _, c := range event.Changes {
			if err := s.write(event, &c); err != nil {
				errs = append(errs, fmt.Errorf("incident %d: %w", i.Number, err))
			}
		}
		s.wrote(event)
	}
	return s, errors.Join(errs...)
}

// edit handles a person's event.
func (s *edits) edit(event *sandbox.Event) {
	switch event.Kind {
	case store.Resolved:
		s.closes++
		clear(s.marks)
		return
	case store.Reopened: // an edit of the status crossed our close: now people own it
		s.reopened = true
		return
	}
	for _, c := range event.Changes {
		// Until the collector has seen the outcome of its write, an edit looks like a change by Alert24. A lookup that began before
		// the write teaches nothing.
		last := s.writes[c.Field]
		s.byHand[c.Field] = true
		s.edited++
		if last.seen || s.read(last.at.Add(crossing), event.At, s.learned) {
			s.marks[c.Field] = event.At
			s.marked++
		}
	}
}

// write returns what is wrong with a change by the collector.
func (s *edits) write(event *sandbox.Event, c *sandbox.Change) error {
	edited, marked := s.marks[c.Field]
	if !marked {
		return nil
	}
	call := s.evidence.byID[event.Request]
	sent := event.At
	if call != nil {
		sent = call.at
	}
	// The process that read the incident for this write knows what it read.
	known := s.read(edited, sent, func(at time.Time) bool { return s.learned(at) || s.evidence.lived(at, sent) })
	switch {
	case c.Field == "status" && event.Kind == store.Resolved:
	case c.Field == "severity" && rank(c.To) < rank(c.From):
	case call != nil && call.method == http.MethodPost: // a create that merges
	case !known && sent.Sub(edited) < crossing:
		s.crossed++
	case !known && slices.ContainsFunc(s.evidence.pauses, func(p span) bool {
		return edited.After(p.from.Add(-crossing)) && sent.After(p.to.Add(-crossing)) && sent.Before(p.to.Add(crossing))
	}):
	default:
		return fmt.Errorf("%s was changed from %q to %q at %s, though a person had edited it at %s",
			c.Field, c.From, c.To, stamp(event.At), stamp(edited))
	}
	return nil
}

// read reports whether the collector certainly read the incident between the two times, in a way that counts.
func (s *edits) read(from, to time.Time, counts func(at time.Time) bool) bool {
	return slices.ContainsFunc(s.evidence.reads[s.id], func(at time.Time) bool {
		return at.After(from.Add(time.Millisecond)) && at.Before(to) && counts(at) // a history has whole milliseconds
	})
}

// learned reports whether the process that read or wrote at the time continued for long enough.
func (s *edits) learned(at time.Time) bool { return s.evidence.awake(at, at.Add(learning)) }

// awake reports whether one process ran the whole time and was never paused. A pause can last longer than the process waits for an
// answer.
func (e *evidence) awake(from, to time.Time) bool {
	return e.lived(from, to) && !overlaps(e.pauses, from, to)
}

// lived reports whether one process ran during the whole period.
func (e *evidence) lived(from, to time.Time) bool { return !overlaps(e.ends, from, to) }

// overlaps reports whether a span has a moment in the period.
func overlaps(spans []span, from, to time.Time) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return !s.from.After(to) && !s.to.Before(from) })
}

// wrote handles an event of the collector.
func (s *edits) wrote(event *sandbox.Event) {
	call := s.evidence.byID[event.Request]
	began := event.At
	if call != nil && call.at.Before(began) {
		began = call.at // the API may carry it out after its process has ended
	}
	seen := call.seen(s.evidence.noFault, s.evidence.blind) && s.evidence.awake(began, event.At.Add(learning))
	if event.Kind == store.Created {
		for _, field := range fieldsOfPeople {
			s.writes[field] = write{event.At, seen}
		}
	}
	for _, c := range event.Changes {
		s.writes[c.Field] = write{event.At, seen}
		delete(s.marks, c.Field)
		// A rise of the severity overwrites an edit, and a later fall does not. An unanswered write may have been carried out after
		// the collector read the edit, and the collector remembers the edit.
		if c.Field != "severity" && (call == nil || call.fault == s.evidence.noFault) {
			delete(s.byHand, c.Field)
		}
	}
	if event.Kind == store.Resolved {
		s.reopened = false
		s.kept += len(s.marks)
		clear(s.marks)
	}
}

// rank orders severities, the worst first.
func rank(severity string) int { return slices.Index(store.Severities, severity) }

// leftAlone returns an error if the collector changed an incident of another tool.
func leftAlone(i *sandbox.Incident) error {
	for _, event := range i.History {
		if event.By == store.ByAPI && event.Kind != store.Duplicate {
			return fmt.Errorf("incident %d of another tool was %s by request %s", i.Number, event.Kind, event.Request)
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("15:04:05.000") }
