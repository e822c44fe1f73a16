// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Result is what became of a call. This is the only list of results: the client makes them, the loop passes them on.
type Result uint8

// Results. After Unanswered the call may have been carried out, or may still be; all others are certain.
const (
	Unanswered Result = iota // no answer, a server's error, or an answer that is not the API's
	Done                     // carried out; for a lookup: complete, or as deep as asked
	Gone                     // the API says that it has no such incident
	Refused                  // the API refuses this content
	Denied                   // the API does not accept the key
	NotSent                  // nothing was sent, or the API asked to try later
	Incomplete               // a lookup failed, or did not see all that it needs
	Foreign                  // a create met an open incident that is not ours, and left it alone
)

// String names the result for logs and metrics.
func (r Result) String() string {
	return [...]string{"unanswered", "done", "gone", "refused", "denied", "not_sent", "incomplete", "foreign"}[r]
}

// Shown is an incident as the API shows it.
type Shown struct {
	ID     string
	Number int64
	// Seen: the answer shows the incident with its status. If not, only ID is known.
	Seen bool
	Open bool
	// CreatedAt and StartedAt are by the server's clock; zero where they are not shown.
	CreatedAt, StartedAt time.Time
	// Fields are hashes of its content; 0: not shown.
	Fields incident.Hashes
}

// Works reports whether the API answered as it should.
func (r Result) Works() bool { return r == Done || r == Gone || r == Refused || r == Foreign }

// Answer is what a call brought back.
type Answer struct {
	Result Result
	// Incident is what the answer to a write shows.
	Incident Shown
	// Met: a create seems to have met an open incident, and so has written nothing. Deduplicated: the API says so.
	Met, Deduplicated bool
	// Sent is the content of a create or an update.
	Sent Content
	// Before is the incident as it was read before an update. Wrote are the fields that the update then sent, if any. The close of a
	// renewal has Before if the incident was closed already.
	Before Shown
	Wrote  FieldSet
	// ContentSuspect: a create or an update failed although the API works for other incidents, so its content may be the reason.
	ContentSuspect bool

	// Found are the incidents of this alias that a lookup saw, and the one with the known id; an incomplete lookup has only that one, if it
	// was read. Began is when the lookup began. ByID: it read incidents by their ids, so that later lists may be older.
	Found []Shown
	Began time.Time
	ByID  bool
	// TurnedAway: nothing was sent, because a pause of all calls began, or because the entry has changed since a lookup began. The call has
	// not failed.
	TurnedAway bool
	// RetryAfter is how long the API asked to wait; 0: it did not ask.
	RetryAfter time.Duration
}

// shows reports whether the answer to c tells something of the incidents that lists may not show yet.
func (a *Answer) shows(c Call) bool {
	if c.Kind == Lookup {
		return a.ByID
	}
	return a.Result.Works() || a.Before.Seen
}

// Lesson is what learning an answer changed, for logs and metrics.
type Lesson uint8

// Lessons.
const (
	Nothing Lesson = iota
	Opened
	FoundOpen // a lookup or a create found the incident
	Updated
	ClosedIt
	FoundClosed // somebody else closed or removed it
	StillOpen   // a close was carried out, but the incident is open
	ParkedIt
	Retrying
	Doubting
	Blocked     // another tool's incident has the alias
	FewerFields // an update is tried with fewer fields from now on
	NotOpened   // its alerts have resolved, and it is now certain that no incident was opened
)

// String names the lesson for logs and metrics.
func (l Lesson) String() string {
	return [...]string{
		"nothing", "opened", "found_open", "updated", "closed", "found_closed", "still_open", "parked", "retrying", "doubtful",
		"blocked", "fewer_fields", "never_opened",
	}[l]
}
