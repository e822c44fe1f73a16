// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Next is the next call if nothing but time passes.
type Next struct {
	// Call is a create, update, close, reopen or lookup; "" if no call comes before the entry expires.
	Call string `json:"call,omitempty"`
	Why  string `json:"why,omitempty"`
	// Unless says what would make the call unnecessary.
	Unless string `json:"unless,omitempty"`
	// At is when the call may begin, or when the entry expires; zero means at once.
	At time.Time `json:"at,omitzero"`
	// PausedUntil is the end of the pause that the call waits for; zero if there is none.
	PausedUntil time.Time `json:"paused_until,omitzero"`
}

// NextOf returns what comes next for an entry: a call that may begin at a time, but not before a pause ends, or the expiry.
func NextOf(e *protocol.Entry, call protocol.Call, at, pausedUntil time.Time) *Next {
	if call.Kind == protocol.NoCall {
		if at.IsZero() {
			return nil
		}
		return &Next{At: at}
	}
	n := &Next{Call: call.Kind.String(), Why: protocol.Why(e, call), At: at}
	if pausedUntil.After(at) {
		n.PausedUntil = pausedUntil
	}
	if !e.Firing() && call.Kind == protocol.Create {
		n.Why, n.Unless = "", "the alert resolves"
	}
	return n
}

// String describes what comes next, as seen now.
func (n *Next) String(now time.Time) string {
	if n.Call == "" {
		return "no call; the bridge forgets the alias " + When(n.At, now)
	}
	s := n.Call + " " + When(n.At, now)
	if n.PausedUntil.After(now) {
		s = n.Call + " " + whenAllowed(n.PausedUntil)
	}
	switch {
	case n.Unless != "":
		return s + " unless " + n.Unless
	case n.Why != "":
		return s + ", because " + n.Why
	}
	return s
}

// When says when something will happen.
func When(at, now time.Time) string {
	switch d := at.Sub(now); {
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return "in " + Span(d)
	default:
		return "at " + Clock(at, now)
	}
}

// Clock returns the time of day, with the date if it is another day.
func Clock(t, now time.Time) string {
	if now.Sub(t).Abs() > 20*time.Hour {
		return t.Local().Format(time.DateTime)
	}
	return t.Local().Format(time.TimeOnly)
}

// Told says what a call did to which incident; "" if it did nothing.
func Told(a *protocol.Answered) string {
	is := nameOf(a.Subject())
	switch a.Lesson {
	case protocol.Opened:
		return "opened " + is
	case protocol.FoundOpen:
		return "found " + is + " open"
	case protocol.Updated:
		if a.Answer.Wrote == 0 {
			return is + " needed no change"
		}
		return "wrote " + a.Answer.Wrote.String() + " of " + is
	case protocol.ClosedIt:
		return "closed " + is
	case protocol.FoundClosed:
		return is + " was closed by somebody else"
	case protocol.StillOpen:
		return is + " is still open"
	case protocol.Blocked:
		return "another tool's incident " + a.Foreign + " has the alias"
	case protocol.NotOpened:
		return "no incident was opened, and the alert has resolved"
	case protocol.FewerFields:
		return "the next updates of " + is + " send fewer fields"
	case protocol.Doubting:
		return "it may have been carried out"
	default:
		return found(a)
	}
}

// found describes a lookup that changes nothing.
func found(a *protocol.Answered) string {
	if a.Call.Kind != protocol.Lookup || a.Answer.Result != protocol.Done {
		return ""
	}
	open := slices.ContainsFunc(a.Answer.Found, func(f protocol.Shown) bool { return f.Open && f.ID == a.Incident.ID })
	switch {
	case open:
		return "saw " + name(a.Entry) + " open"
	case len(a.Answer.Found) == 0:
		return "saw no incident of the alias"
	default:
		return ""
	}
}
