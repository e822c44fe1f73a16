// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Decision is the next call for an alias, or when to ask again: a zero Wake is never.
type Decision struct {
	Call Call
	Wake time.Time
	// Slow: a call waits, and [Policy.Hurry] can let it go earlier.
	Slow bool
	// Render: the decision depends on what the firing members say. Ask again with the content.
	Render bool
}

// Decide returns what the entry needs now. want is the rendered content of its firing members, nil if it is not rendered yet.
//
// Read it next to docs/delivery.md. The cases of decideOpen and decideClosed are the rows of its two tables "What makes a call", in the
// same order. A case without a call lets lookups through, so that doubt ends. The waits are the rows of its table "What is held back".
func (p *Policy) Decide(e Timed, want *Content, now time.Time) Decision {
	d := p.decide(&e, want, now)
	if at := p.slow(&e); now.Before(at) {
		switch {
		case d.Call.Kind != NoCall:
			d = Decision{Wake: at, Slow: true}
		case !d.Render && !e.RetryAt.IsZero() && d.Wake.Equal(e.RetryAt):
			d.Slow = true // Hurry also ends the wait for a failed call
		}
	}
	if d.Call.Kind == NoCall && !d.Render {
		d.Wake = earliest(d.Wake, p.nextTimer(&e, now))
	}
	return d
}

// slow is when an alias that has called often without news may call again.
func (p *Policy) slow(e *Timed) time.Time { return p.Backoff.SlowUntil(&e.Timers) }

func (p *Policy) decide(e *Timed, want *Content, now time.Time) Decision {
	if e.Inflight().Kind != NoCall && !e.Armed {
		return Decision{} // its answer decides
	}
	var d Decision
	if e.Firing() {
		d = p.decideOpen(e, want, now)
	} else {
		d = p.decideClosed(e, now)
	}
	if d.Call.Kind == NoCall && !d.Render && len(e.Extra) > 0 {
		// A second open incident of the alias never holds back the first.
		extra := p.decideExtra(e, now)
		extra.Wake = earliest(extra.Wake, d.Wake)
		return extra
	}
	return d
}

// decideOpen is for an alias that fires: its incident should be open.
func (p *Policy) decideOpen(e *Timed, want *Content, now time.Time) Decision {
	open := e.Incident.State == Open
	switch {
	case e.Foreign != "":
		return e.onlyLookup(now) // the audit notices when that incident closes
	case e.CloseInDoubt() && !e.Doubt.Finished:
		// The close may still be carried out, so a create might meet an incident that is about to close. Close again: after a certain
		// close, a new incident follows. No lookup holds this up, unless the API refused the close.
		c := Call{Kind: Close, ID: e.Incident.ID, Finish: true}
		if e.Bare {
			return e.afterLook(c, now)
		}
		return e.write(c, now)
	case e.Dismissed:
		return e.onlyLookup(now) // it stays closed until the episode ends
	case e.Reopening != "":
		return e.write(Call{Kind: Reopen, ID: e.Reopening}, now)
	case !open:
		return p.decideCreate(e, want, now)
	case e.lookupDue(now):
		return e.lookup(now)
	case want == nil:
		return Decision{Render: true} // what follows depends on it
	case p.renews(e.Entry, want):
		return e.write(Call{Kind: Close, ID: e.Incident.ID, Renew: true, Severity: want.Severity}, now)
	}
	return p.decideUpdate(e, want, now)
}

// decideCreate opens the incident. A running lookup does not hold it back. Only the repeat of an unanswered create waits for a lookup of
// the newest incidents, two seconds at most.
func (p *Policy) decideCreate(e *Timed, want *Content, now time.Time) Decision {
	switch {
	case now.Before(e.PeekBy):
		return e.onlyLookup(now).orAt(e.PeekBy)
	case now.Before(e.RetryAt):
		return e.onlyLookup(now).orAt(e.RetryAt)
	case want == nil:
		return Decision{Render: true} // the write-ahead holds what the create says
	}
	refused := e.refuses(want)
	if refused && e.Refused.Short && now.Before(e.ParkedAt) {
		return e.onlyLookup(now).orAt(e.ParkedAt)
	}
	// After a refusal of the full form the short one is tried, and after a refusal of the short form the full one.
	short := refused && (!e.Refused.Short || e.Refused.Again)
	return Decision{Call: Call{Kind: Create, Content: *want, Short: short || e.triesShort()}}
}

// renews reports whether the severity rises to high or critical and a new incident should page people. An API that updates a closed incident
// makes no new one, and the incident is reopened only once.
func (p *Policy) renews(e *Entry, want *Content) bool {
	return p.Renew && !e.Reopened && want.Severity >= incident.High && want.Severity > max(e.Written.Peak, e.Renewed)
}

// decideUpdate brings the content of an open incident up to date.
func (p *Policy) decideUpdate(e *Timed, want *Content, now time.Time) Decision {
	form := e.Form
	if form != Full && !now.Before(e.FullAt) {
		form = Full
	}
	due := e.Due(want)
	refused := e.Refused.Kind == Update && e.Refused.Hash == want.hash() && now.Before(e.ParkedAt)
	alone := refused && e.Refused.Short // it was refused alone, too
	if due.Has(incident.FieldSeverity) && !alone && (refused || e.ContentFailures > 0) {
		form, refused = SeverityOnly, false // it does not wait for a text that the API refuses or fails on
	}
	switch {
	case due == 0:
		return Decision{}
	case due&form.Fields() == 0:
		return Decision{Wake: e.FullAt} // only fields that the present form leaves out
	case refused:
		return Decision{Wake: e.ParkedAt}
	}
	return e.write(Call{Kind: Update, ID: e.Incident.ID, Content: *want, Form: form}, now)
}

// closeAt is when the incident of an alias without a firing member should be closed.
func (p *Policy) closeAt(e *Entry) time.Time { return e.QuietSince.Add(p.ResolveDelay) }

// decideClosed is for an alias without a firing member: no incident should be open.
func (p *Policy) decideClosed(e *Timed, now time.Time) Decision {
	open := e.Incident.State == Open
	closeAt := p.closeAt(e.Entry)
	switch {
	case p.ResolveDelay > 0 && now.Before(closeAt) && !e.Over():
		return Decision{Wake: closeAt}
	case open && e.Left:
		return e.onlyLookup(now)
	case open && e.Doubt.Creates > 0 && now.Before(e.SettleAt):
		// Until then, the incident stays open: a late create then meets it, and makes no new one.
		return e.onlyLookup(now).orAt(e.SettleAt)
	case open:
		return e.afterLook(Call{Kind: Close, ID: e.Incident.ID, Bare: e.Bare}, now)
	}
	return e.onlyLookup(now)
}

// decideExtra closes a further incident of the alias.
func (p *Policy) decideExtra(e *Timed, now time.Time) Decision {
	if now.Before(e.ExtraAt) {
		return Decision{Wake: e.ExtraAt}
	}
	return Decision{Call: Call{Kind: Close, ID: e.Extra[0], Bare: e.BareExtra}}
}

// write is c, or the wait for its backoff.
func (e *Timed) write(c Call, now time.Time) Decision {
	if now.Before(e.RetryAt) {
		return Decision{Wake: e.RetryAt}
	}
	return Decision{Call: c}
}

// afterLook is c. A lookup comes first if an earlier close failed in a way that only a lookup explains.
func (e *Timed) afterLook(c Call, now time.Time) Decision {
	switch {
	case !e.MustLook:
		return e.write(c, now)
	case e.Looking:
		return Decision{}
	case now.Before(e.LookAt):
		return Decision{Wake: e.LookAt}
	default:
		return e.lookup(now)
	}
}

// onlyLookup is a lookup, if one is due.
func (e *Timed) onlyLookup(now time.Time) Decision {
	if e.lookupDue(now) {
		return e.lookup(now)
	}
	return Decision{}
}

// orAt adds a moment to ask again, unless there is a call.
func (d Decision) orAt(at time.Time) Decision {
	if d.Call.Kind == NoCall {
		d.Wake = earliest(d.Wake, at)
	}
	return d
}

// lookup reads as much as the entry needs. Before the settle time the newest page is enough: it shows what an unanswered
// call has made so far. After it, the lookup must be complete.
func (e *Timed) lookup(now time.Time) Decision {
	c := Call{Kind: Lookup, ID: e.Incident.ID, At: e.Doubt.Since, Version: e.Version, Fresh: now.Before(e.ListsAt)}
	switch settled := !now.Before(e.SettleAt); {
	case e.Incident.State == Unknown:
		c.Depth = All
	case !e.Doubt.Set:
		c.Depth = Known
	case !settled:
		c.Depth = Newest
	case e.Doubt.Creates > 0 || e.Doubt.Since.IsZero():
		c.Depth = All // our clock may have been set since, and a create may have opened an old incident again
	default:
		c.Depth = Since
	}
	return Decision{Call: c}
}

func (e *Timed) lookupDue(now time.Time) bool {
	return e.wantsLookup() && !e.Looking && !now.Before(e.LookAt)
}

func (e *Timed) wantsLookup() bool {
	return e.Doubt.Set || e.Unseen || e.Verify || e.Refresh || e.MustLook || e.Incident.State == Unknown
}
