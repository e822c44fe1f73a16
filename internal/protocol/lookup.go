// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"
)

// firstLook is the pause before the first lookup of an unanswered call. The pauses double until the settle time.
const firstLook = time.Second

func (p *Policy) learnLookup(n *Timed, c Call, a Answer, now time.Time) Lesson {
	n.Looking = false
	if a.TurnedAway {
		return Nothing // the entry has changed since: decide again
	}
	if a.Result != Done {
		// A failed lookup holds back lookups only: a key that may not list must not stop writes.
		n.PeekBy, n.MustLook = time.Time{}, false
		n.FailedLooks++
		n.Hurried = false
		if a.Result == Denied {
			n.Verify, n.Refresh = false, false                         // the next repeat asks again
			n.Unseen = n.Unseen && n.FailedLooks < p.Backoff.SlowAfter // a key that may not read must not keep the entry
		}
		n.LookAt = now.Add(max(p.pause(n.Alias, n.FailedLooks, a), firstLook))
		return p.learnKnown(n, c, a, now)
	}
	n.FailedLooks, n.Missed = 0, false
	if n.Version != c.Version {
		return Nothing // the entry has changed: decide again
	}
	n.Version++
	n.Verify, n.Refresh, n.MustLook, n.PeekBy = false, false, false, time.Time{}
	complete := c.Depth >= Since
	last := complete && !a.Began.Before(n.SettleAt) && (c.Depth == All || n.Doubt.Creates == 0)
	if n.Doubt.Set {
		n.Looks++
		// The last lookup begins when the settle time has passed.
		n.LookAt = now.Add(firstLook << min(n.Looks, 20))
		if n.LookAt.After(n.SettleAt) {
			n.LookAt = n.SettleAt
		}
	}
	lesson := p.adopt(n, a.Found, c.Depth, now)
	if last {
		n.Doubt, n.Unsure = Doubt{}, nil
	}
	n.Unseen = false
	n.rest()
	return lesson
}

// learnKnown learns what a failed lookup has read of the known incident. The rest of the lookup stays due.
func (p *Policy) learnKnown(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if len(a.Found) == 0 || n.Version != c.Version {
		return Retrying
	}
	n.Version++
	n.Verify, n.Refresh = false, false
	lesson := p.adopt(n, a.Found, Known, now)
	if n.Unseen = false; lesson == Nothing {
		return Retrying
	}
	return lesson
}

// rest restarts the count of calls without news if the incident was just seen as it should be and no call for it fails.
func (e *Timed) rest() {
	if e.Over() || e.Settled() && e.Firing() && e.Incident.State == Open && e.Attempts == 0 {
		e.anew()
	}
}

// adopt brings the entry in line with the incidents that a lookup found.
func (p *Policy) adopt(n *Timed, found []Shown, depth Depth, now time.Time) Lesson {
	n.Extra = stillOpen(n.Extra, found, depth)
	open := slices.DeleteFunc(slices.Clone(found), func(f Shown) bool { return !f.Open || n.reopenedByPerson(f) })
	if len(open) == 0 {
		return p.adoptNone(n, found, depth, now)
	}
	slices.SortStableFunc(open, func(a, b Shown) int { return a.CreatedAt.Compare(b.CreatedAt) })
	ours := max(0, slices.IndexFunc(open, func(f Shown) bool { return f.ID == n.Incident.ID }))
	f := open[ours]
	n.Absent = 0
	known := n.Incident.State == Open && n.Incident.ID == f.ID
	lesson := Nothing
	if !known {
		lesson = FoundOpen
		if n.Unseen && n.Incident.ID == f.ID {
			// The API reported it as closed, but it is open.
			lesson = StillOpen
			n.Attempts = n.FailedCloses // the answer to the close restarted this count
			n.FailedCloses++
			p.backOff(n, Call{Kind: Close, ID: f.ID}, Answer{}, now)
		}
	}
	n.recognise(&f, known || n.mayBeOpen(f.ID))
	if !known && len(open) == 1 && n.explains(f) {
		n.Doubt, n.Unsure = Doubt{}, nil
	}
	n.Foreign = ""
	n.opened(f, now)
	for i, f := range open {
		if i != ours && !slices.Contains(n.Extra, f.ID) {
			n.Extra = append(slices.Clip(n.Extra), f.ID)
		}
	}
	return lesson
}

// stillOpen returns the further incidents that may still be open. Only a list of all open incidents proves that a missing one is closed.
func stillOpen(extra []string, found []Shown, depth Depth) []string {
	var open []string
	for _, id := range extra {
		i := slices.IndexFunc(found, func(f Shown) bool { return f.ID == id })
		if i >= 0 && found[i].Open || i < 0 && depth != All {
			open = append(open, id)
		}
	}
	return open
}

// explains reports whether the only unanswered create made f, so that nothing more can come.
func (e *Entry) explains(f Shown) bool {
	return e.Doubt.Creates == 1 && e.Doubt.Closing == "" && e.Incident.State != Open && e.Incident.ID != f.ID
}

// reopenedByPerson reports whether a person reopened f: its close was confirmed, and no call of ours can have reopened it.
func (e *Entry) reopenedByPerson(f Shown) bool {
	return e.Incident.State == Closed && e.Incident.ID == f.ID && !e.Unseen && e.Doubt.Closing != f.ID && e.Doubt.Creates == 0
}

func (p *Policy) adoptNone(n *Timed, closed []Shown, depth Depth, now time.Time) Lesson {
	if len(closed) > 0 && n.Incident.ID == "" {
		// A create may reopen it, and a list of new incidents would not show that.
		n.Incident.ID = slices.MaxFunc(closed, func(a, b Shown) int { return a.CreatedAt.Compare(b.CreatedAt) }).ID
	}
	switch n.Incident.State {
	case Open:
		n.Incident.State, n.Written = Closed, Written{}
		n.Bare, n.FailedCloses = false, 0
		n.Attempts, n.RetryAt = 0, time.Time{} // the failures of its calls do not hold back a create
		n.forgetRefusedUpdate()
		p.dismiss(n)
		return FoundClosed
	case Unknown:
		// Incidents can move between the pages of a list: only a second absence counts.
		if depth < Since {
			return Nothing
		}
		n.Absent++
		if n.Absent < 2 {
			n.LookAt = now
			return Nothing
		}
		n.Absent, n.Incident.State = 0, Closed
	case None, Closed:
		n.Written, n.FailedCloses = Written{}, 0
	}
	return Nothing
}
