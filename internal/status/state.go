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

// State is what becomes of the incident of an alias, in words.
type State struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
	// NextTry is when the bridge tries again, Until when a wait ends; zero: there is none.
	NextTry time.Time `json:"next_try,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	// PausedUntil is when the calls are allowed again that the next try waits for; zero: it does not.
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// Pace says how often it is tried, where that is slow.
	Pace string `json:"pace,omitempty"`
	// SeenAt is when Alert24 last showed the incident open, if nothing is wrong with it.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// Reason is the last error, or why the alias waits, At when that happened, if it is told.
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Kind is a State for scripts.
type Kind string

// Kinds of states.
const (
	Open      Kind = "open"      // and says what it should
	Opening   Kind = "opening"   // a create is due or under way
	Updating  Kind = "updating"  // open, and an update is due or under way
	Closing   Kind = "closing"   // a close is due or under way
	Retrying  Kind = "retrying"  // a call failed
	Parked    Kind = "parked"    // Alert24 refused the content
	Blocked   Kind = "blocked"   // another tool's incident has the alias
	Dismissed Kind = "dismissed" // a person closed it, and it stays closed
	Held      Kind = "held"      // the firing may be an echo
	Doubtful  Kind = "doubtful"  // an unanswered call may have been carried out
	LeftOpen  Kind = "left_open" // resolved; a person closes the incident
	Closed    Kind = "closed"
	Untold    Kind = "untold" // resolved before anything was sent
)

// String is the whole state as of now.
func (s State) String(now time.Time) string {
	var b strings.Builder
	b.WriteString(s.Text)
	if !s.SeenAt.IsZero() {
		b.WriteString(" (last seen " + clock(s.SeenAt, now) + ")")
	}
	if s.Until.After(now) {
		b.WriteString(" until " + s.Until.Local().Format(time.TimeOnly))
	}
	switch {
	case s.PausedUntil.After(now):
		b.WriteString(", next try " + WhenAllowed(s.PausedUntil))
	case !s.NextTry.IsZero():
		b.WriteString(", next try " + When(s.NextTry, now))
	}
	if s.Pace != "" {
		b.WriteString(" (" + s.Pace + ")")
	}
	if s.Reason != "" {
		b.WriteString(": " + s.Reason)
	}
	if !s.At.IsZero() {
		b.WriteString(" at " + s.At.Local().Format(time.TimeOnly))
	}
	return b.String()
}

// WhenAllowed says when a pause of calls ends.
func WhenAllowed(at time.Time) string {
	return "when calls are allowed again at " + at.Local().Format(time.TimeOnly)
}

// Span is a duration with its two largest units.
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

// Known is what is known of an entry next to it.
type Known struct {
	// Timers of the entry, as far as they are known.
	Timers protocol.Timers
	// PendingSince is since when Alert24 does not hold what the entry asks for; zero while it does.
	PendingSince time.Time
	// ResolveDelay is that of the configuration.
	ResolveDelay time.Duration
	// Last is the last call that failed, Refused the last one that Alert24 refused; the zero value: none is known.
	Last, Refused Result
	// Title is what the incident says, or said; Page is the address of Alert24's pages, without a slash at the end.
	Title, Page string
	// PausedUntil is until when no call but a create leaves, CreatesPausedUntil until when no create does.
	PausedUntil, CreatesPausedUntil time.Time
	Now                             time.Time
	// Backoff is that of the policy.
	Backoff protocol.Backoff
	// Stuck: the storage cannot be written, so nothing is sent.
	Stuck bool
}

// StateOf says what becomes of the incident of e.
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
		s.Text += "; that waits"
		s.PausedUntil = k.PausedUntil
	}
	if s.Kind == Open {
		s.SeenAt = e.ConfirmedAt
	}
	if len(e.Extra) > 0 {
		s.Text += "; another open incident of the alias is being closed"
	}
	return s
}

// slowly is the pace of what called often without news.
const slowly = "every 6 minutes after ten tries"

// again says when a call is tried again that failed: when the last of what it waits for is over.
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

// opening is for an alias that fires.
func opening(e *protocol.Entry, k *Known) State {
	t := &k.Timers
	switch is := name(e); {
	case e.Foreign != "":
		return State{Kind: Blocked, Text: "not opened: another tool's open incident " + e.Foreign + " has this alias"}
	case e.Dismissed:
		return State{Kind: Dismissed, Text: is + " stays closed until the alert resolves, because a person closed it"}
	case e.Parked() && !e.IsOpen():
		return State{Kind: Parked, Text: "Alert24 refused the incident, in full and in its shortest form"}.again(k)
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
	case t.Attempts > 0 && !k.PendingSince.IsZero(): // its alerts may say again what was written
		return State{Kind: Retrying, Text: "open as " + is + "; " + failed(k, protocol.Update, t.Attempts)}.again(k)
	case e.Doubt.Set:
		return State{Kind: Doubtful, Text: "open as " + is + "; a call had no answer, and the bridge looks at the incident"}
	case under(e, k) || !k.PendingSince.IsZero():
		return State{Kind: Updating, Text: "open as " + is + "; being updated"}
	default:
		return State{Kind: Open, Text: "open as " + is}
	}
}

// closing is for an alias of which no alert fires.
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
		return State{Kind: Untold, Text: "resolved before an incident was opened"}
	}
}

// held is for an alias whose firing may be an echo: it says whose resolve it may have crossed.
func held(e *protocol.Entry) State {
	s := State{Kind: Held, Text: "waits", Until: e.HeldUntil(), Reason: "it may be a late repeat"}
	for m := range e.Members.All() {
		if m.State() == "held" && m.HeldUntil.Equal(s.Until) && !m.ResolvedAt.IsZero() {
			s.Reason += ", because " + senderOf(m.ResolvedBy) + " resolved it"
			s.At = m.ResolvedAt
			break
		}
	}
	return s
}

// senderOf names for people who sent an event: the externalURL of an Alertmanager, else its address.
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

// under: a call is on its way.
func under(e *protocol.Entry, k *Known) bool {
	return e.Inflight().Kind != protocol.NoCall && !k.Timers.Armed
}

// failed says which call failed how often: the last one that is known, or the one that is likely.
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

// name of the incident for people.
func name(e *protocol.Entry) string {
	switch i := &e.Incident; {
	case i.Number != 0:
		return "#" + strconv.FormatInt(i.Number, 10)
	case i.ID != "":
		return "incident " + i.ID
	default:
		return "the incident"
	}
}
