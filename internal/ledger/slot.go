// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"cmp"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// slot is an entry with the ledger's own data about it.
type slot struct {
	entry  *protocol.Entry  // nil: there is none
	timers *protocol.Timers // of the entry, without ListsAt; nil: all zero
	// listsAt is apart from the other timers, because nearly every entry has it.
	listsAt time.Time
	// view is the desired content of the incident, while a call is due or under way; nil if it is not rendered.
	view *view
	// since is when Alert24 began to differ from the entry; zero while it matches, as far as we know.
	since time.Time
	// stale: the members changed when they were loaded, and disk does not know yet.
	stale bool
	// kept is the packed form that entry was made from, if it is closed.
	kept *closed
}

// tried holds the timers of most entries: zero except for the number of tries. Slots share them.
var tried = func() (t [8]protocol.Timers) {
	for i := range t {
		t[i].Tries = int32(i)
	}
	return t
}()

func (s *slot) timed() protocol.Timed {
	t := protocol.Timed{Entry: s.entry, Timers: *cmp.Or(s.timers, &tried[0])}
	t.ListsAt = s.listsAt
	return t
}

func (s *slot) set(e protocol.Timed) {
	s.entry, s.listsAt = e.Entry, e.ListsAt
	e.ListsAt = time.Time{}
	if n := int(e.Tries); n < len(tried) && e.Timers == tried[n] {
		s.timers = &tried[n]
	} else if s.timers == nil || e.Timers != *s.timers {
		kept := e.Timers // only these timers need memory of their own
		s.timers = &kept
	}
}

// stored is a compact slot. Most slots have only an entry and, in a storm, the time since which it waits.
type stored struct {
	entry   *protocol.Entry
	timers  *protocol.Timers
	since   int64 // in nanoseconds since 1970; 0: none
	listsAt int64 // in nanoseconds since epoch, so that it keeps the monotonic clock; 0: none

	more *slot // the other fields of a slot that has them
}

func (s *slot) store() stored {
	more := *s
	more.entry, more.timers, more.since, more.listsAt, more.kept = nil, nil, time.Time{}, time.Time{}, nil
	c := stored{entry: s.entry, timers: s.timers, since: nanoseconds(s.since), listsAt: sinceEpoch(s.listsAt)}
	if more != (slot{}) {
		kept := more // only this slot needs memory of its own
		c.more = &kept
	}
	return c
}

func (s stored) slot() slot {
	var whole slot
	if s.more != nil {
		whole = *s.more
	}
	whole.entry, whole.timers, whole.since, whole.listsAt = s.entry, s.timers, timeOf(s.since), afterEpoch(s.listsAt)
	return whole
}

func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOf(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// epoch is a time of this process.
var epoch = time.Now()

func sinceEpoch(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return int64(t.Sub(epoch))
}

func afterEpoch(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return epoch.Add(time.Duration(ns))
}

// same reports whether s and t have the same entry.
func (s *slot) same(t *slot) bool { return s.entry == t.entry || s.kept != nil && s.kept == t.kept }

// closed is the compact form of a slot with a closed entry.
type closed struct {
	protocol.Kept

	stale bool
}

// pack returns the compact form of a closed slot, or false if the slot has more to keep.
func (s *slot) pack() (*closed, bool) {
	if s.entry == nil || s.view != nil || !s.since.IsZero() {
		return nil, false
	}
	c, ok := protocol.Pack(s.timed())
	return &closed{c, s.stale}, ok
}

// slot returns the slot of an alias. The caller holds mu.
func (s *store) slot(alias string) slot {
	if current, known := s.slots[alias]; known {
		return current.slot()
	}
	if c, known := s.closed[alias]; known {
		s := slot{stale: c.stale, kept: c}
		s.set(c.Unpack(alias))
		return s
	}
	return slot{}
}

// view is the rendered content of an incident, as hashes to save memory: thousands of aliases may wait while the API does not answer.
type view struct {
	says      uint64 // of the members
	continues int64
	want      protocol.Content
}

func (l *Ledger) render(e *protocol.Entry) (incident.Content, *view) {
	firing, more := e.Members.Worst()
	more.Now, more.Continues = l.now(), e.Continues
	more.Silence, more.Silenced = l.silences.of(e)
	content := l.cfg.Render(e.Alias, firing, more)
	if l.cfg.SeverityOnlyRises && e.Peak > content.Severity {
		content.Severity = e.Peak
		content.News[incident.FieldSeverity] = content.Hashes()[incident.FieldSeverity]
	}
	return content, &view{says: e.Members.Says(), continues: e.Continues, want: protocol.Of(&content)}
}

// of returns the content for e, or nil if it was rendered for other members.
func (v *view) of(e *protocol.Entry) *protocol.Content {
	if v != nil && v.says == e.Members.Says() && v.continues == e.Continues {
		return &v.want
	}
	return nil
}

// mark notes since when Alert24 differs from the entry. answered: a call's answer was just learned. Otherwise an entry that is pending
// stays pending while its new content is not rendered yet.
func (s *slot) mark(now time.Time, answered bool) {
	want := s.view.of(s.entry)
	if want == nil {
		s.view = nil
	}
	pending := protocol.Pending(s.entry, want)
	if !pending && want == nil && !answered && s.entry.Firing() {
		pending = !s.since.IsZero() // the content that is not rendered may differ
	}
	s.setPending(pending, now)
	if !pending && s.entry.Inflight().Kind == protocol.NoCall {
		s.view = nil
	}
}

// setPending notes whether Alert24 differs from the entry.
func (s *slot) setPending(pending bool, now time.Time) {
	switch {
	case !pending:
		s.since = time.Time{}
	case s.since.IsZero():
		s.since = now
	}
}

// live is 1 for an entry that is not over: it counts against the limit on aliases.
func (s *slot) live() int { return count(s.entry != nil && !s.entry.Over()) }

// armed is 1 if a create is armed and has not left.
func (s *slot) armed() int { return count(s.timers != nil && s.timers.Armed) }

// Content returns the desired content of the incident of a firing entry, also as hashes.
func (l *Ledger) Content(e *protocol.Entry) (incident.Content, protocol.Content) {
	content, v := l.render(e)
	return content, v.want
}
