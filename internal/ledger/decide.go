// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import "time"

// Decision is the next call for an alias, or when to ask again: a zero Wake is never.
type Decision struct {
	Call Call
	Wake time.Time
}

// Decide returns what the entry needs now. The order of the cases is the protocol's (docs/delivery.md).
func (p *Policy) Decide(e *Entry, now time.Time) Decision {
	d := p.decide(e, now)
	if d.Call.Kind == NoCall {
		d.Wake = earliest(d.Wake, p.nextTimer(e, now))
	}
	return d
}

func (p *Policy) decide(e *Entry, now time.Time) Decision {
	if e.Inflight.Kind != NoCall && !e.armed {
		return Decision{} // its answer decides
	}
	if len(e.Extra) > 0 {
		return e.write(Call{Kind: Close, ID: e.Extra[0], Bare: e.bareTry}, now)
	}
	if e.Firing() {
		return p.decideOpen(e, now)
	}
	return p.decideClosed(e, now)
}

func (p *Policy) decideOpen(e *Entry, now time.Time) Decision {
	open := e.Incident.State == Open
	switch {
	case open && e.Doubt.Closing == e.Incident.ID && !e.Doubt.Finished:
		return Decision{Call: Call{Kind: Close, ID: e.Incident.ID, Finish: true}}
	case e.Dismissed:
		return Decision{}
	case e.Reopening != "":
		return e.write(Call{Kind: Reopen, ID: e.Reopening}, now)
	case !open && !e.parked(Create):
		minimal := e.Refused == Refusal{Kind: Create, Hash: e.desired}
		return e.write(Call{Kind: Create, Hash: e.desired, Minimal: minimal}, now)
	case e.lookupDue(now):
		return e.lookup(now)
	case open && e.Written != e.desired && !e.parked(Update):
		return e.write(Call{Kind: Update, ID: e.Incident.ID, Hash: e.desired}, now)
	}
	return Decision{}
}

func (p *Policy) decideClosed(e *Entry, now time.Time) Decision {
	open := e.Incident.State == Open
	if closeAt := e.QuietSince.Add(p.ResolveDelay); p.ResolveDelay > 0 && now.Before(closeAt) && !e.over() {
		return Decision{Wake: closeAt}
	}
	switch {
	case open && e.Doubt.Creates > 0 && now.Before(e.settleAt):
		// Deferred close: until then a late create would merge into the open incident instead of making another.
		if e.lookupDue(now) {
			return e.lookup(now)
		}
		return Decision{Wake: e.settleAt}
	case open && e.Left && !e.lookupDue(now):
		return Decision{} // closing is left to a person; doubt is still ours to end
	case open:
		return e.write(Call{Kind: Close, ID: e.Incident.ID, Bare: e.bareTry}, now)
	case e.lookupDue(now):
		return e.lookup(now)
	}
	return Decision{}
}

// write is c, or the wait for its backoff.
func (e *Entry) write(c Call, now time.Time) Decision {
	if now.Before(e.retryAt) {
		return Decision{Wake: e.retryAt}
	}
	return Decision{Call: c}
}

// parked: the API refused this call with the content that is desired now. A create is tried twice.
func (e *Entry) parked(k Kind) bool {
	return e.Refused == Refusal{Kind: k, Hash: e.desired, Minimal: k == Create}
}

// Parked reports whether the API refused what this entry needs. Only a change of its alerts ends that.
func (e *Entry) Parked() bool {
	return e.desired != "" && (e.parked(Create) || e.parked(Update))
}

func (e *Entry) lookup(now time.Time) Decision {
	// The list shows what is new by a clock that may have been set, and not what a create opened again: so the last
	// look-up reads all that is open.
	last := e.Doubt.Creates > 0 && !now.Before(e.settleAt)
	return Decision{Call: Call{Kind: Lookup, ID: e.Incident.ID, At: e.Doubt.Since, Version: e.Version, Wide: last}}
}

func (e *Entry) lookupDue(now time.Time) bool {
	return e.wantsLookup() && !now.Before(e.probeAt)
}

func (e *Entry) wantsLookup() bool {
	return e.Doubt.Set || e.verify || e.Incident.State == Unknown
}
