// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Two replicas of Alertmanager. The first delivers every change in order, retries what was not acknowledged, and may get stuck in a
// handler. The second sends echoes. Their links differ.
const (
	am1 = "am1"
	am2 = "am2"
)

// The limits of the senders, in seconds: a handler is not stuck for longer than a server's timeout, an echo comes soon after the resolve
// that the second replica has not heard of, and this replica corrects itself within group_interval.
const (
	maxStuck   = 8
	maxEcho    = 8
	maxCorrect = 9
)

// truth is one alert as Prometheus sees it.
type truth struct {
	firing     bool
	start, end int // in milliseconds; each change has two of them to itself
	severity   incident.Severity
	value      int // in the description: news

	// told is what the entry was last told, without echoes and corrections of the second replica.
	told notification
	// resolvedAt is when the first replica's last resolve was acknowledged, in seconds; -1: never. resolvedStart and resolvedEnd are its
	// instance.
	resolvedAt                 int
	resolvedStart, resolvedEnd int
	// owes: the second replica has echoed this instance and must send its resolve by oweBy.
	owes  bool
	oweBy int
}

// notification is one alert that a replica sends until it is acknowledged.
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
	// at is the process, since the time of arrival as the process knows it. id is its place in the inbox, 0 if it has none yet.
	at, since, id int
	// moment is its place in the order of everything that the processes hear.
	moment int
	// isEcho: the second replica has not heard of the end yet.
	isEcho bool
}

type senders struct {
	alerts  [2]truth
	queue   []notification // of the first replica
	stuck   []arrived
	changes int
	// wholeSeconds: several changes may have the same time.
	wholeSeconds bool
	moved        int // counts the moves of the links
	// pages is how many incidents may still be created (I9): one for each episode that the entry is told of, one for each incident that a
	// person closes, and one for each mistake that is unavoidable if an alert fires again with its old start: a resolve of the second
	// replica ends the new instance, or a true firing is held as an echo.
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
	if s.wholeSeconds {
		return now * 1000
	}
	s.changes++
	return now*1000 + 2*s.changes
}

// toggle lets alert i fire or resolve. With oldStart, it fires again with its old start.
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

// says gives alert i another value or another severity.
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

// alert returns the alert of the notification.
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

// told reports whether the entry was told that an alert fires.
func (s *senders) told() bool { return s.alerts[0].told.firing || s.alerts[1].told.firing }

// acknowledged does what the first replica and its peer do after a 2xx.
func (s *senders) acknowledged(n notification, now int) {
	a := &s.alerts[n.alert]
	switch {
	case n.sender == am1 && !n.firing:
		a.resolvedAt, a.resolvedStart, a.resolvedEnd = now, n.start, n.end
		a.owes = false
	case n.sender == am2 && !n.firing:
		a.owes, a.resolvedAt = false, -1 // it owes nothing more
	}
}

// wrongly notes that the entry believed a resolve of the second replica. If it was wrong, the incident opens again with the first replica's
// next notification.
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
		a.told.firing = false // it has ended, and the first replica will not send that
	}
}

// echo returns what the second replica may send about alert i now: a firing alert, or one whose end it has not heard of.
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

// correct returns the second replica's resolve, with its own end, of the instance that the first has resolved.
func (s *senders) correct(i, later int) (notification, bool) {
	a := &s.alerts[i]
	if a.resolvedAt < 0 {
		return notification{}, false
	}
	if s.wholeSeconds {
		later = 0 // its end would be after the next start
	}
	n := s.current(i)
	n.firing, n.start, n.end, n.sender = false, a.resolvedStart, a.resolvedEnd+later, am2
	return n, true
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// waitOf returns how long a resolve of the sender waits.
func (w *world) waitOf(n notification) time.Duration {
	if !w.apart || n.firing {
		return 0
	}
	return 2 * syncEvery * time.Second
}

// repeats returns the repeat of firing alert i, from the replica that sends it.
func (w *world) repeats(i int) notification {
	n := w.current(i)
	if w.alone[i] {
		n.sender = am2
	}
	return n
}
