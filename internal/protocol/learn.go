// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Learn applies the answer to c to the current entry, which may have changed since the call began.
func (p *Policy) Learn(e Timed, c Call, a Answer, now time.Time) (Timed, Lesson) {
	if c.Kind != Lookup && !e.awaits(c) && a.Result != Unanswered {
		return e, Nothing // it is learned already
	}
	n := e.copy()
	lesson := p.learn(&n, c, a, now)
	if a.shows(c) {
		n.ListsAt = now.Add(p.SettleTime)
	}
	if lesson == FoundClosed && n.Firing() && n.Tries >= p.Backoff.SlowAfter {
		p.giveBack(&n, c) // c and the create that follows are one try
	}
	if !n.Firing() && !e.untried() && n.untried() && n.Incident.ID == "" {
		lesson = NotOpened
	}
	return n, lesson
}

// awaits reports whether c is under way.
func (e *Timed) awaits(c Call) bool {
	return e.Inflight().Kind == c.Kind && e.Inflight().ID == c.ID && !e.Armed
}

func (p *Policy) learn(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if c.Kind == Lookup {
		return p.learnLookup(n, c, a, now)
	}
	if c.Short && a.Result != Refused && (n.contentFails() || !n.refuses(&c.Content)) {
		a.Sent = a.Sent.keepUnchanged(&c.Content)
	}
	if !n.awaits(c) {
		return p.learnAgain(n, c, a, now)
	}
	n.setInflight(Call{})
	n.Version++
	if a.TurnedAway {
		p.turnedAway(n, c)
		return Nothing
	}
	if c.Renew && a.Before.Seen && !a.Before.Open {
		// Somebody closed it before us.
		n.succeed(c)
		p.closed(n, Call{Kind: Lookup, ID: c.ID})
		return FoundClosed
	}
	switch a.Result {
	case Done:
		return p.learnDone(n, c, a, now)
	case Gone:
		return p.learnGone(n, c, a, now)
	case Refused:
		return p.learnRefused(n, c, a, now)
	case Foreign:
		n.succeed(c)
		if n.Firing() {
			n.Foreign = a.Incident.ID
		}
		return Blocked
	case Denied, NotSent, Incomplete:
		p.backOff(n, c, a, now)
		if a.ContentSuspect && p.shrink(n, c, now) {
			return FewerFields
		}
		return Retrying
	default:
		if a.Before.Seen && a.Before.Open {
			n.recognise(&a.Before, true) // before doubt notes what was sent, which could explain it
		}
		p.doubt(n, c, a.Sent, now)
		p.backOff(n, c, a, now)
		return p.learnUnanswered(n, c, a, now)
	}
}

// turnedAway takes back what Begin noted for c: the call is still due.
func (p *Policy) turnedAway(n *Timed, c Call) {
	p.giveBack(n, c)
	n.Doubt.Finished = n.Doubt.Finished && !c.Finish
}

// giveBack takes back the try that Begin counted for c.
func (p *Policy) giveBack(n *Timed, c Call) {
	n.Tries, n.Called = max(n.Tries-1, 0), time.Time{}
	if n.LastTry.After(c.At) { // it was before its turn
		n.LastTry, n.Hurried = n.LastTry.Add(-p.Backoff.Slow), true
	} else {
		n.LastTry = time.Time{}
	}
}

func (p *Policy) learnDone(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if c.Kind == Close {
		return p.learnClose(n, c, a, now)
	}
	n.succeed(c)
	switch c.Kind {
	case Create:
		return p.created(n, a, now)
	case Reopen:
		n.Reopening = ""
		if a.Incident.Seen && !a.Incident.Open {
			n.Incident = Incident{State: Closed, ID: c.ID}
			n.Dismissed = n.Firing()
			return ParkedIt
		}
		n.opened(a.Incident, now)
		n.unseen(a.Incident, now)
		n.Written, n.Reopened = Written{Cleaned: Full.Fields() &^ Fields(incident.FieldSeverity)}, true // any text may be cleaned
		n.Written.shows(&a.Incident, &Content{}, Full.Fields())
		return Opened
	default:
		return p.updated(n, c, a, now)
	}
}

func (p *Policy) created(n *Timed, a Answer, now time.Time) Lesson {
	// Do not finish a close begun before this create: the create may have reopened its incident.
	n.Doubt.Finished = true
	f := a.Incident
	if f.Seen && !f.Open {
		return p.createdClosed(n, f)
	}
	lesson := FoundOpen
	switch {
	case !a.Met:
		n.Written = Written{News: a.Sent.News, Peak: a.Sent.Severity}
		n.Written.shows(&f, &a.Sent, Full.Fields())
		lesson = Opened
	case n.mayBeOpen(f.ID), n.Doubt.Creates > 0:
		// An earlier call of ours may have made it. So may this create, if Alert24 cleans text and does not say which creates met an
		// incident.
		unsure := n.Unsure
		if !a.Deduplicated {
			n.Unsure = append(slices.Clip(unsure), a.Sent)
		}
		n.recognise(&f, n.mayBeOpen(f.ID))
		n.Unsure = unsure
	default:
		n.Written = Written{Peak: severityOf(f.Fields[incident.FieldSeverity])}
		n.Written.shows(&f, &a.Sent, Full.Fields()) // it may show our own text as Alert24 cleaned it
	}
	n.Foreign = ""
	n.opened(f, now)
	n.unseen(f, now)
	return lesson
}

// mayBeOpen reports whether the API carried out the close of the incident without showing it.
func (e *Entry) mayBeOpen(id string) bool { return e.Incident.ID == id && e.Unseen }

// createdClosed learns that the create updated a closed incident. The incident is reopened once; if this happens again, it is left to
// people.
func (p *Policy) createdClosed(n *Timed, f Shown) Lesson {
	n.Incident = Incident{State: Closed, ID: f.ID, Number: f.Number, StartedAt: f.StartedAt}
	n.Written, n.Unseen = Written{}, false
	switch {
	case !n.Firing():
		return FoundClosed
	case n.Reopened:
		n.Dismissed = true
		return ParkedIt
	}
	n.Reopening = f.ID
	return Retrying
}

// opened changes e, which the caller owns.
func (e *Entry) opened(f Shown, now time.Time) {
	if !f.Seen && e.Incident.ID == f.ID {
		f.Number, f.StartedAt = e.Incident.Number, e.Incident.StartedAt
	}
	e.Incident = Incident{State: Open, ID: f.ID, Number: f.Number, StartedAt: f.StartedAt}
	e.Extra = without(e.Extra, f.ID)
	e.ConfirmedAt, e.Dismissed = now, false
}

// unseen notes whether an answer shows the incident. If it does not, a lookup verifies the incident.
func (e *Timed) unseen(f Shown, now time.Time) {
	if e.Unseen = !f.Seen; e.Unseen {
		e.LookAt = now.Add(firstLook)
	}
}

// succeed ends the failures of c.
func (e *Timed) succeed(c Call) {
	if e.extra(c) {
		e.ExtraAttempts, e.ExtraAt = 0, time.Time{}
		return
	}
	e.Attempts, e.RetryAt, e.PeekBy, e.Missed = 0, time.Time{}, time.Time{}, false
	if c.Kind == Update && c.Form == Full {
		e.Form, e.FullAt = Full, time.Time{}
	}
	if c.Kind == Create || c.Kind == Update {
		e.Parks, e.ParkedAt, e.ContentFailures = 0, time.Time{}, 0
	}
	if c.Kind == e.Refused.Kind || c.Kind == Create {
		e.Refused = Refusal{}
	}
}

func (p *Policy) learnRefused(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if !n.Firing() && c.Kind != Close {
		// The episode has ended, and its content does not hold back the next one.
		n.Reopening = ""
		return Nothing
	}
	switch c.Kind {
	case Create:
		known := n.refuses(&a.Sent)
		if !known {
			n.Parks = 0
		}
		again := !c.Short && known && n.Refused.Short
		n.Refused = Refusal{Kind: Create, Hash: a.Sent.hash(), Short: c.Short || again, Again: again}
		if n.contentFails() {
			n.ContentFailures++ // the other form has its turn
		}
		if !c.Short {
			return Retrying
		}
		n.Parks++
		n.ParkedAt = now.Add(min(p.Backoff.delay(n.Alias, n.Parks, p.Backoff.Slow), p.Backoff.Slow)) // whatever the jitter
		return ParkedIt
	case Update:
		n.Refused = Refusal{Kind: Update, Hash: a.Sent.hash(), Short: c.Form == SeverityOnly}
		n.ParkedAt = now.Add(p.Backoff.Hourly)
		n.Verify = n.Verify || !a.Before.Seen // perhaps because it is closed
		return ParkedIt
	case Reopen:
		n.Reopening = ""
		n.Dismissed = n.Firing()
		return ParkedIt
	default:
		return p.closeRefused(n, c, a, now)
	}
}

// refuses reports whether the API refused a create with this content.
func (e *Entry) refuses(c *Content) bool {
	return e.Refused.Kind == Create && e.Refused.Hash == c.hash()
}

func without(ids []string, id string) []string {
	if i := slices.Index(ids, id); i >= 0 {
		return slices.Delete(slices.Clone(ids), i, i+1)
	}
	return ids
}
