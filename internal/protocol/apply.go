// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"
)

// Apply applies the events of one alias to e and returns the new entry and the outcome of each event. e has no Entry for a new alias. If no
// event changes anything, Apply returns e itself.
func (p *Policy) Apply(e Timed, events []Event, now time.Time) (Timed, []Outcome) {
	return p.ApplyWithin(Boundless, e, events, now)
}

// ApplyWithin is Apply for a ledger that has only so much room for alerts.
func (p *Policy) ApplyWithin(room Room, e Timed, events []Event, now time.Time) (Timed, []Outcome) {
	first := slices.IndexFunc(events, func(ev Event) bool { return !ev.Ignored })
	if e.Entry == nil && first < 0 {
		return e, slices.Repeat([]Outcome{Ignored}, len(events))
	}
	if e.Entry == nil && room.Refuses() {
		return e, slices.Repeat([]Outcome{NoRoom}, len(events))
	}
	outcomes := make([]Outcome, len(events))
	n := newEntry(e, events[max(first, 0)], now)
	n.Members = n.Members.draft()
	changed := e.Entry == nil
	for i := range events {
		if ev, refused := room.admit(&n.Members, &events[i]); ev == nil {
			outcomes[i] = refused
		} else {
			before := n.Members.bytes
			outcomes[i] = p.apply(&n, ev, now)
			room.take(n.Members.bytes - before)
		}
		changed = changed || outcomes[i].changes()
	}
	if !changed {
		return e, outcomes
	}
	n.Members.seal()
	return n, outcomes
}

func newEntry(e Timed, ev Event, now time.Time) Timed {
	if e.Entry != nil {
		return e.copy()
	}
	n := Timed{Entry: &Entry{Alias: ev.Alias}}
	if !ev.Firing {
		n.Incident.State = Unknown
		n.QuietSince = now
	}
	return n
}

// apply changes n, a draft.
func (p *Policy) apply(n *Timed, ev *Event, now time.Time) Outcome {
	m := n.Members.Get(ev.Key)
	if ev.Firing && int(n.Members.whole) >= p.Members && (m == nil || m.Alert.IsBrief()) {
		brief := *ev // there is no room for its text
		brief.Alert = ev.Alert.Brief()
		ev = &brief
	}
	switch {
	case m != nil && !p.Punctual && m.newerThan(ev):
		return OlderDropped
	case m == nil && ev.Ignored:
		return Ignored
	case ev.Firing && m == nil:
		return p.startFiring(n, &Member{Key: ev.Key}, ev, now)
	case ev.Firing:
		return p.applyFiring(n, m, ev, now)
	default:
		return p.applyResolve(n, m, ev, now)
	}
}

func (m *Member) newerThan(ev *Event) bool {
	return m.Epoch != "" && m.Epoch == ev.Epoch && ev.Seq < m.Seq
}

func (p *Policy) applyFiring(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	adjusted := *ev
	if m.Unfinished() && (ev.Undated || adjusted.Alert.StartsAt.Before(m.Alert.StartsAt)) {
		// A firing member keeps its start. The event may be an echo of the previous instance, whose resolve is still to come and must not
		// end this one. And the start of a log record that repeats is only the time of the record.
		adjusted.Alert.StartsAt = m.Alert.StartsAt
	}
	if m.Firing && ev.ListedBy != "" {
		// A list knows less than a webhook, so this is only a repeat.
		adjusted.Alert, adjusted.StaleAfter, adjusted.Final = m.Alert, m.StaleAfter, m.Final
	}
	switch {
	case m.resolving():
		return p.firesAgain(n, m, &adjusted, now)
	case m.Firing:
		return p.repeat(n, m, &adjusted, now)
	case m.held():
		if !p.releases(m, &adjusted) {
			// The hold keeps its end. The event still counts for the order, so that an older resolve cannot end the hold, and for the text.
			n.Members.hold(m, &adjusted, m.HeldUntil, now)
			return EchoIgnored
		}
		p.fire(n, m, &adjusted, now)
		return EchoReleased
	case p.isEcho(m, &adjusted, now):
		n.Members.hold(m, &adjusted, now.Add(p.EchoHold), now)
		return EchoHeld
	}
	return p.startFiring(n, m, &adjusted, now)
}

// hold stores a firing that may be an echo.
func (s *Members) hold(m *Member, ev *Event, until, now time.Time) {
	next := *m
	next.stamp(ev, now)
	next.shown(ev)
	next.HeldUntil = until
	s.set(&next)
	s.noteChange(&next, byEvent) // what it will say once the hold ends
}

// repeat applies a firing to a member that fires already.
func (p *Policy) repeat(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	same := m.Alert.Equal(&ev.Alert)
	if !same && (!m.Alert.StartsAt.Equal(ev.Alert.StartsAt) || !m.Alert.SameNews(&ev.Alert)) {
		refresh := p.refreshDue(n.Entry, now)
		p.fire(n, m, ev, now)
		n.Refresh = n.Refresh || refresh // the update may have nothing to write, because a person edited the field
		return Changed
	}
	alike := m.StaleAfter == ev.StaleAfter && m.Witness == ev.Witness && m.Final == ev.Final
	next := *m
	next.stamp(ev, now)
	if same {
		next.Alert = m.Alert // the same text in old memory: a repeat allocates nothing that lives long
	} else {
		n.Members.noteChange(&next, byEvent)
	}
	n.Members.set(&next)
	due := p.refreshDue(n.Entry, now)
	n.Refresh = n.Refresh || due
	switch {
	case !alike:
		return Changed // other settings of the alert, which a restart must know
	case due:
		return RefreshDue
	}
	return Repeated
}

// releases reports whether the firing of a held member is certainly not an echo.
func (p *Policy) releases(m *Member, ev *Event) bool {
	return ev.Sender == m.ResolvedBy && !p.EchoAnySender || ev.Alert.StartsAt.After(m.EndsAt)
}

// isEcho reports whether a replica may have sent the firing before it heard of the resolve.
func (p *Policy) isEcho(m *Member, ev *Event, now time.Time) bool {
	return !m.ResolvedAt.IsZero() &&
		!ev.Alert.StartsAt.After(m.EndsAt) &&
		(p.EchoAnySender || ev.Sender != m.ResolvedBy) &&
		now.Sub(m.ResolvedAt)-ev.Waited < p.EchoWindow
}

func (p *Policy) applyResolve(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	if m == nil {
		n.Members.set(resolved(&Member{Key: ev.Key}, ev, now))
		n.KeepsOpen = n.KeepsOpen || ev.Alert.LeftOpen
		n.Left = !n.Firing() && n.KeepsOpen
		if n.Incident.State == Unknown {
			return ResolveUnknown
		}
		return ResolveRepeated
	}
	if m.outlives(ev) {
		return StaleResolve
	}
	if m.Firing && waitOf(ev) > 0 {
		return p.wait(n, m, ev, now)
	}
	fired, held := m.Firing, m.held()
	n.Members.set(resolved(m, ev, now))
	switch {
	case held:
		return EchoCancelled
	case !fired:
		return ResolveRepeated
	}
	n.Members.noteChange(n.Members.Get(ev.Key), byEvent)
	p.changed(n, true, now)
	if n.Firing() {
		return Resolved
	}
	if n.untried() {
		return NeverOpened
	}
	return Resolved
}

// outlives reports whether the resolve is stale: it ends an earlier instance, which ended before the present one began. The present one
// fires or is held.
func (m *Member) outlives(ev *Event) bool {
	return m.Unfinished() && !ev.Alert.StartsAt.IsZero() && !ev.EndsAt.IsZero() &&
		ev.Alert.StartsAt.Before(m.Alert.StartsAt) && !ev.EndsAt.After(m.Alert.StartsAt)
}

// stamp stores the content of the event and its place in the order.
func (m *Member) stamp(ev *Event, now time.Time) {
	m.Alert = ev.Alert
	m.Epoch, m.Seq = ev.Epoch, ev.Seq
	m.LastSeen, m.ToldAt, m.AbsentSince, m.StaleAfter = now, now, time.Time{}, ev.StaleAfter
	m.Witness, m.Final = ev.Witness, ev.Final
}

// fire makes a member fire. m may point into n.
func (p *Policy) fire(n *Timed, m *Member, ev *Event, now time.Time) {
	next, fired := *m, n.Firing()
	next.stamp(ev, now)
	next.shown(ev)
	next.Firing, next.HeldUntil = true, time.Time{}
	n.Members.set(&next)
	n.Members.noteChange(&next, byEvent)
	p.changed(n, fired, now)
}

// resolved returns the member after a resolve, without its text, which is no longer needed.
func resolved(m *Member, ev *Event, now time.Time) *Member {
	next := *m
	next.stamp(ev, now)
	next.Alert = next.Alert.Brief()
	next.rests()
	next.EndsAt, next.ResolvedBy, next.ResolvedAt = m.endOf(ev, now), ev.Sender, now
	return &next
}

// endOf returns when the alert of a resolve ended. An end that is not after the start is wrong: now takes its place.
func (m *Member) endOf(ev *Event, now time.Time) time.Time {
	end := earliest(ev.EndsAt, now)
	if !end.After(m.Alert.StartsAt) {
		end = now
	}
	if end.Before(ev.Alert.StartsAt) {
		// Our clock is behind the sender's. isEcho must still recognise an echo of this instance by its start.
		end = ev.Alert.StartsAt
	}
	return end
}

func (p *Policy) refreshDue(e *Entry, now time.Time) bool {
	return p.Refresh > 0 && e.Incident.State == Open && now.Sub(e.ConfirmedAt) >= p.Refresh
}

// changed updates what depends on the members of n after they changed. fired: a member fired before. The caller owns n.
func (p *Policy) changed(n *Timed, fired bool, now time.Time) {
	n.Version++
	n.Members.text++
	n.anew()
	n.KeepsOpen, n.Members.left = n.KeepsOpen || n.Members.left, false
	if n.Firing() {
		if !fired {
			n.endEpisode()                                  // answers that came since may belong to the last one
			n.KeepsOpen = n.KeepsOpen && !n.certainlyNone() // perhaps no incident of earlier alerts is open
		}
		if n.Incident.State == Open && (n.Left || !fired && !now.Before(p.closeAt(n.Entry))) {
			n.verify(now) // a person, or a close that was refused, may have closed it before this episode
			n.Unseen, n.FailedLooks = true, 0
		}
		n.Left, n.QuietSince = false, time.Time{}
		n.Peak = max(n.Peak, n.Worst())
	} else {
		if n.QuietSince.IsZero() {
			n.QuietSince = now
		}
		n.endEpisode()
		n.Left, n.Verify, n.Refresh = n.KeepsOpen, false, false
		if n.Armed && n.Inflight().Kind == Create {
			// The create is on disk, but its request has not left: take it back.
			n.Armed = false
			n.setInflight(Call{})
		}
	}
	if n.Firing() != fired {
		// Failures of the other direction do not hold this one back.
		n.Attempts, n.RetryAt, n.PeekBy = 0, time.Time{}, time.Time{}
		n.Parks, n.ParkedAt, n.ContentFailures = 0, time.Time{}, 0
	}
}

// endEpisode clears the fields that hold for one episode only.
func (e *Entry) endEpisode() {
	e.Dismissed, e.Reopening, e.Reopened, e.Foreign = false, "", false, ""
	e.Refused, e.Peak, e.Renewed, e.Continues = Refusal{}, 0, 0, 0
}
