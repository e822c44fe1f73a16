// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Event is one alert's firing or resolve, as it arrived.
type Event struct {
	Alias  string
	Firing bool
	Alert  incident.Packed
	// EndsAt is the alert's end; only for a resolve.
	EndsAt time.Time
	// Epoch and Seq are the order of arrival at one receiver process; an empty Epoch means order unknown.
	Epoch string
	Seq   int64
	// Sender tells replicas apart.
	Sender string
}

// ApplyAll returns the entry after the events of one alias, and what each did. The result is e itself where none
// changes anything; else the caller owns it. It copies the entry once, and leaves the content to be rendered when it is
// asked for: a group can have thousands of alerts.
func (p *Policy) ApplyAll(e *Entry, events []Event, now time.Time) (*Entry, []Outcome) {
	outcomes := make([]Outcome, len(events))
	var n *Entry
	changed := e == nil
	if changed {
		n = newEntry(events[0], now)
	} else {
		n = e.clone()
	}
	n.draft = true
	for i := range events {
		_, outcomes[i] = p.Apply(n, events[i], now)
		changed = changed || outcomes[i].changes()
	}
	n.draft = false
	if !changed {
		return e, outcomes
	}
	return n, outcomes
}

func newEntry(ev Event, now time.Time) *Entry {
	e := &Entry{Alias: ev.Alias}
	if !ev.Firing {
		e.Incident.State = Unknown
		e.QuietSince = now
	}
	return e
}

// Apply returns the entry after the event; e is nil for an alias without an entry. The result is e itself where
// the event changes nothing.
func (p *Policy) Apply(e *Entry, ev Event, now time.Time) (*Entry, Outcome) {
	if e == nil {
		e = newEntry(ev, now)
	}
	i := e.member(ev.Alert.Fingerprint)
	if i >= 0 && e.Members[i].newerThan(ev) {
		return e, OlderDropped
	}
	if ev.Firing {
		return p.applyFiring(e, i, ev, now)
	}
	return p.applyResolved(e, i, ev, now)
}

// unfinished: the member fires, or will unless a resolve comes.
func (m *Member) unfinished() bool { return m.Firing || m.held() }

func (m *Member) newerThan(ev Event) bool {
	return m.Epoch != "" && m.Epoch == ev.Epoch && ev.Seq < m.Seq
}

func (p *Policy) applyFiring(e *Entry, i int, ev Event, now time.Time) (*Entry, Outcome) {
	if i < 0 {
		n := e.clone()
		n.Members = append(n.Members, Member{})
		n.Members[len(n.Members)-1].fire(ev, now)
		return p.changed(n, now), Fired
	}
	m := e.Members[i]
	if m.unfinished() && ev.Alert.StartsAt.Before(m.Alert.StartsAt) {
		// A replica's echo of the instance before: its resolve, still to come, must not end this instance.
		ev.Alert.StartsAt = m.Alert.StartsAt
	}
	outcome := Fired
	switch {
	case m.Firing:
		n := e.clone()
		n.Members[i].fire(ev, now)
		if !m.Alert.Equal(&ev.Alert) {
			return p.changed(n, now), Changed
		}
		n.Members[i].Alert = m.Alert // the same text in old memory: what lives long is not made anew at each repeat
		if p.refreshDue(n, now) {
			n.verify = true
			return n, RefreshDue
		}
		return n, Repeated
	case m.held():
		released := ev.Sender == m.ResolvedBy && !p.EchoAnySender || ev.Alert.StartsAt.After(m.EndsAt)
		if !released {
			// The hold stays as it is, but an older resolve must not end it, and what fires in the end says the latest.
			n := e.clone()
			n.Members[i].stamp(ev, now)
			return n, EchoIgnored
		}
		outcome = EchoReleased
	case p.isEcho(&m, ev, now):
		n := e.clone()
		h := &n.Members[i]
		h.stamp(ev, now)
		h.HeldUntil = now.Add(p.EchoHold)
		return n, EchoHeld
	}
	n := e.clone()
	n.Members[i].fire(ev, now)
	return p.changed(n, now), outcome
}

// isEcho tells a firing that a replica sent before it heard of the resolve.
func (p *Policy) isEcho(m *Member, ev Event, now time.Time) bool {
	return !m.ResolvedAt.IsZero() &&
		!ev.Alert.StartsAt.After(m.EndsAt) &&
		(p.EchoAnySender || ev.Sender != m.ResolvedBy) &&
		now.Sub(m.ResolvedAt) < p.EchoWindow
}

func (p *Policy) applyResolved(e *Entry, i int, ev Event, now time.Time) (*Entry, Outcome) {
	if i < 0 {
		n := e.clone()
		n.Members = append(n.Members, Member{})
		n.Members[len(n.Members)-1].resolve(ev, now)
		n.Left = !n.Firing() && n.leaves()
		if e.Incident.State == Unknown {
			return n, ResolveUnknown
		}
		return n, ResolveRepeated
	}
	m := e.Members[i]
	if m.outlives(ev) {
		return e, StaleResolve
	}
	n := e.clone()
	n.Members[i].resolve(ev, now)
	switch {
	case m.held():
		return n, EchoCancelled
	case !m.Firing:
		return n, ResolveRepeated
	}
	n = p.changed(n, now)
	if !n.Firing() && n.armed && n.Inflight.Kind == Create {
		// The create is on disk but has not left: it never happened.
		n.Inflight, n.armed = Call{}, false
	}
	if n.untried() && !n.Firing() {
		return n, Coalesced
	}
	return n, Resolved
}

// outlives: the resolve is about an instance that ended before the one that fires, or is held, began.
func (m *Member) outlives(ev Event) bool {
	return m.unfinished() && !ev.EndsAt.IsZero() &&
		ev.Alert.StartsAt.Before(m.Alert.StartsAt) && !ev.EndsAt.After(m.Alert.StartsAt)
}

// untried: nothing was ever sent for this entry that may have opened an incident.
func (e *Entry) untried() bool {
	return e.Incident.State == None && !e.Doubt.Set && e.Inflight.Kind == NoCall
}

// stamp keeps what the event says and its place in the order.
func (m *Member) stamp(ev Event, now time.Time) {
	m.Alert = ev.Alert
	m.Epoch, m.Seq = ev.Epoch, ev.Seq
	m.LastSeen = now
}

func (m *Member) fire(ev Event, now time.Time) {
	m.stamp(ev, now)
	m.Firing, m.HeldUntil = true, time.Time{}
}

func (m *Member) resolve(ev Event, now time.Time) {
	m.stamp(ev, now)
	m.Firing, m.HeldUntil = false, time.Time{}
	m.EndsAt, m.ResolvedBy, m.ResolvedAt = ev.EndsAt, ev.Sender, now
	if m.EndsAt.IsZero() {
		m.EndsAt = now
	}
}

func (p *Policy) refreshDue(e *Entry, now time.Time) bool {
	return p.Refresh > 0 && e.Incident.State == Open && now.Sub(e.ConfirmedAt) >= p.Refresh
}

// unrendered stands for the hash of content that nobody has asked for yet.
const unrendered = "unrendered"

// render brings the content that e asks for up to date, and returns it. The caller owns e, which is unrendered.
func (p *Policy) render(e *Entry) incident.Content {
	c := p.Content(e)
	e.desired = c.Hash()
	return c
}

// changed brings what follows from the members up to date after they changed in e, which the caller owns.
func (p *Policy) changed(e *Entry, now time.Time) *Entry {
	before := e.desired
	e.content = nil
	if e.Firing() {
		e.QuietSince = time.Time{}
		e.Peak = max(e.Peak, e.Worst())
		e.desired = unrendered
		if !e.draft {
			p.render(e)
		}
		if e.Left {
			e.Left, e.verify = false, e.Incident.State == Open // by now a person may have closed it
		}
	} else {
		e.desired = ""
		if e.QuietSince.IsZero() {
			e.QuietSince = now
		}
		e.Dismissed, e.Reopening, e.Reopened, e.verify = false, "", false, false
		e.Refused, e.Peak, e.Left = Refusal{}, 0, e.leaves()
	}
	if e.desired != before || e.desired == unrendered {
		e.Version++
	}
	if (e.desired == "") != (before == "") {
		// The episode begins or ends: failures of the other direction do not hold this one back.
		e.attempts, e.retryAt = 0, time.Time{}
	}
	return e
}
