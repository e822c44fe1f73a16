// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// foreseenSteps bounds how many points in time Foresee looks at.
const foreseenSteps = 16

// Foresee returns the next call if no event and no answer comes, and when it may begin; a zero time: it is due. Without a call, the time is
// when the entry expires, or zero if nothing is to come. want is the content of the firing members.
func (p *Policy) Foresee(e Timed, want *Content, now time.Time) (next Call, at time.Time) {
	if want == nil {
		want = &Content{} // what held members will say does not change which call comes
	}
	for range foreseenSteps {
		n := p.Tick(e, now)
		if n.Entry == nil {
			return Call{}, now
		}
		if e.Firing() && !n.Firing() && !e.resolving() {
			return Call{}, time.Time{} // it gets stale only if no repeat comes
		}
		e = n
		d := p.Decide(e, want, now)
		if d.Call.Kind != NoCall {
			return d.Call, at
		}
		if d.Wake.IsZero() {
			break
		}
		now, at = d.Wake, d.Wake
	}
	return Call{}, time.Time{}
}

// resolving reports whether a resolve waits for the next snapshot.
func (e *Entry) resolving() bool {
	for m := range e.Members.All() {
		if m.resolving() {
			return true
		}
	}
	return false
}
