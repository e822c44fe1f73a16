// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Entry is what is known of one alias. Entries are never changed in place: the functions of this package return a
// changed copy, so a holder may read it without a lock. Its JSON is that of its record, see [head].
type Entry struct {
	Alias   string  `json:"-"`
	Members Members `json:"-"`
	// Incident is the incident of the alias as far as we know it.
	Incident Incident `json:"incident,omitzero"`
	// Written is what we wrote to the incident, field by field.
	Written Written `json:"written,omitzero"`
	// Unsure lists the contents of unanswered creates and updates, the oldest first.
	Unsure []Content `json:"unsure,omitempty"`
	// WriteAhead is what [Entry.Inflight] returns; most entries have none, so a pointer saves memory.
	WriteAhead *Call `json:"inflight,omitzero"`
	Doubt      Doubt `json:"doubt,omitzero"`
	// Extra lists further open incidents of this alias that a lookup showed.
	Extra   []string `json:"extra,omitempty"`
	Refused Refusal  `json:"refused,omitzero"`
	// Foreign is another tool's open incident that has the alias: while it is open, ours cannot be.
	Foreign string `json:"foreign,omitempty"`
	// Reopening is a closed incident that a create updated: it is reopened next. Reopened: that was done in this episode.
	Reopening string `json:"reopening,omitempty"`
	// Continues is the number of the incident that was closed so that the next one pages people again.
	Continues int64 `json:"continues,omitzero"`
	Reopened  bool  `json:"reopened,omitzero"`
	// Dismissed: the incident stays closed until the episode ends, because a person closed it or the API keeps it closed.
	Dismissed bool `json:"dismissed,omitzero"`
	// Renewed is the severity at which the incident was last closed, or could not be closed, to page people again.
	Renewed incident.Severity `json:"renewed,omitzero"`
	// Peak is the worst severity of the episode.
	Peak incident.Severity `json:"peak,omitzero"`
	// Left: all alerts have resolved, and a person closes the incident (alert24_resolve).
	Left bool `json:"left,omitzero"`
	// KeepsOpen: an alert that leaves the close to a person has resolved, and nobody is known to have closed the incident since. When no
	// alert fires any more, this sets Left.
	KeepsOpen bool `json:"keeps_open,omitzero"`
	// Unseen: the API carried out a write without showing the incident, or has not shown it since the alert fired again. The next lookup
	// verifies it.
	Unseen bool `json:"unseen,omitzero"`
	// QuietSince is when the last firing member resolved; zero while one fires.
	QuietSince time.Time `json:"quiet_since,omitzero"`
	// ConfirmedAt is when the API last showed the incident open.
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`
	// Version counts the changes that make a lookup's result stale.
	Version uint64 `json:"version"`
}

// State is the believed state of the incident. Doubt covers what may still happen to it.
type State uint8

// States of an incident.
const (
	None    State = iota // nothing known, never tried
	Open                 // open under ID
	Closed               // closed; ID is the last one
	Unknown              // a resolve came for an alias for which we never opened an incident
)

// String names the state for logs.
func (s State) String() string { return [...]string{"none", "open", "closed", "unknown"}[s] }

// Incident is the incident of an alias.
type Incident struct {
	State State  `json:"state,omitzero"`
	ID    string `json:"id,omitempty"`
	// Number is Alert24's number of the incident, for people.
	Number int64 `json:"number,omitzero"`
	// StartedAt is Alert24's own start: a resolved_at before it would be refused.
	StartedAt time.Time `json:"started_at,omitzero"`
}

// Doubt exists in any State: unanswered requests may still be carried out. It ends with a complete lookup begun after the settle time, or
// as soon as a lookup shows the incident of the only unanswered create.
type Doubt struct {
	Set bool `json:"set,omitzero"`
	// Finished: the close of Closing was tried again since the alert fired again, or a create made it moot.
	Finished bool `json:"finished,omitzero"`
	// Creates counts unanswered creates; Closing is the id of an unanswered close.
	Creates int32  `json:"creates,omitzero"`
	Closing string `json:"closing,omitempty"`
	// Since bounds how far back a lookup must read.
	Since time.Time `json:"since,omitzero"`
}

// Refusal is content that the API refused; it belongs to the call and the content, never to the alias.
type Refusal struct {
	Kind Kind `json:"kind,omitzero"`
	// Short: the short form of a create, or the severity alone, was refused as well. Again: the full form was refused once more after that.
	Short bool   `json:"short,omitzero"`
	Again bool   `json:"again,omitzero"`
	Hash  uint64 `json:"hash,omitzero"`
}

// Timed is an entry with its timers. The functions of this package take one and return the next, which has another Entry if anything
// changed, even if only a timer. A nil Entry means that the alias has none.
type Timed struct {
	*Entry // what a store encodes
	Timers // what a restart may forget
}

// Timers of an entry. Times carry the monotonic clock.
type Timers struct {
	SettleAt time.Time // from this time, an unanswered call counts as carried out or lost
	LookAt   time.Time // the next lookup
	RetryAt  time.Time // the next try of a create, update, close or reopen that failed
	PeekBy   time.Time // until then, the repeat of an unanswered create waits for a lookup of the newest incidents
	ParkedAt time.Time // when refused content is tried again
	FullAt   time.Time // when an update with fewer fields is tried in full again
	LastTry  time.Time // when the last call of a slow alias began; calls before their turn move it on
	Called   time.Time // when that call really began
	ExtraAt  time.Time // the next try to close an extra incident
	ListsAt  time.Time // from this time, lists show what answers have shown

	Attempts        int32 // failures in a row of the call that is due
	Looks           int32 // lookups of this doubt
	FailedLooks     int32 // in a row
	FailedCloses    int32 // in a row
	Parks           int32 // refusals of the same content
	Tries           int32 // calls since the last news, or since all was well; a failed call and its lookups count once
	ExtraAttempts   int32
	ContentFailures int32 // failures in a row for which the content may be the reason; for updates, in the present form
	Absent          int8  // complete lookups in a row that found nothing for an unknown alias
	Form            Form  // of updates

	Armed     bool // the write-ahead is on disk, but its request has not left
	Verify    bool // look the incident up, although there is no doubt: it may be closed while an alert fires
	Refresh   bool // the same, because it was last seen long ago
	Missed    bool // a write was answered with 404, and neither a write nor a lookup has succeeded since
	MustLook  bool // a close failed in a way that only a lookup explains
	Bare      bool // a close was refused: leave resolved_at out
	BareExtra bool
	Looking   bool // a lookup is under way
	Hurried   bool // the next call may be before its turn, see Hurry
}

// verify makes a lookup due at that time. If one is under way, its answer may take long, and this one does not wait for it.
func (t *Timers) verify(at time.Time) { t.Verify, t.LookAt, t.Looking = true, at, false }

// anew restarts the count of calls without news.
func (t *Timers) anew() {
	t.Tries, t.LastTry, t.Called, t.Hurried = 0, time.Time{}, time.Time{}, false
}

// copy returns a copy that shares the members, which must not be changed.
func (e *Entry) copy() *Entry {
	c := *e
	return &c
}

// copy returns e with a copy of its entry, which shares the members: they must not be changed.
func (e Timed) copy() Timed {
	e.Entry = e.Entry.copy()
	return e
}

// Inflight is the write-ahead: the one create, update, close or reopen that may be on the wire.
func (e *Entry) Inflight() Call {
	if e.WriteAhead == nil {
		return Call{}
	}
	return *e.WriteAhead
}

// setInflight changes e, which the caller owns.
func (e *Entry) setInflight(c Call) {
	e.WriteAhead = nil
	if c != (Call{}) {
		kept := c
		e.WriteAhead = &kept
	}
}

// Firing reports whether the incident should be open.
func (e *Entry) Firing() bool { return e.Members.Firing() > 0 }

// Parked reports whether the API refused what this entry needs.
func (e *Entry) Parked() bool {
	return e.Firing() && (e.Refused.Kind == Create && e.Refused.Short || e.Refused.Kind == Update)
}

// Settled reports whether no call of ours can still change Alert24.
func (e *Entry) Settled() bool {
	return !e.Doubt.Set && !e.Unseen && e.Inflight().Kind == NoCall && len(e.Extra) == 0
}

// Over reports whether nothing is left to close or to look up.
func (e *Entry) Over() bool {
	return !e.Firing() && e.Settled() &&
		(e.Incident.State == Closed || e.Incident.State == None || e.Incident.State == Open && e.Left)
}

// certainlyNone reports whether no incident is open, and no call of ours can still open one.
func (e *Entry) certainlyNone() bool {
	return e.Settled() && (e.Incident.State == None || e.Incident.State == Closed)
}

// untried reports whether no request for this entry may have opened an incident.
func (e *Entry) untried() bool {
	return e.Incident.State == None && !e.Doubt.Set && e.Inflight().Kind == NoCall
}

// Worst returns the severity of the worst firing member, or 0 when none fires.
func (e *Entry) Worst() incident.Severity { return e.Members.worst() }

// EndedAt returns when the last member resolved, never before Alert24's own start of the incident. It is zero if no member has an end.
func (e *Entry) EndedAt() time.Time {
	end := e.Members.over(func(s *summary) time.Time { return s.ended }, Latest)
	if !end.IsZero() && end.Before(e.Incident.StartedAt) {
		return e.Incident.StartedAt
	}
	return end
}

// ended is when a member that does not fire ended, zero if not known, and never after its resolve came.
func (m *Member) ended() time.Time {
	if !m.ResolvedAt.IsZero() && m.EndsAt.After(m.ResolvedAt) {
		return m.ResolvedAt
	}
	return m.EndsAt
}

// FirstStart returns the earliest known start of the firing members.
func (e *Entry) FirstStart() time.Time {
	return e.Members.over(func(s *summary) time.Time { return s.start }, earliest)
}

// HeldUntil returns when the first waiting event counts; zero if none waits.
func (e *Entry) HeldUntil() time.Time {
	return e.Members.over(func(s *summary) time.Time { return s.held }, earliest)
}

// CloseInDoubt reports whether a close of the incident was not answered, so that it may be open or closed.
func (e *Entry) CloseInDoubt() bool {
	return e.Incident.State == Open && e.Doubt.Closing == e.Incident.ID
}

// PageWaits reports whether an alert fires whose incident may be closed. Then a page follows, but only after a lookup or another close.
func (e Timed) PageWaits() bool {
	return e.Firing() && e.Incident.State == Open && (e.CloseInDoubt() || e.Verify || e.MustLook)
}

// IsOpen reports whether the incident is open, as far as we know.
func (e *Entry) IsOpen() bool { return e.Incident.State == Open }
