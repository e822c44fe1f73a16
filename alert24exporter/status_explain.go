// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// Explain implements statuspage.Source.
func (s *statusSource) Explain(ctx context.Context, subject status.Subject) (status.Explanation, error) {
	found := status.Explanation{Entries: []status.Entry{}}
	about := func(n *status.Notice) bool {
		if subject.Alias != "" || n.Anonymous() {
			return subject.Alias != "" && n.Alias == subject.Alias
		}
		return subject.Has(func(name string) (string, bool) { v, there := n.Labels[name]; return v, there })
	}
	found.Notices = s.lately.notices.Find(explainedEntries, about)
	err := s.find(ctx, &subject, &found)
	if len(found.Entries)+len(found.Notices) == 0 {
		// It may be among the notices without an alias.
		found.Notices = s.lately.notices.Find(explainedEntries, (*status.Notice).Anonymous)
		if subject.Alias != "" {
			found.DidYouMean = s.similar(ctx, subject.Alias)
		}
	}
	return found, err
}

// similar returns a known alias that differs from this one only in case, or "".
func (s *statusSource) similar(ctx context.Context, alias string) string {
	listed, _, err := s.list(ctx)
	for i := range listed {
		if err == nil && strings.EqualFold(listed[i].Entry.Alias, alias) {
			return listed[i].Entry.Alias
		}
	}
	for _, n := range s.lately.notices.Find(1, func(n *status.Notice) bool { return strings.EqualFold(n.Alias, alias) }) {
		return n.Alias
	}
	return ""
}

// find adds the entries of a subject.
func (s *statusSource) find(ctx context.Context, subject *status.Subject, found *status.Explanation) error {
	if l := s.ledger(); l != nil && subject.Alias != "" {
		if known, there := l.Look(subject.Alias); there {
			found.Entries = append(found.Entries, s.explain(&known))
		}
		return nil
	}
	listed, _, err := s.list(ctx)
	if err != nil {
		return err
	}
	for i := range listed {
		if ctx.Err() != nil {
			break // the request has ended
		}
		if l := &listed[i]; l.Entry.Alias == subject.Alias || subject.Alias == "" && hasAlert(l.Entry, subject) {
			if found.More = len(found.Entries) == explainedEntries; found.More {
				break
			}
			found.Entries = append(found.Entries, s.explain(l))
		}
	}
	return ctx.Err()
}

// hasAlert reports whether a member has the labels of the subject.
func hasAlert(e *protocol.Entry, subject *status.Subject) bool {
	for m := range e.Members.All() {
		a := m.Alert.Unpack()
		if subject.Has(a.Labels.Lookup) {
			return true
		}
	}
	return false
}

// explain describes an entry, with facts that only this process knows.
func (s *statusSource) explain(l *ledger.Listed) status.Entry {
	e := status.Read(l.Entry, s.known(s.common(), l, title(s.renderer, l.Entry)))
	e.Results = s.lately.results.Of(l.Entry.Alias)
	e.Notices = s.lately.notices.Find(explainedEntries, func(n *status.Notice) bool { return n.Alias == l.Entry.Alias })
	own := s.ledger()
	if own == nil {
		return e
	}
	if l.Entry.Firing() {
		content, want := own.Content(l.Entry)
		e.Describe(l.Entry, &content, &want)
	}
	call, at := own.Foresee(l.Entry.Alias)
	e.Next = status.NextOf(l.Entry, call, at, s.pausedUntil(call.Kind))
	return e
}
