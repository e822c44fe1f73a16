// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// peekTime is how long the repeat of an unanswered create waits for a look at the newest incidents, at the most.
const peekTime = 2 * time.Second

// Learn returns the current entry with what the answer to c taught. It is not the entry that the call started
// from: events may have been applied since.
func (p *Policy) Learn(e *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	n := e.copy()
	if c.Kind == Lookup {
		return p.learnLookup(n, c, a, now)
	}
	if e.Inflight.Kind != c.Kind || e.Inflight.ID != c.ID || e.Timers().Armed {
		return p.learnAgain(e, n, c, a, now)
	}
	n.Inflight = Call{}
	n.change(func(t *Timers) { t.Armed = false })
	n.Version++
	switch a.Result {
	case Done:
		return p.learnDone(n, c, a, now)
	case Gone:
		n.succeed(c)
		p.closed(n, c)
		return n, lessonClosed(c)
	case Refused:
		return p.learnRefused(n, c, a, now)
	case Foreign:
		n.succeed(c)
		if n.Firing() {
			n.Foreign = a.Incident.ID
		}
		return n, Blocked
	case Denied, NotSent, Incomplete:
		p.backOff(n, c, a, now)
		return n, Retrying
	default:
		if a.Before.Seen && a.Before.Open {
			n.recognise(&a.Before, true) // before what was sent may explain it
		}
		p.doubt(n, c, a.Sent, now)
		p.backOff(n, c, a, now)
		return p.learnUnanswered(n, c, a, now)
	}
}

// learnAgain is for an answer that was learnt by a write that seemed to fail, or whose call is in doubt since then. It teaches
// only that the call may be carried out until later than was thought.
func (p *Policy) learnAgain(e, n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	if a.Result != Unanswered {
		return e, Nothing
	}
	p.doubt(n, c, a.Sent, now)
	n.Version++
	return p.learnUnanswered(n, c, a, now)
}

func (p *Policy) learnDone(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	n.succeed(c)
	switch c.Kind {
	case Create:
		return p.created(n, a, now)
	case Reopen:
		n.Reopening = ""
		if a.Incident.Seen && !a.Incident.Open {
			n.Incident = Incident{State: Closed, ID: c.ID}
			n.Dismissed = n.Firing()
			return n, ParkedIt
		}
		n.opened(a.Incident, now)
		n.unseen(a.Incident, now)
		n.Written, n.Reopened = Written{Shown: a.Incident.Fields}, true
		return n, Opened
	case Update:
		return p.updated(n, c, a, now)
	default:
		return p.learnClose(n, c, a, now)
	}
}

func (p *Policy) created(n *Entry, a Answer, now time.Time) (*Entry, Lesson) {
	// A close begun before this create is not to be finished any more: the create may have reopened its incident.
	n.Doubt.Finished = true
	f := a.Incident
	if f.Seen && !f.Open {
		return p.createdClosed(n, f)
	}
	lesson := Adopted
	switch {
	case !a.Met:
		n.Written = Written{News: a.Sent.News, Peak: a.Sent.Severity}
		n.Written.shows(&f, &a.Sent, Full.Fields())
		lesson = Opened
	case n.mayBeOpen(f.ID):
		n.recognise(&f, true)
	case n.Doubt.Creates > 0:
		// An unanswered create of ours may have made it; so may this one, where a hit has no mark and text is cleaned.
		unsure := n.Unsure
		n.Unsure = append(slices.Clip(unsure), a.Sent)
		n.recognise(&f, false)
		n.Unsure = unsure
	default:
		n.Written = Written{Peak: severityOf(f.Fields[incident.FieldSeverity])}
		n.Written.shows(&f, &a.Sent, Full.Fields()) // without the mark of a hit, cleaned text looks the same
	}
	n.Foreign = ""
	n.opened(f, now)
	n.unseen(f, now)
	return n, lesson
}

// mayBeOpen: the API carried out the close of the incident without showing it.
func (e *Entry) mayBeOpen(id string) bool { return e.Incident.ID == id && e.Unseen }

// createdClosed: the API let the create update an incident that is closed. It is opened once; if that
// happens again, it is left to people.
func (p *Policy) createdClosed(n *Entry, f Shown) (*Entry, Lesson) {
	n.Incident = Incident{State: Closed, ID: f.ID, Number: f.Number, StartedAt: f.StartedAt}
	n.Written, n.Unseen = Written{}, false
	switch {
	case !n.Firing():
		return n, FoundClosed
	case n.Reopened:
		n.Dismissed = true
		return n, ParkedIt
	}
	n.Reopening = f.ID
	return n, Retrying
}

func (p *Policy) learnClose(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	if a.Incident.Seen && a.Incident.Open {
		p.backOff(n, c, a, now)
		if !n.extra(c) {
			n.recognise(&a.Incident, true)
		}
		switch {
		case n.extra(c):
		case c.Renew:
			n.Renewed = n.Worst() // it stays as it is, and is updated
		default:
			n.change(func(t *Timers) { t.FailedCloses++ })
			n.lookBefore(now)
		}
		return n, StillOpen
	}
	main, written := c.ID == n.Incident.ID, n.Written
	p.closed(n, c)
	if main {
		n.unseen(a.Incident, now)
	}
	if n.Unseen {
		n.Written = written // in case it is open after all
	}
	return n, ClosedIt
}

// opened changes e, which the caller owns.
func (e *Entry) opened(f Shown, now time.Time) {
	if !f.Seen && e.Incident.ID == f.ID {
		f.Number, f.StartedAt = e.Incident.Number, e.Incident.StartedAt
	}
	e.Incident = Incident{State: Open, ID: f.ID, Number: f.Number, StartedAt: f.StartedAt}
	e.Extra = without(e.Extra, f.ID)
	e.ConfirmedAt = now
}

// unseen notes that an answer does not show the incident, so that a lookup verifies it.
func (e *Entry) unseen(f Shown, now time.Time) {
	if e.Unseen = !f.Seen; e.Unseen {
		e.change(func(t *Timers) { t.LookAt = now.Add(firstLook) })
	}
}

// succeed ends the failures of c.
func (e *Entry) succeed(c Call) {
	e.change(func(t *Timers) {
		if e.extra(c) {
			t.ExtraAttempts, t.ExtraAt = 0, time.Time{}
			return
		}
		t.Attempts, t.RetryAt, t.PeekBy = 0, time.Time{}, time.Time{}
		if c.Kind == Update {
			t.FailedUpdates = 0
			if c.Form == Full {
				t.Form, t.FullAt = Full, time.Time{}
			}
		}
		if c.Kind == Create || c.Kind == Update {
			t.Parks, t.ParkedAt = 0, time.Time{}
		}
	})
	if c.Kind == e.Refused.Kind {
		e.Refused = Refusal{}
	}
}

// extra: c closes a further incident of the alias.
func (e *Entry) extra(c Call) bool {
	return c.Kind == Close && c.ID != e.Incident.ID && slices.Contains(e.Extra, c.ID)
}

// closed: the incident of c is closed, by c or by somebody else. It changes n, which the caller owns.
func (p *Policy) closed(n *Entry, c Call) {
	if n.extra(c) {
		n.change(func(t *Timers) { t.BareExtra = false })
		n.Extra = without(n.Extra, c.ID)
		return
	}
	n.change(func(t *Timers) { t.Bare, t.MustLook, t.FailedCloses, t.Form = false, false, 0, Full })
	if c.Renew && n.Firing() {
		n.Continues, n.Renewed = n.Incident.Number, n.Worst()
	}
	n.Renewed = max(n.Renewed, n.written())
	n.Incident.State, n.Incident.ID = Closed, c.ID
	n.Written, n.Unseen, n.Reopening = Written{}, false, ""
	if c.Kind != Close {
		p.dismiss(n)
	}
}

// written is the worst severity that people of this episode were called for.
func (e *Entry) written() incident.Severity {
	if !e.Firing() {
		return 0
	}
	return e.Written.Peak
}

func lessonClosed(c Call) Lesson {
	if c.Kind == Close {
		return ClosedIt
	}
	return FoundClosed
}

// dismiss leaves an incident closed that a person closed, where policy says so. A close of ours that nobody
// answered was not made by a person.
func (p *Policy) dismiss(n *Entry) {
	n.Dismissed = p.ReopenNever && n.Firing() && n.Doubt.Closing != n.Incident.ID
}

func (p *Policy) learnRefused(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	if !n.Firing() && c.Kind != Close {
		// The episode is over, and the next one is not held back by this one's content.
		n.Reopening = ""
		return n, Nothing
	}
	switch c.Kind {
	case Create:
		n.Refused = Refusal{Kind: Create, Hash: a.Sent.hash(), Minimal: c.Minimal}
		if !c.Minimal {
			return n, Retrying
		}
		n.change(func(t *Timers) {
			t.Parks++
			t.ParkedAt = now.Add(p.Backoff.delay(n.Alias, t.Parks, p.Backoff.Slow))
		})
		return n, ParkedIt
	case Update:
		n.Refused = Refusal{Kind: Update, Hash: a.Sent.hash()}
		n.change(func(t *Timers) {
			t.ParkedAt = now.Add(p.Backoff.Hourly)
			t.Verify = t.Verify || !a.Before.Seen // perhaps because it is closed
		})
		return n, ParkedIt
	case Reopen:
		n.Reopening = ""
		n.Dismissed = n.Firing()
		return n, ParkedIt
	default:
		return p.closeRefused(n, c, a, now)
	}
}

// closeRefused: a close has no content to wait for. It may be refused because the incident is closed already, so a lookup
// comes first; then it is tried without resolved_at, and then slowly, forever.
func (p *Policy) closeRefused(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	if n.extra(c) {
		n.change(func(t *Timers) { t.BareExtra = true })
		p.backOff(n, c, a, now)
		n.suspect(time.Time{}, now)
		return n, Retrying
	}
	if c.Renew {
		n.Renewed = n.Worst() // it stays as it is, and is updated
	}
	n.change(func(t *Timers) {
		if t.Bare {
			t.Attempts++
			t.RetryAt = now.Add(p.Backoff.Max)
		}
		t.Bare = true
	})
	n.lookBefore(now)
	return n, Retrying
}

// lookBefore lets a lookup come before the next try.
func (e *Entry) lookBefore(now time.Time) {
	e.change(func(t *Timers) { t.MustLook, t.LookAt = true, now })
}

// learnUnanswered is what is particular to each kind of call.
func (p *Policy) learnUnanswered(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	switch {
	case c.Kind == Close && c.ID == n.Incident.ID && !c.Finish:
		n.change(func(t *Timers) { t.FailedCloses++ })
		if n.Timers().FailedCloses > 1 {
			n.lookBefore(n.Timers().LookAt)
		}
	case c.Kind == Create:
		n.change(func(t *Timers) { t.PeekBy = now.Add(peekTime) })
	case c.Kind == Update && a.Server:
		return p.shrink(n, c, now)
	}
	return n, Doubting
}

// failuresBeforeShrink is how often an update fails with a server's error before fewer fields are tried.
const failuresBeforeShrink = 3

// shrink lets an update that the API cannot digest have fewer fields.
func (p *Policy) shrink(n *Entry, c Call, now time.Time) (*Entry, Lesson) {
	t := n.Timers()
	t.FailedUpdates++
	if t.FailedUpdates < failuresBeforeShrink {
		n.set(t)
		return n, Doubting
	}
	if c.Form == t.Form && t.Form < SeverityOnly {
		t.Form++
	}
	t.FailedUpdates, t.FullAt = 0, now.Add(p.Backoff.Hourly)
	n.set(t)
	return n, Shrunk
}

// backOff sets when the next try of c may be.
func (p *Policy) backOff(n *Entry, c Call, a Answer, now time.Time) {
	if c.Kind == Create {
		a.RetryAfter = min(a.RetryAfter, p.Backoff.Slow) // nothing stops a page for longer
	}
	n.change(func(t *Timers) {
		attempts, at := &t.Attempts, &t.RetryAt
		if n.extra(c) {
			attempts, at = &t.ExtraAttempts, &t.ExtraAt
		}
		*attempts++
		*at = now.Add(p.pause(n.Alias, *attempts, a))
	})
}

// pause grows with the attempts. A denied key and the API's own wish are slow.
func (p *Policy) pause(alias string, attempts int32, a Answer) time.Duration {
	d := p.Backoff.delay(alias, attempts, p.Backoff.Max)
	if a.Result == Denied {
		d = p.Backoff.Max
	}
	return max(d, a.RetryAfter)
}

// maxUnsure bounds the contents that are kept of unanswered calls: the oldest and the newest.
const maxUnsure = 4

// doubt records that c, with its content, may still be carried out. It changes n, which the caller owns.
func (p *Policy) doubt(n *Entry, c Call, sent Content, now time.Time) {
	if !n.Doubt.Set || c.At.Before(n.Doubt.Since) {
		n.Doubt.Since = c.At
	}
	n.Doubt.Set = true
	n.change(func(t *Timers) {
		t.SettleAt = now.Add(p.SettleTime)
		t.Looks, t.LookAt = 0, earliest(now.Add(firstLook), t.SettleAt)
	})
	switch c.Kind {
	case Create, Reopen:
		n.Doubt.Creates++ // a reopen opens an incident too
	case Close:
		if c.ID == n.Incident.ID || n.Doubt.Closing == "" {
			n.Doubt.Closing = c.ID
		}
	default: // an update
	}
	if (c.Kind == Create || c.Kind == Update) && !slices.Contains(n.Unsure, sent) {
		n.Unsure = append(slices.Clone(n.Unsure), sent)
		if len(n.Unsure) > maxUnsure {
			n.Unsure[1] = Content{} // one of those that are forgotten
			n.Unsure = slices.Delete(n.Unsure, 2, 3)
		}
	}
}

func without(ids []string, id string) []string {
	if i := slices.Index(ids, id); i >= 0 {
		return slices.Delete(slices.Clone(ids), i, i+1)
	}
	return ids
}
