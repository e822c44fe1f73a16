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

// crossing is how long before a write its sender can have read the incident, unless a later reading is known. An edit
// between the two is lost: the API knows no condition.
const crossing = 3 * requestTimeout

// learning is how long after a reading or a write it may be that the collector learns of it: other requests of the same lookup, or the write that
// it came before, may hang.
const learning = 2 * requestTimeout

// edits follows one incident: who wrote each field that people edit.
type edits struct {
	evidence *evidence
	id       string
	marks    map[string]time.Time // edits that must stay, by field
	writes   map[string]write     // the collector's last, by field
	byHand   map[string]bool      // the last one to write the field was a person

	// Fields that a person edited: all; those that the next write must not touch; those that it rewrote although it had read
	// them before the edit; those that stayed until the incident closed.
	edited, marked, crossed, kept int

	closes   int
	reopened bool // by a person, who keeps it open
}

type write struct {
	at   time.Time
	seen bool
}

var fieldsOfPeople = []string{"title", "description", "severity", "status"}

// follow goes through the incident's history, and says where an edit of a person did not stay.
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

// edit takes up what a person did.
func (s *edits) edit(event *sandbox.Event) {
	switch event.Kind {
	case store.Resolved:
		s.closes++
		clear(s.marks)
		return
	case store.Reopened: // by an edit of the status that crossed our close: it is theirs from now on
		s.reopened = true
		return
	}
	for _, c := range event.Changes {
		// Before the collector has seen what became of its write, an edit looks like what Alert24 made of it.
		// What a lookup reads that was begun before the write teaches nothing.
		last := s.writes[c.Field]
		s.byHand[c.Field] = true
		s.edited++
		if last.seen || s.read(last.at.Add(crossing), event.At, s.learned) {
			s.marks[c.Field] = event.At
			s.marked++
		}
	}
}

// write says what is wrong with a change of the collector.
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
	// The process that read it for this write knows what it read.
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

// read says whether the collector certainly read the incident between the two, in a way that counts.
func (s *edits) read(from, to time.Time, counts func(at time.Time) bool) bool {
	return slices.ContainsFunc(s.evidence.reads[s.id], func(at time.Time) bool {
		return at.After(from.Add(time.Millisecond)) && at.Before(to) && counts(at) // a history is in whole milliseconds
	})
}

// learned: the process that read or wrote at the time went on for long enough.
func (s *edits) learned(at time.Time) bool { return s.evidence.awake(at, at.Add(learning)) }

// awake says whether one process ran the whole time and was never paused. A pause can last longer than the process waits for an answer.
func (e *evidence) awake(from, to time.Time) bool {
	return e.lived(from, to) && !slices.ContainsFunc(e.pauses, func(p span) bool { return !p.from.After(to) && !p.to.Before(from) })
}

// lived says whether one process ran from one time to the other.
func (e *evidence) lived(from, to time.Time) bool {
	return !slices.ContainsFunc(e.ends, func(end time.Time) bool { return !end.Before(from) && !end.After(to) })
}

// wrote takes up an event of the collector.
func (s *edits) wrote(event *sandbox.Event) {
	call := s.evidence.byID[event.Request]
	began := event.At
	if call != nil && call.at.Before(began) {
		began = call.at // the API can carry it out when its process has ended
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
		// A rise is written over an edit, and a fall after it is not. What was not answered may have been carried out after the collector
		// had read the edit, which it does not forget.
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

// leftAlone says whether the collector did nothing to an incident of another tool.
func leftAlone(i *sandbox.Incident) error {
	for _, event := range i.History {
		if event.By == store.ByAPI && event.Kind != store.Duplicate {
			return fmt.Errorf("incident %d of another tool was %s by request %s", i.Number, event.Kind, event.Request)
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("15:04:05.000") }
