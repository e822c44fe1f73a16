// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

func (p *Policy) learnClose(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if a.Incident.Seen && a.Incident.Open {
		p.backOff(n, c, a, now)
		if !n.extra(c) {
			n.recognise(&a.Incident, true)
		}
		switch {
		case n.extra(c):
		case c.Renew:
			n.renewed(c) // the incident stays open and is updated
		default:
			n.FailedCloses++
			n.lookBefore(now)
		}
		return StillOpen
	}
	n.succeed(c)
	main, extra, written, failed := c.ID == n.Incident.ID, n.extra(c), n.Written, n.FailedCloses
	p.closed(n, c)
	switch {
	case main:
		n.unseen(a.Incident, now)
	case extra && !a.Incident.Seen:
		n.suspect(time.Time{}, now.Add(firstLook)) // it may still be open
	}
	if n.Unseen {
		n.Written, n.FailedCloses = written, failed // in case it is open after all
	}
	return ClosedIt
}

// learnGone learns that the API has no such incident. An API that reads from copies of its database may not have it yet, so a lookup verifies
// that.
func (p *Policy) learnGone(n *Timed, c Call, a Answer, now time.Time) Lesson {
	switch {
	case c.Kind == Close && !c.Renew:
		return p.learnClose(n, c, Answer{Result: Gone}, now)
	case c.Kind == Reopen:
		n.succeed(c)
		p.closed(n, c)
		return FoundClosed
	case n.Missed && n.FailedLooks > 0: // no lookup can verify it
		n.succeed(c)
		p.learnClose(n, Call{Kind: Lookup, ID: c.ID}, Answer{Result: Gone}, now)
		return FoundClosed
	default:
		p.backOff(n, c, a, now)
		if !n.Missed {
			n.FailedLooks = 0 // those that failed before verified nothing
		}
		n.Missed = true
		n.verify(now.Add(firstLook))
		// A retry before the lookup has been answered would only make its answer count for nothing.
		n.RetryAt = Latest(n.RetryAt, n.LookAt.Add(firstLook))
		return Retrying
	}
}

// extra reports whether c closes a further incident of the alias.
func (e *Entry) extra(c Call) bool {
	return c.Kind == Close && c.ID != e.Incident.ID && slices.Contains(e.Extra, c.ID)
}

// closed records that the incident of c is closed, by c or by someone else. It changes n, which the caller owns.
func (p *Policy) closed(n *Timed, c Call) {
	if n.extra(c) {
		n.BareExtra = false
		n.Extra = without(n.Extra, c.ID)
		return
	}
	n.Bare, n.MustLook, n.Verify, n.FailedCloses, n.Form = false, false, false, 0, Full
	if c.Renew && n.Firing() {
		n.Continues = n.Incident.Number
		n.renewed(c)
	}
	n.Renewed = max(n.Renewed, n.written())
	n.Incident.State, n.Incident.ID = Closed, c.ID
	n.Written, n.Reopening = Written{}, ""
	n.forgetRefusedUpdate()
	if c.Kind != Close {
		p.dismiss(n)
	}
	n.Unseen = false
}

// renewed notes for which severity a new incident should page people. With only_rises, it can be above the severity of all firing alerts.
// It changes e, which the caller owns.
func (e *Entry) renewed(c Call) { e.Renewed = max(e.Worst(), c.Severity) }

// forgetRefusedUpdate forgets that an update was refused: its incident is closed. It changes e, which the caller owns.
func (e *Entry) forgetRefusedUpdate() {
	if e.Refused.Kind == Update {
		e.Refused = Refusal{}
	}
}

// written is the worst severity written in this episode: people were paged for it.
func (e *Entry) written() incident.Severity {
	if !e.Firing() {
		return 0
	}
	return e.Written.Peak
}

// dismiss notes that a person closed the incident. It stays closed if the policy or an alert says so. If a close of ours is unanswered, that
// close is assumed to have closed the incident, not a person. If the incident has not been seen in this episode, it was closed before.
func (p *Policy) dismiss(n *Timed) {
	byPerson := n.Doubt.Closing != n.Incident.ID
	n.Dismissed = byPerson && !n.Unseen && n.Firing() && (p.ReopenNever || n.Members.final())
	if byPerson && n.Doubt.Creates == 0 { // otherwise a create that comes late may make the incident that is left to a person
		n.KeepsOpen = false
	}
}

// closeRefused never gives up: a close has no content that could change. It may be refused because the incident is closed already, so a
// lookup comes first. The next try has no resolved_at; later tries are slow.
func (p *Policy) closeRefused(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if n.extra(c) {
		n.BareExtra = true
		p.backOff(n, c, a, now)
		n.suspect(time.Time{}, now)
		return Retrying
	}
	if c.Renew {
		n.renewed(c) // the incident stays open and is updated
	}
	if n.Bare {
		n.Attempts++
		n.RetryAt = now.Add(p.Backoff.Max)
	}
	n.Bare = true
	n.lookBefore(now)
	return Retrying
}

// lookBefore makes a lookup come before the next try.
func (e *Timed) lookBefore(now time.Time) {
	e.MustLook, e.LookAt = true, now
}
