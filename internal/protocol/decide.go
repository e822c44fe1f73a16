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
	// Render: the decision depends on what the firing members say. Ask again with the content.
	Render bool
}

// Decide returns what the entry needs now. want is what its firing members say; nil if nobody has rendered it. The order
// of the cases is that of docs/delivery.md.
func (p *Policy) Decide(e *Entry, want *Content, now time.Time) Decision {
	d := p.decide(e, want, now)
	if d.Call.Kind != NoCall {
		if at := p.slow(e); now.Before(at) {
			d = Decision{Wake: at}
		}
	}
	if d.Call.Kind == NoCall && !d.Render {
		d.Wake = earliest(d.Wake, p.nextTimer(e, now))
	}
	return d
}

// slow is when an alias may call again that has called often without news.
func (p *Policy) slow(e *Entry) time.Time {
	t := e.Timers()
	if p.Backoff.SlowAfter == 0 || t.Tries < p.Backoff.SlowAfter {
		return time.Time{}
	}
	return t.LastTry.Add(p.Backoff.Slow)
}

func (p *Policy) decide(e *Entry, want *Content, now time.Time) Decision {
	if e.Inflight.Kind != NoCall && !e.Timers().Armed {
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
func (p *Policy) decideOpen(e *Entry, want *Content, now time.Time) Decision {
	open := e.Incident.State == Open
	switch {
	case e.Foreign != "":
		return p.onlyLookup(e, now) // the audit sees when that one closes
	case open && e.Doubt.Closing == e.Incident.ID && !e.Doubt.Finished:
		return e.afterLook(Call{Kind: Close, ID: e.Incident.ID, Finish: true}, now)
	case e.Dismissed:
		return p.onlyLookup(e, now)
	case e.Reopening != "":
		return e.write(Call{Kind: Reopen, ID: e.Reopening}, now)
	case !open:
		return p.decideCreate(e, want, now)
	case e.lookupDue(now):
		return e.lookup(now)
	case want == nil:
		return Decision{Render: true}
	case p.renews(e, want):
		return e.write(Call{Kind: Close, ID: e.Incident.ID, Renew: true}, now)
	}
	return p.decideUpdate(e, want, now)
}

// decideCreate opens the incident. A page never waits for certainty: a lookup that runs does not hold it back, and only
// the repeat of a create that nobody answered waits for a look at the newest incidents, two seconds at most.
func (p *Policy) decideCreate(e *Entry, want *Content, now time.Time) Decision {
	switch t := e.Timers(); {
	case now.Before(t.PeekBy):
		return p.or(p.onlyLookup(e, now), t.PeekBy)
	case now.Before(t.RetryAt):
		return p.or(p.onlyLookup(e, now), t.RetryAt)
	case want == nil:
		return Decision{Render: true} // disk is to know what the create says
	}
	call := Call{Kind: Create, Content: *want}
	if e.Refused.Kind == Create && e.Refused.Hash == want.hash() {
		if at := e.Timers().ParkedAt; e.Refused.Minimal && now.Before(at) {
			return p.or(p.onlyLookup(e, now), at)
		}
		call.Minimal = !e.Refused.Minimal
	}
	return Decision{Call: call}
}

// renews: the severity rises so that a new incident is to call people.
func (p *Policy) renews(e *Entry, want *Content) bool {
	return p.Renew && want.Severity >= incident.High && want.Severity > max(e.Written.Peak, e.Renewed)
}

// decideUpdate lets an open incident say what its alerts say.
func (p *Policy) decideUpdate(e *Entry, want *Content, now time.Time) Decision {
	t := e.Timers()
	form := t.Form
	if form != Full && !now.Before(t.FullAt) {
		form = Full
	}
	if e.due(want)&form.Fields() == 0 {
		if e.due(want) != 0 {
			return Decision{Wake: t.FullAt}
		}
		return Decision{}
	}
	if e.Refused.Kind == Update && e.Refused.Hash == want.hash() && now.Before(t.ParkedAt) {
		return Decision{Wake: t.ParkedAt}
	}
	return e.write(Call{Kind: Update, ID: e.Incident.ID, Content: *want, Form: form}, now)
}

// decideClosed is for an alias of which no member fires: no incident should be open.
func (p *Policy) decideClosed(e *Entry, now time.Time) Decision {
	open := e.Incident.State == Open
	if closeAt := e.QuietSince.Add(p.ResolveDelay); p.ResolveDelay > 0 && now.Before(closeAt) && !e.Over() {
		return Decision{Wake: closeAt}
	}
	switch settleAt := e.Timers().SettleAt; {
	case open && e.Left:
		return p.onlyLookup(e, now) // closing is left to a person; doubt is still ours to end
	case open && e.Doubt.Creates > 0 && now.Before(settleAt):
		// Until then a late create would merge into the open incident instead of making another.
		return p.or(p.onlyLookup(e, now), settleAt)
	case open:
		return e.afterLook(Call{Kind: Close, ID: e.Incident.ID, Bare: e.Timers().Bare}, now)
	}
	return p.onlyLookup(e, now)
}

// decideExtra closes a further incident of the alias.
func (p *Policy) decideExtra(e *Entry, now time.Time) Decision {
	if t := e.Timers(); now.Before(t.ExtraAt) {
		return Decision{Wake: t.ExtraAt}
	}
	return Decision{Call: Call{Kind: Close, ID: e.Extra[0], Bare: e.Timers().BareExtra}}
}

// write is c, or the wait for its backoff.
func (e *Entry) write(c Call, now time.Time) Decision {
	if at := e.Timers().RetryAt; now.Before(at) {
		return Decision{Wake: at}
	}
	return Decision{Call: c}
}

// afterLook is c, but first a lookup where an earlier close failed in a way that only one explains.
func (e *Entry) afterLook(c Call, now time.Time) Decision {
	t := e.Timers()
	switch {
	case !t.MustLook:
		return e.write(c, now)
	case t.Looking:
		return Decision{}
	case now.Before(t.LookAt):
		return Decision{Wake: t.LookAt}
	default:
		return e.lookup(now)
	}
}

// onlyLookup is a lookup, if one is due.
func (p *Policy) onlyLookup(e *Entry, now time.Time) Decision {
	if e.lookupDue(now) {
		return e.lookup(now)
	}
	return Decision{}
}

// or adds a moment to ask again.
func (p *Policy) or(d Decision, at time.Time) Decision {
	if d.Call.Kind == NoCall {
		d.Wake = earliest(d.Wake, at)
	}
	return d
}

// lookup reads as much as the entry needs. Only what is read after the settle time must be complete; until then the newest
// page shows what an unanswered call has made.
func (e *Entry) lookup(now time.Time) Decision {
	c := Call{Kind: Lookup, ID: e.Incident.ID, At: e.Doubt.Since, Version: e.Version}
	switch settled := !now.Before(e.Timers().SettleAt); {
	case e.Incident.State == Unknown:
		c.Depth = All
	case !e.Doubt.Set:
		c.Depth = Known
	case !settled:
		c.Depth = Newest
	case e.Doubt.Creates > 0 || e.Doubt.Since.IsZero():
		// The list shows what is new by a clock that may have been set, and not what a create opened again.
		c.Depth = All
	default:
		c.Depth = Since
	}
	return Decision{Call: c}
}

func (e *Entry) lookupDue(now time.Time) bool {
	t := e.Timers()
	return e.wantsLookup() && !t.Looking && !now.Before(t.LookAt)
}

func (e *Entry) wantsLookup() bool {
	t := e.Timers()
	return e.Doubt.Set || e.Unseen || t.Verify || t.MustLook || e.Incident.State == Unknown
}
