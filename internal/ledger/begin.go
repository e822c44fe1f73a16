// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import "time"

// Begin returns the entry with the write-ahead of c: on disk before the request leaves.
func (p *Policy) Begin(e *Entry, c Call, now time.Time) *Entry {
	n := e.copy()
	n.begin(c, now)
	return n
}

// begin changes e, which the caller owns.
func (e *Entry) begin(c Call, now time.Time) {
	c.At = now
	e.Inflight, e.armed = c, false
	e.Version++
	if c.Kind == Close && c.ID == e.Incident.ID {
		e.Doubt.Finished = c.Finish
	}
}

// arm is begin for a create whose request leaves later: until then it can be taken back.
func (p *Policy) arm(e *Entry, now time.Time) bool {
	if e.Inflight.Kind != NoCall {
		return false
	}
	d := p.Decide(e, now)
	if d.Call.Kind != Create {
		return false
	}
	e.begin(d.Call, now)
	e.armed = true
	return true
}

// Load returns the entry as a restart must see it: what was on the wire is in doubt, and doubt waits again.
func (p *Policy) Load(e *Entry, now time.Time) *Entry {
	n := e.clone()
	n.volatile = volatile{loaded: true}
	if c := n.Inflight; c.Kind != NoCall {
		n.Inflight = Call{}
		p.doubt(n, c, now)
		n.Version++
	}
	if n.Doubt.Set {
		n.settleAt = now.Add(p.SettleTime)
		n.probeAt = now
	}
	// The wall clock may have been set back: nothing that is over lies in the future.
	n.ConfirmedAt, n.QuietSince = notAfter(n.ConfirmedAt, now), notAfter(n.QuietSince, now)
	if n.QuietSince.IsZero() && !n.Firing() {
		n.QuietSince = now
	}
	for i := range n.Members {
		m := &n.Members[i]
		m.LastSeen, m.ResolvedAt = notAfter(m.LastSeen, now), notAfter(m.ResolvedAt, now)
		if m.held() {
			// As a monotonic deadline, and never longer than a new hold would last.
			m.HeldUntil = now.Add(min(m.HeldUntil.Sub(now), p.EchoHold))
		}
	}
	if t := p.Tick(n, now); t != nil {
		n = t
	}
	if n.Firing() {
		n.desired = unrendered
	}
	return n
}

func notAfter(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}
