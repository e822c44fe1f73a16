// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Two replicas of Alertmanager. The first delivers every change in order, retries what was not acknowledged,
// and may be stuck in a handler; the second echoes.
const (
	am1 = "am1"
	am2 = "am2"
)

// What the senders keep to, in seconds: a handler is not stuck for longer than a server's timeout, an echo comes
// soon after the resolve that the replica has not heard of, and the replica corrects itself within group_interval.
const (
	maxStuck   = 8
	maxEcho    = 8
	maxCorrect = 9
)

// truth is one alert as Prometheus sees it.
type truth struct {
	firing     bool
	start, end int // in milliseconds; each toggle has two of its own
	severity   incident.Severity

	// told is what the ledger was told last, echoes and corrections of the second replica apart.
	told notification
	// resolvedAt is when the first replica's last resolve was acknowledged, in seconds, and of which instance; -1: none.
	resolvedAt                 int
	resolvedStart, resolvedEnd int
	// owes: the second replica has echoed that instance and must send its resolve by then.
	owes  bool
	oweBy int
}

// notification is what a replica wants to be acknowledged.
type notification struct {
	alert      int
	firing     bool
	start, end int
	sender     string
}

// arrived is a notification inside a handler.
type arrived struct {
	Event
	notification
	by int // when the handler gets through at the latest
}

type senders struct {
	alerts  [2]truth
	queue   []notification // of the first replica
	stuck   []arrived
	toggles int
	// pages is how many incidents may still be created (I9): one for each episode that the ledger is told of, one
	// for each incident that a person closes, and one for what cannot be told apart because an alert fired again
	// with its old start: a resolve of the second replica that ends the new instance, and a true firing that is held
	// as an echo.
	pages int
}

func newSenders() senders {
	return senders{alerts: [2]truth{
		{severity: incident.Critical, resolvedAt: -1},
		{severity: incident.Low, resolvedAt: -1},
	}}
}

func (s *senders) firing() bool { return s.alerts[0].firing || s.alerts[1].firing }

// toggle lets alert i fire or resolve. A lease that ended makes it fire again with its old start.
func (s *senders) toggle(i, now int, oldStart bool) {
	a := &s.alerts[i]
	s.toggles++
	now = now*1000 + 2*s.toggles
	switch {
	case a.firing:
		a.firing, a.end = false, now
	default:
		a.firing = true
		if !oldStart || a.start == 0 {
			a.start = now
		}
	}
	s.queue = append(s.queue, s.current(i))
}

func (s *senders) current(i int) notification {
	a := &s.alerts[i]
	return notification{alert: i, firing: a.firing, start: a.start, end: a.end, sender: am1}
}

// worst is what the incident should say.
func (s *senders) worst() content {
	var firing []incident.Alert
	for i := range s.alerts {
		if s.alerts[i].firing {
			firing = append(firing, s.alert(i, s.alerts[i].start))
		}
	}
	return contentOf(render("", firing, incident.Context{}))
}

func (s *senders) alert(i, from int) incident.Alert {
	return incident.Alert{
		Fingerprint: [...]string{"f0", "f1"}[i],
		Severity:    s.alerts[i].severity,
		StartsAt:    start.Add(time.Duration(from) * time.Millisecond),
	}
}

// tell notes what a notification told the ledger.
func (s *senders) tell(n notification) {
	if n.firing && !s.alerts[0].told.firing && !s.alerts[1].told.firing {
		s.pages = max(s.pages, 1)
	}
	s.alerts[n.alert].told = n
}

// acknowledged is what the first replica and its peer do after a 2xx.
func (s *senders) acknowledged(n notification, o Outcome, now int) {
	a := &s.alerts[n.alert]
	switch {
	case n.sender == am1 && !n.firing:
		a.resolvedAt, a.resolvedStart, a.resolvedEnd = now, n.start, n.end
		a.owes = false
	case n.sender == am2 && !n.firing:
		a.owes, a.resolvedAt = false, -1 // it has said all
		if o == Resolved || o == Coalesced || o == EchoCancelled {
			s.wrongly(n)
		}
	}
}

// wrongly: the ledger believes a resolve of the second replica. If that was wrong, the incident opens again with the first
// replica's next notification.
func (s *senders) wrongly(n notification) {
	a := &s.alerts[n.alert]
	if !a.told.firing || a.told.start != n.start {
		return
	}
	s.pages++
	if a.firing && !slices.ContainsFunc(s.queue, func(q notification) bool { return q.alert == n.alert }) {
		s.queue = append(s.queue, s.current(n.alert))
	}
}

// echo is what the second replica may say about alert i now: what fires, or what it has not heard the end of.
func (s *senders) echo(i, now int) (n notification, isEcho, ok bool) {
	a := &s.alerts[i]
	n = notification{alert: i, firing: true, start: a.start, sender: am2}
	if a.resolvedAt < 0 || now-a.resolvedAt >= maxEcho {
		return n, false, a.firing
	}
	n.start = a.resolvedStart
	if !a.owes {
		a.owes, a.oweBy = true, now+maxCorrect
	}
	return n, true, true
}

// correct is the second replica's resolve of the instance that the first has resolved, with an end of its own.
func (s *senders) correct(i, later int) (notification, bool) {
	a := &s.alerts[i]
	if a.resolvedAt < 0 {
		return notification{}, false
	}
	return notification{alert: i, start: a.resolvedStart, end: a.resolvedEnd + later, sender: am2}, true
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// render is a small stand-in for the renderer of incidents.
func render(_ string, firing []incident.Alert, _ incident.Context) incident.Content {
	c := incident.Content{Title: firing[0].Fingerprint, Severity: firing[0].Severity}
	if len(firing) > 1 {
		c.Title += " (+1)"
	}
	return c
}

func contentOf(c incident.Content) content { return content{c.Title, c.Severity} }
