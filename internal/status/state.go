// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// State says in words how the incident of an alias stands.
type State struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
	// NextTry is when the bridge tries again, Until when a wait ends; zero if there is none.
	NextTry time.Time `json:"next_try,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	// PausedUntil is the end of the pause that the next try waits for; zero if there is none.
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// Pace says how often the bridge tries, if that is slow.
	Pace string `json:"pace,omitempty"`
	// LastSeenOpen is when Alert24 last showed the incident open, if nothing is wrong with the incident.
	LastSeenOpen time.Time `json:"last_seen_open,omitzero"`
	// Reason is the last error, or why the alias waits. ReasonAt is when that happened, if known.
	Reason   string    `json:"reason,omitempty"`
	ReasonAt time.Time `json:"reason_at,omitzero"`
}

// Kind is the name of a State for scripts.
type Kind string

// Kinds of states.
const (
	Open        Kind = "open"      // with the right content
	Opening     Kind = "opening"   // a create is due or under way
	Updating    Kind = "updating"  // open, and an update is due or under way
	Closing     Kind = "closing"   // a close is due or under way
	Retrying    Kind = "retrying"  // a call failed
	Parked      Kind = "parked"    // Alert24 refused the content
	Blocked     Kind = "blocked"   // another tool's incident has the alias
	Dismissed   Kind = "dismissed" // a person closed the incident, and it stays closed
	Held        Kind = "held"      // the firing may be an echo
	Doubtful    Kind = "doubtful"  // an unanswered call may have been carried out
	LeftOpen    Kind = "left_open" // resolved; a person closes the incident
	Closed      Kind = "closed"
	NeverOpened Kind = "never_opened" // resolved before anything was sent
)

// String describes the whole state, as seen now.
func (s State) String(now time.Time) string {
	var b strings.Builder
	b.WriteString(s.Text)
	if !s.LastSeenOpen.IsZero() {
		b.WriteString(" (last seen " + Clock(s.LastSeenOpen, now) + ")")
	}
	if s.Until.After(now) {
		b.WriteString(" until " + Clock(s.Until, now))
	}
	switch {
	case s.PausedUntil.After(now):
		b.WriteString(", next try " + whenAllowed(s.PausedUntil))
	case !s.NextTry.IsZero():
		b.WriteString(", next try " + When(s.NextTry, now))
	}
	if s.Pace != "" {
		b.WriteString(" (" + s.Pace + ")")
	}
	if s.Reason != "" {
		b.WriteString(": " + s.Reason)
	}
	if !s.ReasonAt.IsZero() {
		b.WriteString(" at " + Clock(s.ReasonAt, now))
	}
	return b.String()
}

// whenAllowed says when a pause of calls ends.
func whenAllowed(at time.Time) string {
	return "when calls are allowed again at " + at.Local().Format(time.TimeOnly)
}

// Span returns a duration with its two largest units.
func Span(d time.Duration) string {
	s := int64(d / time.Second)
	number := func(n int64, unit string) string { return strconv.FormatInt(n, 10) + " " + unit }
	switch days, hours, minutes := s/86400, s/3600%24, s/60%60; {
	case days > 0:
		return number(days, "d") + " " + number(hours, "h")
	case hours > 0:
		return number(hours, "h") + " " + number(minutes, "min")
	case minutes > 0:
		return number(minutes, "min") + " " + number(s%60, "s")
	default:
		return number(max(s, 0), "s")
	}
}

// Known is what is known about an entry from elsewhere.
type Known struct {
	// Timers of the entry, as far as known.
	Timers protocol.Timers
	// PendingSince is since when Alert24 differs from the entry; zero if it does not.
	PendingSince time.Time
	// ResolveDelay is the configured one.
	ResolveDelay time.Duration
	// Last is the last failed call, Refused the last call that Alert24 refused; zero if none is known.
	Last, Refused Result
	// Title is the current or last title of the incident. Page is the address of Alert24's pages, without a trailing slash.
	Title, Page string
	// No call but a create leaves before PausedUntil, and no create before CreatesPausedUntil.
	PausedUntil, CreatesPausedUntil time.Time
	Now                             time.Time
	// Backoff is the policy's backoff.
	Backoff protocol.Backoff
	// Stuck means that the storage cannot be written, so nothing is sent.
	Stuck bool
}

// StateOf returns the state of the incident of e.
func StateOf(e *protocol.Entry, k *Known) State {
	s := closing(e, k)
	if e.Firing() {
		s = opening(e, k)
	}
	if k.Stuck && (s.Kind == Doubtful || s.Kind == Opening || s.Kind == Updating || s.Kind == Closing && s.Until.IsZero()) {
		s.Text = "waits: nothing is sent until the storage can be written"
	}
	pause := k.PausedUntil
	if e.Firing() && !e.IsOpen() {
		pause = k.CreatesPausedUntil
	}
	if !s.NextTry.IsZero() && pause.After(s.NextTry) && pause.After(k.Now) {
		s.PausedUntil = pause
	}
	if s.Kind == Doubtful && !k.Stuck && k.PausedUntil.After(k.Now) {
		s.Text += "; the lookup waits"
		s.PausedUntil = k.PausedUntil
	}
	if s.Kind == Open {
		s.LastSeenOpen = e.ConfirmedAt
	}
	if len(e.Extra) > 0 {
		s.Text += "; another open incident of the alias is being closed"
	}
	return s
}

// slowly is the pace of an alias that called often without news.
const slowly = "every 6 minutes after ten tries"

// again says when a failed call is tried again: when the last of its waits ends.
func (s State) again(k *Known) State {
	t := &k.Timers
	s.NextTry = t.RetryAt
	if s.Kind == Parked && t.ParkedAt.After(s.NextTry) {
		s.NextTry = t.ParkedAt
	}
	if slow := k.Backoff.SlowUntil(t); slow.After(s.NextTry) {
		s.NextTry, s.Pace = slow, slowly
	}
	s.Reason = k.Last.Reason
	if s.Kind == Parked && k.Refused.Reason != "" {
		s.Reason = k.Refused.Reason
	}
	return s
}

// opening returns the state of an alias that fires.
func opening(e *protocol.Entry, k *Known) State {
	t := &k.Timers
	switch is := name(e); {
	case e.Foreign != "":
		return State{Kind: Blocked, Text: "not opened: another tool's open incident " + e.Foreign + " has this alias"}
	case e.Dismissed:
		return State{Kind: Dismissed, Text: is + " stays closed until the alert resolves, because a person closed it"}
	case e.Parked() && !e.IsOpen():
		return State{Kind: Parked, Text: "Alert24 refused the incident, in full and in its short form"}.again(k)
	case t.Attempts > 0 && !e.IsOpen():
		return State{Kind: Retrying, Text: failed(k, protocol.Create, t.Attempts)}.again(k)
	case !e.IsOpen() && e.Doubt.Creates > 0:
		return State{Kind: Doubtful, Text: "a create had no answer; the bridge looks for its incident"}
	case !e.IsOpen() && under(e, k):
		return State{Kind: Opening, Text: "being opened"}
	case !e.IsOpen():
		return State{Kind: Opening, Text: "waits to be opened"}
	case e.Parked():
		return State{Kind: Parked, Text: "open as " + is + "; Alert24 refused its update"}.again(k)
	case t.Attempts > 0 && !k.PendingSince.IsZero(): // its alerts may say again what is already written
		return State{Kind: Retrying, Text: "open as " + is + "; " + failed(k, protocol.Update, t.Attempts)}.again(k)
	case e.Doubt.Set:
		return State{Kind: Doubtful, Text: "open as " + is + "; a call had no answer, and the bridge looks at the incident"}
	case under(e, k) || !k.PendingSince.IsZero():
		return State{Kind: Updating, Text: "open as " + is + "; being updated"}
	default:
		return State{Kind: Open, Text: "open as " + is}
	}
}

// closing returns the state of an alias without a firing alert.
func closing(e *protocol.Entry, k *Known) State {
	t := &k.Timers
	switch is := name(e); {
	case e.Members.Held() > 0 && !e.IsOpen():
		return held(e)
	case e.IsOpen() && e.Left:
		return State{Kind: LeftOpen, Text: "resolved; a person closes " + is}
	case t.Attempts > 0 && e.IsOpen():
		return State{Kind: Retrying, Text: "resolved; " + failed(k, protocol.Close, t.Attempts) + " for " + is}.again(k)
	case under(e, k):
		return State{Kind: Closing, Text: "resolved; " + is + " is being closed"}
	case e.IsOpen() && k.ResolveDelay > 0 && k.Now.Before(e.QuietSince.Add(k.ResolveDelay)):
		return State{Kind: Closing, Text: "resolved; " + is + " stays open", Until: e.QuietSince.Add(k.ResolveDelay)}
	case e.IsOpen() && e.Doubt.Set:
		return State{Kind: Doubtful, Text: "resolved; " + is + " closes when it is certain what became of an unanswered call"}
	case e.IsOpen():
		return State{Kind: Closing, Text: "resolved; " + is + " waits to be closed"}
	case e.Incident.State == protocol.Unknown:
		return State{Kind: Doubtful, Text: "resolved, and never seen firing; the bridge looks for its incident"}
	case e.Doubt.Set:
		return State{Kind: Doubtful, Text: "resolved; a call had no answer, and the bridge looks for its incident"}
	case e.Incident.State == protocol.Closed:
		return State{Kind: Closed, Text: is + " is closed"}
	default:
		return State{Kind: NeverOpened, Text: "resolved before an incident was opened"}
	}
}

// held returns the state of an alias whose firing may be an echo. It names the sender of the resolve that the firing may have
// crossed.
func held(e *protocol.Entry) State {
	s := State{Kind: Held, Text: "waits", Until: e.HeldUntil(), Reason: "it may be a late repeat"}
	for m := range e.Members.All() {
		if m.State() == "held" && m.HeldUntil.Equal(s.Until) && !m.ResolvedAt.IsZero() {
			s.Reason += ", because " + senderOf(m.ResolvedBy) + " resolved it"
			s.ReasonAt = m.ResolvedAt
			break
		}
	}
	return s
}

// senderOf names the sender of an event for people: the externalURL of an Alertmanager, else its address.
func senderOf(sender string) string {
	switch words := strings.Fields(sender); {
	case len(words) == 0:
		return "another sender"
	case words[0] == "sync":
		return "the sync"
	default:
		return text.Cut(words[0], maxValueRunes)
	}
}

// under reports whether a call is under way.
func under(e *protocol.Entry, k *Known) bool {
	return e.Inflight().Kind != protocol.NoCall && !k.Timers.Armed
}

// failed says which call failed and how often: the last one known, or the likely one.
func failed(k *Known, likely protocol.Kind, times int32) string {
	call := k.Last.Call
	if call == "" {
		call = likely.String()
	}
	if times == 1 {
		return call + " failed"
	}
	return call + " failed " + strconv.Itoa(int(times)) + " times"
}

// name returns the name of the incident for people.
func name(e *protocol.Entry) string { return nameOf(e.Incident.ID, e.Incident.Number) }

func nameOf(id string, number int64) string {
	switch {
	case number != 0:
		return "#" + strconv.FormatInt(number, 10)
	case id != "":
		return "incident " + id
	default:
		return "the incident"
	}
}
