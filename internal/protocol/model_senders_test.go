// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Two replicas of Alertmanager. The first delivers every change in order, retries what was not acknowledged,
// and may be stuck in a handler; the second echoes. Their links differ.
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
	start, end int // in milliseconds; each change has two of its own
	severity   incident.Severity
	value      int // in the description: news

	// told is what the entry was told last, echoes and corrections of the second replica apart.
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
	severity   incident.Severity
	value      int
	sender     string
}

// arrived is a notification inside a handler.
type arrived struct {
	Event
	notification
	by int // when the handler gets through at the latest
	// at is the process, since when it came, as far as that knows. id is its place in the inbox, 0 if it has none yet.
	at, since, id int
	// moment is its place in the order of all that the processes hear.
	moment int
	// isEcho: the second replica has not heard of the end yet.
	isEcho bool
}

type senders struct {
	alerts  [2]truth
	queue   []notification // of the first replica
	stuck   []arrived
	changes int
	moved   int // counts the moves of the links
	// pages is how many incidents may still be created (I9): one for each episode that the entry is told of, one
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

func (s *senders) instant(now int) int {
	s.changes++
	return now*1000 + 2*s.changes
}

// toggle lets alert i fire or resolve. A lease that ended makes it fire again with its old start.
func (s *senders) toggle(i, now int, oldStart bool) {
	a := &s.alerts[i]
	now = s.instant(now)
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

// says lets alert i have another value, or another severity.
func (s *senders) says(i int, severity incident.Severity) {
	a := &s.alerts[i]
	if severity == 0 {
		a.value++
	} else {
		a.severity = severity
	}
	if a.firing {
		s.queue = append(s.queue, s.current(i))
	}
}

func (s *senders) current(i int) notification {
	a := &s.alerts[i]
	return notification{alert: i, firing: a.firing, start: a.start, end: a.end, severity: a.severity, value: a.value, sender: am1}
}

// alert is what the notification says. It is in seconds, and rapid shows it.
func (s *senders) alert(n notification, left bool) incident.Packed {
	p := incident.Pack(&incident.Alert{
		Fingerprint:  fingerprints[n.alert],
		Severity:     n.severity,
		StartsAt:     start.Add(time.Duration(n.start) * time.Millisecond),
		Description:  strconv.Itoa(n.value),
		GeneratorURL: n.sender + strconv.Itoa(s.moved),
	})
	p.LeftOpen = left
	return p
}

var fingerprints = [...]string{"f0", "f1"}

// keys are those of the alerts.
var keys = [...]Key{{0: 1}, {0: 2}}

// tell notes what a notification told the entry.
func (s *senders) tell(n notification) {
	if n.firing && !s.told() {
		s.pages = max(s.pages, 1)
	}
	s.alerts[n.alert].told = n
}

// told: the entry was told that an alert fires.
func (s *senders) told() bool { return s.alerts[0].told.firing || s.alerts[1].told.firing }

// acknowledged is what the first replica and its peer do after a 2xx.
func (s *senders) acknowledged(n notification, now int) {
	a := &s.alerts[n.alert]
	switch {
	case n.sender == am1 && !n.firing:
		a.resolvedAt, a.resolvedStart, a.resolvedEnd = now, n.start, n.end
		a.owes = false
	case n.sender == am2 && !n.firing:
		a.owes, a.resolvedAt = false, -1 // it has said all
	}
}

// wrongly: the entry believes a resolve of the second replica. If that was wrong, the incident opens again with the first
// replica's next notification.
func (s *senders) wrongly(n notification) {
	a := &s.alerts[n.alert]
	if !a.told.firing || a.told.start != n.start {
		return
	}
	s.pages++
	pending := slices.ContainsFunc(s.queue, func(q notification) bool { return q.alert == n.alert })
	switch {
	case a.firing && !pending:
		s.queue = append(s.queue, s.current(n.alert))
	case !pending:
		a.told.firing = false // it has ended, and the first replica will not say so
	}
}

// echo is what the second replica may say about alert i now: what fires, or what it has not heard the end of.
func (s *senders) echo(i, now int) (n notification, isEcho, ok bool) {
	a := &s.alerts[i]
	n = s.current(i)
	n.firing, n.sender = true, am2
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
	n := s.current(i)
	n.firing, n.start, n.end, n.sender = false, a.resolvedStart, a.resolvedEnd+later, am2
	return n, true
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// render is a small stand-in for the renderer of incidents: the count in the title and the link in the description move by
// themselves.
func render(firing []incident.Alert) Content {
	worst := firing[0]
	c := incident.Content{
		Title: worst.Fingerprint, Severity: worst.Severity, Description: worst.Fingerprint + worst.Description + " " + worst.GeneratorURL,
		Tags: make([]string, 0, len(firing)),
	}
	if len(firing) > 1 {
		c.Title += " (+1)"
	}
	for i := range firing {
		c.Tags = append(c.Tags, firing[i].Fingerprint)
	}
	c.News = c.Hashes()
	c.News[incident.FieldTitle] = incident.HashText(worst.Fingerprint)
	c.News[incident.FieldDescription] = incident.HashText(worst.Fingerprint + worst.Description)
	of := Of(&c)
	of.Sent[incident.FieldDescription] &^= cleanedBit
	return of
}

// atLeast returns the content with a severity of at least s.
func (c Content) atLeast(s incident.Severity) Content {
	if s > c.Severity {
		c.Severity = s
		c.Sent[incident.FieldSeverity] = incident.HashText(s.String())
		c.News[incident.FieldSeverity] = c.Sent[incident.FieldSeverity]
	}
	return c
}

// waitOf is for how long a resolve of the sender waits.
func (w *world) waitOf(n notification) time.Duration {
	if !w.apart || n.firing {
		return 0
	}
	return 2 * syncEvery * time.Second
}

// repeats is who repeats that alert i fires.
func (w *world) repeats(i int) notification {
	n := w.current(i)
	if w.alone[i] {
		n.sender = am2
	}
	return n
}
