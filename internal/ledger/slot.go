// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// slot is an entry with what the ledger needs next to it.
type slot struct {
	entry *protocol.Entry // nil: there is none
	// view is what the incident should say, while a call is due; nil if nobody has rendered it.
	view *view
	// since is when Alert24 ceased to hold what the entry asks for; zero while it does, as far as we know.
	since time.Time
	// loaded: since the start, disk still has what Load began with.
	loaded bool
}

// view is a rendered incident.
type view struct {
	says      uint32 // of the members
	continues int64
	content   incident.Content
	want      protocol.Content
}

func (l *Ledger) render(e *protocol.Entry) *view {
	v := &view{says: e.Members.Says(), continues: e.Continues}
	firing, more := incident.Worst(e.Members.FiringAlerts())
	more.Continues = e.Continues
	v.content = l.cfg.Render(e.Alias, firing, more)
	if l.cfg.SeverityOnlyRises && e.Peak > v.content.Severity {
		v.content.Severity = e.Peak
		v.content.News[incident.FieldSeverity] = v.content.Hashes()[incident.FieldSeverity]
	}
	v.want = protocol.Of(&v.content)
	return v
}

// want is what the firing members of e say, if the slot has it.
func (s *slot) want(e *protocol.Entry) *protocol.Content {
	if v := s.view; v != nil && v.says == e.Members.Says() && v.continues == e.Continues {
		return &v.want
	}
	return nil
}

// mark keeps since when the entry asks for something that Alert24 does not hold, and the view only as long as that is so.
func (s *slot) mark(now time.Time) {
	want := s.want(s.entry)
	switch pending := protocol.Pending(s.entry, want); {
	case !pending:
		s.view, s.since = nil, time.Time{}
	case s.since.IsZero():
		s.since = now
	}
}

// live is 1 for what counts against the bound on aliases: everything that is not over.
func (s *slot) live() int {
	if s.entry == nil || s.entry.Over() {
		return 0
	}
	return 1
}

// Content is what the incident of a firing entry should say, and the same as hashes.
func (l *Ledger) Content(e *protocol.Entry) (incident.Content, protocol.Content) {
	if s := l.store.get(e.Alias); s.want(e) != nil {
		return s.view.content, s.view.want
	}
	v := l.render(e)
	return v.content, v.want
}
