// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"
	"time"
)

// Verdict is what an answer says about the call.
type Verdict uint8

// Verdicts. All but Accepted and Unanswered are certain: the call changed nothing.
const (
	Unanswered  Verdict = iota // no answer, or one that proves nothing
	Accepted                   // done; for a look-up: complete
	Gone                       // the API says that there is no such incident
	Refused                    // the API will not have this content
	Denied                     // the API does not accept the key
	NotSent                    // no connection, or the API asked to wait: try again
	LookupError                // a look-up failed or is incomplete
)

// String names the verdict for logs and metrics.
func (v Verdict) String() string {
	return [...]string{"unanswered", "accepted", "gone", "refused", "denied", "not_sent", "lookup_failed"}[v]
}

// Answer is what a call taught.
type Answer struct {
	Verdict Verdict
	// Incident after a write, as the API returned it.
	Incident Found
	// Found are the incidents of this alias that a complete look-up saw, and the incident with the known id.
	Found []Found
	// Began is when the look-up began.
	Began time.Time
	// RetryAfter is how long the API asked to wait; 0 is not asked.
	RetryAfter time.Duration
}

// Found is an incident as the API shows it.
type Found struct {
	ID        string
	Number    int64
	Open      bool
	CreatedAt time.Time
	StartedAt time.Time
	// Same: title, description and severity are what the entry's firing members ask for.
	Same bool
}

// Lesson is what learning an answer changed, for logs and metrics.
type Lesson uint8

// Lessons.
const (
	Nothing Lesson = iota
	Opened
	Adopted // a look-up found the incident
	Updated
	ClosedIt
	FoundClosed // somebody else closed or removed it
	ParkedIt
	Retrying
	Doubting
)

// String names the lesson for logs and metrics.
func (l Lesson) String() string {
	return [...]string{
		"nothing", "opened", "adopted", "updated", "closed", "found_closed", "parked", "retrying", "doubting",
	}[l]
}

// Learn returns the current entry with what the answer to c taught. It is not the entry that the call started
// from: events may have been applied since.
func (p *Policy) Learn(e *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	n := e.copy()
	n.content = nil
	if c.Kind == Lookup {
		return p.learnLookup(n, c, a, now)
	}
	n.Inflight, n.armed = Call{}, false
	n.Version++
	switch a.Verdict {
	case Accepted:
		n.succeed()
		return p.learnAccepted(n, c, a, now)
	case Gone:
		n.succeed()
		return p.learnClosed(n, c), lessonClosed(c)
	case Refused:
		return p.learnRefused(n, c, now)
	case Denied, NotSent:
		p.backOff(n, a, now)
		return n, Retrying
	default:
		p.doubt(n, c, now)
		p.backOff(n, a, now)
		return n, Doubting
	}
}

func (p *Policy) learnAccepted(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	switch c.Kind {
	case Create:
		// A close begun before this create is not to be finished any more: the create may have reopened its incident.
		n.Doubt.Finished = true
		if !a.Incident.Open {
			return p.learnCreatedClosed(n, a.Incident)
		}
		n.opened(a.Incident, now)
		n.Written = c.Hash
		return n, Opened
	case Reopen:
		n.Reopening = ""
		if !a.Incident.Open {
			n.Incident = Incident{State: Closed, ID: c.ID}
			n.Dismissed = n.Firing()
			return n, ParkedIt
		}
		n.opened(a.Incident, now)
		n.Written, n.Reopened = "", true
		return n, Opened
	case Update:
		if !a.Incident.Open {
			return p.learnClosed(n, c), FoundClosed
		}
		n.Written, n.ConfirmedAt = c.Hash, now
		return n, Updated
	default:
		return p.learnClosed(n, c), ClosedIt
	}
}

// learnCreatedClosed: the API let the create update an incident that is closed. It is opened once; if that
// happens again, it is left to people.
func (p *Policy) learnCreatedClosed(n *Entry, f Found) (*Entry, Lesson) {
	n.Incident = Incident{State: Closed, ID: f.ID, Number: f.Number, StartedAt: f.StartedAt}
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

// opened and succeed change e, which the caller owns.
func (e *Entry) opened(f Found, now time.Time) {
	e.Incident = Incident{State: Open, ID: f.ID, Number: f.Number, StartedAt: f.StartedAt}
	e.ConfirmedAt = now
}

func (e *Entry) succeed() { e.attempts, e.retryAt = 0, time.Time{} }

// learnClosed: the incident of c is closed, by c or by somebody else.
func (p *Policy) learnClosed(n *Entry, c Call) *Entry {
	n.bareTry = false
	if i := slices.Index(n.Extra, c.ID); i >= 0 {
		n.Extra = slices.Delete(slices.Clone(n.Extra), i, i+1)
		return n
	}
	n.Incident.State, n.Incident.ID, n.Written = Closed, c.ID, ""
	n.Reopening = ""
	if c.Kind != Close {
		p.dismiss(n)
	}
	return n
}

func lessonClosed(c Call) Lesson {
	if c.Kind == Close {
		return ClosedIt
	}
	return FoundClosed
}

// dismiss leaves an incident closed that a person closed, where policy says so. A close of ours that nobody
// answered is no person's.
func (p *Policy) dismiss(n *Entry) {
	n.Dismissed = p.ReopenNever && n.Firing() && n.Doubt.Closing != n.Incident.ID
}

func (p *Policy) learnRefused(n *Entry, c Call, now time.Time) (*Entry, Lesson) {
	switch c.Kind {
	case Create:
		n.Refused = Refusal{Kind: Create, Hash: c.Hash, Minimal: c.Minimal}
		if c.Minimal {
			return n, ParkedIt
		}
		return n, Retrying
	case Update:
		n.Refused = Refusal{Kind: Update, Hash: c.Hash}
		return n, ParkedIt
	case Reopen:
		n.Reopening = ""
		n.Dismissed = n.Firing()
		return n, ParkedIt
	default:
		// A close has no content to wait for: once without resolved_at, then slowly, for ever.
		if !n.bareTry {
			n.bareTry = true
			return n, Retrying
		}
		n.attempts++
		n.retryAt = now.Add(p.Backoff.Max)
		return n, Retrying
	}
}

// backOff sets when the next write may be.
func (p *Policy) backOff(n *Entry, a Answer, now time.Time) {
	n.attempts++
	n.retryAt = now.Add(p.pause(n.Alias, n.attempts, a))
}

// pause grows with the attempts. A denied key and the API's own wish are slow.
func (p *Policy) pause(alias string, attempts int32, a Answer) time.Duration {
	d := p.Backoff.delay(alias, attempts)
	if a.Verdict == Denied {
		d = p.Backoff.Max
	}
	return max(d, a.RetryAfter)
}

// doubt records that c may still be carried out.
func (p *Policy) doubt(n *Entry, c Call, now time.Time) {
	if !n.Doubt.Set || c.At.Before(n.Doubt.Since) {
		n.Doubt.Since = c.At
	}
	n.Doubt.Set = true
	n.settleAt = now.Add(p.SettleTime)
	n.probes, n.probeAt = 0, earliest(now.Add(firstProbe), n.settleAt)
	switch c.Kind {
	case Create:
		n.Doubt.Creates++
	case Reopen:
		n.Doubt.Creates++ // it opens an incident too
		n.Written = ""
	case Close:
		if c.ID == n.Incident.ID || n.Doubt.Closing == "" {
			n.Doubt.Closing = c.ID
		}
	default:
		n.Written = ""
	}
}
