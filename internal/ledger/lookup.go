// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
	"time"
)

// firstProbe is when an unanswered call is looked up first; the pauses double from there to the settle time.
const firstProbe = time.Second

func (p *Policy) learnLookup(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	if a.Verdict != Accepted {
		// Only look-ups wait for look-ups: a key that may not list must not stop writes.
		if a.Verdict == Denied {
			n.verify = false // the next repeat asks again
		}
		n.failedLookups++
		n.probeAt = now.Add(max(p.pause(n.Alias, n.failedLookups, a), firstProbe))
		return n, Retrying
	}
	n.failedLookups = 0
	if n.Version != c.Version {
		return n, Nothing // it changed meanwhile: decide anew
	}
	n.Version++
	n.verify = false
	last := !a.Began.Before(n.settleAt) && (c.Wide || n.Doubt.Creates == 0)
	p.scheduleProbe(n, now)
	lesson := p.adopt(n, a.Found, now)
	if last {
		n.Doubt = Doubt{}
	}
	return n, lesson
}

func (p *Policy) scheduleProbe(n *Entry, now time.Time) {
	if !n.Doubt.Set {
		return
	}
	n.probes++
	n.probeAt = now.Add(firstProbe << min(n.probes, 20))
	if n.probeAt.After(n.settleAt) {
		n.probeAt = n.settleAt // the last one: it begins when settle is over
	}
}

// adopt brings the entry in line with the incidents that a complete look-up found.
func (p *Policy) adopt(n *Entry, found []Found, now time.Time) Lesson {
	open := slices.DeleteFunc(slices.Clone(found), func(f Found) bool { return !f.Open || n.reopenedByPerson(f) })
	if len(open) == 0 {
		return p.adoptNone(n, found)
	}
	slices.SortStableFunc(open, func(a, b Found) int { return a.CreatedAt.Compare(b.CreatedAt) })
	ours := max(0, slices.IndexFunc(open, func(f Found) bool { return f.ID == n.Incident.ID }))
	n.absent = 0
	lesson := Nothing
	if n.Incident.State != Open || n.Incident.ID != open[ours].ID {
		lesson = Adopted
		if len(open) == 1 && n.explains(open[0]) {
			n.Doubt = Doubt{}
		}
	}
	f := open[ours]
	n.opened(f, now)
	n.Written = ""
	if f.Same {
		n.Written = n.desired
	}
	n.Extra = nil
	for i, f := range open {
		if i != ours {
			n.Extra = append(n.Extra, f.ID)
		}
	}
	return lesson
}

// explains: f is what the one unanswered create made, so nothing more can come.
func (e *Entry) explains(f Found) bool {
	return e.Doubt.Creates == 1 && e.Doubt.Closing == "" && e.Incident.State != Open && e.Incident.ID != f.ID
}

// reopenedByPerson: we saw its close confirmed, and nothing of ours can have opened it again.
func (e *Entry) reopenedByPerson(f Found) bool {
	return e.Incident.State == Closed && e.Incident.ID == f.ID && e.Doubt.Closing != f.ID && e.Doubt.Creates == 0
}

func (p *Policy) adoptNone(n *Entry, closed []Found) Lesson {
	n.Extra = nil
	if len(closed) > 0 && n.Incident.ID == "" {
		// A create may open it again, and the list would not show it then: it shows what is new.
		n.Incident.ID = slices.MaxFunc(closed, func(a, b Found) int { return a.CreatedAt.Compare(b.CreatedAt) }).ID
	}
	switch n.Incident.State {
	case Open:
		n.Incident.State, n.Written = Closed, ""
		p.dismiss(n)
		return FoundClosed
	case Unknown:
		// Rows can move between the pages of a list: absent means twice absent.
		n.absent++
		if n.absent >= 2 {
			n.Incident.State = Closed
		}
	case None, Closed:
	}
	return Nothing
}
