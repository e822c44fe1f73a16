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
	l := p.newLife(g.events, now)
	if !slices.ContainsFunc(g.events, func(ev protocol.Event) bool { return ev.Firing }) {
		l.apply(fired(g.events))
		l.next(ctx)
		l.call = nil
	}
	outcomes := l.apply(g.events)
	l.next(ctx)
	why := l.reason(outcomes)
	if l.incident != nil {
		l.incident.Notes = p.takeNotes()
	}
	for i, a := range g.alerts {
		a.Incident, a.Call, a.Why, a.Delay = l.incident, l.call, why, l.at.Sub(now)
		switch o := outcomes[i]; {
		case o == protocol.OlderDropped, o == protocol.StaleResolve:
			a.Call, a.Why = nil, "it is older than another alert of this alias"
		case o == protocol.EchoHeld:
			a.Why = "it may be the echo of a replica, and is held for echo::hold"
		case !g.events[i].Firing && l.entry.Firing():
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

// life is the bridge's knowledge of one alias.
type life struct {
	*Preview
	manager *alert24.DryRun
	at      time.Time
	entry   protocol.Timed

	last     protocol.Call
	call     *Call     // the last one; nil if there is none
	incident *Incident // as it was created; nil if it was not
}

// newLife returns the life of an unknown alias. Its incident begins with the earliest known start of its alerts.
func (p *Preview) newLife(events []protocol.Event, now time.Time) *life {
	var began time.Time
	for i := range events {
		if start := events[i].Alert.StartsAt; began.IsZero() || !start.IsZero() && start.Before(began) {
			began = start
		}
	}
	if began.After(now) {
		began = now
	}
	l := &life{Preview: p, at: now}
	l.manager = alert24.NewDryRun(l.hear, alert24.Config{InitialStatus: p.Incident.InitialStatus, Now: func() time.Time { return began }})
	return l
}

// hear stores a call.
func (l *life) hear(_ context.Context, call alert24.DryCall) {
	path := l.prefix + call.Path
	if l.last.ID != "" {
		path = strings.TrimSuffix(path, l.last.ID) + "{id}"
	}
	l.call = &Call{Method: call.Method, Path: path, Body: call.Body}
}

func (l *life) apply(events []protocol.Event) []protocol.Outcome {
	var outcomes []protocol.Outcome
	l.entry, outcomes = l.Policy.Apply(l.entry, events, l.at)
	return outcomes
}

// next makes the next write, if one comes within the waits that the configuration allows.
func (l *life) next(ctx context.Context) {
	until := l.at.Add(l.Policy.EchoHold + l.Policy.ResolveDelay)
	for range maxSteps {
		d := l.Policy.Decide(l.entry, nil, l.at)
		if d.Render {
			content := l.content(l.entry.Entry)
			want := protocol.Of(&content)
			d = l.Policy.Decide(l.entry, &want, l.at)
		}
		switch {
		case d.Call.Kind != protocol.NoCall:
			l.carryOut(ctx, d.Call)
			if l.call != nil {
				return
			}
		case d.Wake.IsZero(), d.Wake.After(until):
			return
		default:
			later := l.Policy.Tick(l.entry, d.Wake)
			if later.Entry == nil {
				return
			}
			l.entry, l.at = later, d.Wake
		}
	}
}

// carryOut makes a call like the loop, and learns its answer.
func (l *life) carryOut(ctx context.Context, call protocol.Call) {
	l.last = call
	e := l.Policy.Begin(l.entry, call, l.at)
	var answer protocol.Answer
	switch call.Kind {
	case protocol.Create:
		l.incident = &Incident{Content: l.content(e.Entry)}
		answer, _ = l.manager.Create(ctx, alert24.Draft{Alias: e.Alias, Content: l.incident.Content})
	case protocol.Close:
		answer, _ = l.manager.Close(ctx, call.ID, cmp.Or(e.EndedAt(), l.at))
	default: // a lookup: no incident is open that could need an update
		answers, _ := l.manager.Find(ctx, []alert24.Question{{Alias: e.Alias, ID: call.ID, Depth: call.Depth, Since: call.At}})
		answer = answers[0]
	}
	l.entry, _ = l.Policy.Learn(e, call, answer, l.at)
}

// content returns the content of the incident of a firing entry.
func (l *life) content(e *protocol.Entry) incident.Content {
	firing, more := e.Members.Worst()
	more.Now, more.Continues = l.at, e.Continues
	return l.renderer.Render(e.Alias, firing, more)
}

// reason says why the call is made, or why there is none.
func (l *life) reason(outcomes []protocol.Outcome) string {
	switch {
	case l.call != nil:
		return protocol.Why(l.entry.Entry, l.last)
	case l.entry.Left:
		return "its annotation alert24_resolve leaves closing to a person"
	case slices.Contains(outcomes, protocol.Coalesced):
		return "it resolved before anything was sent"
	default:
		return "nothing is due"
	}
}
