// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxSteps bounds the lookups and waits before a call. There can be at most one hold, one delay and a few lookups.
const maxSteps = 10

// group is all alerts of one alias that may have an incident. Each has one event.
type group struct {
	alerts []*Alert
	events []protocol.Event
}

// answer sets the results for the alerts of one alias.
func (p *Preview) answer(ctx context.Context, g *group, now time.Time) {
	s := p.newSimulation(g.events, now)
	if !slices.ContainsFunc(g.events, func(ev protocol.Event) bool { return ev.Firing }) {
		s.apply(fired(g.events))
		s.next(ctx)
		s.call = nil
	}
	outcomes := s.apply(g.events)
	s.next(ctx)
	why := s.reason(outcomes)
	if s.incident != nil {
		s.incident.Notes = p.takeNotes()
	}
	for i, a := range g.alerts {
		a.Incident, a.Call, a.Why, a.Delay = s.incident, s.call, why, s.at.Sub(now)
		switch o := outcomes[i]; {
		case o == protocol.OlderDropped, o == protocol.StaleResolve:
			a.Call, a.Why = nil, "it is older than another alert of this alias"
		case o == protocol.EchoHeld:
			a.Why = "it may be the echo of a replica, and is held for echo::hold"
		case !g.events[i].Firing && s.entry.Firing():
			a.Call, a.Why = nil, "another alert of this alias still fires"
		}
		if a.Call == nil {
			a.Delay = 0
		}
	}
}

// fired returns the events with the status that they had while their alerts fired.
func fired(events []protocol.Event) []protocol.Event {
	before := slices.Clone(events)
	for i := range before {
		before[i].Firing, before[i].EndsAt, before[i].Epoch = true, time.Time{}, ""
	}
	return before
}

// simulation is a bridge that handles one alias: its knowledge, and an incident manager that sends nothing.
type simulation struct {
	*Preview
	manager *alert24.DryRun
	at      time.Time
	entry   protocol.Timed

	last     protocol.Call
	call     *Call     // the last one; nil if there is none
	incident *Incident // as it was created; nil if it was not
}

// newSimulation returns a bridge that does not know the alias yet. The incident begins with the earliest known start of its alerts.
func (p *Preview) newSimulation(events []protocol.Event, now time.Time) *simulation {
	var began time.Time
	for i := range events {
		if start := events[i].Alert.StartsAt; began.IsZero() || !start.IsZero() && start.Before(began) {
			began = start
		}
	}
	if began.After(now) {
		began = now
	}
	s := &simulation{Preview: p, at: now}
	s.manager = alert24.NewDryRun(s.hear, alert24.Config{InitialStatus: p.Incident.InitialStatus, Now: func() time.Time { return began }})
	return s
}

// hear stores a call.
func (s *simulation) hear(_ context.Context, call alert24.DryCall) {
	path := s.prefix + call.Path
	if s.last.ID != "" {
		path = strings.TrimSuffix(path, s.last.ID) + "{id}"
	}
	s.call = &Call{Method: call.Method, Path: path, Body: call.Body}
}

func (s *simulation) apply(events []protocol.Event) []protocol.Outcome {
	var outcomes []protocol.Outcome
	s.entry, outcomes = s.Policy.Apply(s.entry, events, s.at)
	return outcomes
}

// next makes the next write, if one comes within the waits that the configuration allows.
func (s *simulation) next(ctx context.Context) {
	until := s.at.Add(s.Policy.EchoHold + s.Policy.ResolveDelay)
	for range maxSteps {
		d := s.Policy.Decide(s.entry, nil, s.at)
		if d.Render {
			content := s.content(s.entry.Entry)
			want := protocol.Of(&content)
			d = s.Policy.Decide(s.entry, &want, s.at)
		}
		switch {
		case d.Call.Kind != protocol.NoCall:
			s.carryOut(ctx, d.Call)
			if s.call != nil {
				return
			}
		case d.Wake.IsZero(), d.Wake.After(until):
			return
		default:
			later := s.Policy.Tick(s.entry, d.Wake)
			if later.Entry == nil {
				return
			}
			s.entry, s.at = later, d.Wake
		}
	}
}

// carryOut makes a call like the loop, and learns its answer.
func (s *simulation) carryOut(ctx context.Context, call protocol.Call) {
	s.last = call
	e := s.Policy.Begin(s.entry, call, s.at)
	var answer protocol.Answer
	switch call.Kind {
	case protocol.Create:
		s.incident = &Incident{Content: s.content(e.Entry)}
		answer, _ = s.manager.Create(ctx, alert24.Draft{Alias: e.Alias, Content: s.incident.Content})
	case protocol.Close:
		answer, _ = s.manager.Close(ctx, call.ID, cmp.Or(e.EndedAt(), s.at))
	default: // a lookup: no incident is open that could need an update
		question := alert24.Question{Alias: e.Alias, ID: call.ID, Depth: call.Depth, Since: call.At}
		s.manager.Find(ctx, []alert24.Question{question}, func(_ int, a protocol.Answer, _ error) { answer = a })
	}
	s.entry, _ = s.Policy.Learn(e, call, answer, s.at)
}

// content returns the content of the incident of a firing entry.
func (s *simulation) content(e *protocol.Entry) incident.Content {
	firing, more := e.Members.Worst()
	more.Now, more.Continues = s.at, e.Continues
	return s.renderer.Render(e.Alias, firing, more)
}

// reason says why the call is made, or why there is none.
func (s *simulation) reason(outcomes []protocol.Outcome) string {
	switch {
	case s.call != nil:
		return protocol.Why(s.entry.Entry, s.last)
	case s.entry.Left:
		return "its annotation alert24_resolve leaves closing to a person"
	case slices.Contains(outcomes, protocol.NeverOpened):
		return "it resolved before anything was sent"
	default:
		return "nothing is due"
	}
}
