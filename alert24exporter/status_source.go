// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/status"
)

const (
	// shownNotices are the notices of an overview, explainedEntries the entries and notices of one explanation.
	shownNotices     = 50
	explainedEntries = 20
)

// statusSource is the exporter as the status page sees it.
type statusSource struct {
	*alert24Exporter

	titles titles
	others others
}

// Revision implements statuspage.Source. What another replica does shows each second.
func (s *statusSource) Revision(context.Context) string {
	l := s.ledger()
	if l == nil {
		return fmt.Sprintf("database-%d", time.Now().Unix())
	}
	return fmt.Sprintf("%x-%d-%d-%d-%d", s.lately.started.UnixNano(), s.terms.Load(), l.Revision(), s.lately.results.Revision(), s.lately.notices.Revision())
}

// Overview implements statuspage.Source.
func (s *statusSource) Overview(context.Context) status.Overview {
	t := s.telemetry
	o := status.Overview{
		Bridge: status.Bridge{
			Component: s.set.ID.String(), Version: s.set.BuildInfo.Version, Started: s.lately.started, DryRun: s.cfg.DryRun,
		},
		API:      s.lately.api(!t.apiFailed.Load()),
		Storage:  s.storageStatus(),
		Webhooks: s.lately.hooks(),
		Syncs:    s.lately.lists(),
		Services: s.services.status(),
		Notices:  s.lately.notices.Newest(shownNotices),
	}
	o.API.Endpoint, o.API.Limit = s.cfg.ClientConfig.Endpoint, s.cfg.Limits.RequestsPerSecond
	o.API.PausedUntil, o.API.CreatesPausedUntil = s.pausedUntil(protocol.Update), s.pausedUntil(protocol.Create)
	if t := s.term.Load(); t != nil && s.cfg.Watchdog.on() {
		c := t.watch.counts()
		o.Watchdog = &status.Watchdog{Heard: c.Heard, Missing: c.Missing, Unwatched: c.Unwatched}
	}
	if s.replica != nil {
		o.Replica = s.replica.status()
	}
	return o
}

// pausedUntil is when calls of the kind are allowed again; zero: they are.
func (s *statusSource) pausedUntil(kind protocol.Kind) time.Time {
	if at := s.gate.OpensAt(kind); at.After(time.Now()) {
		return at
	}
	return time.Time{}
}

func (s *statusSource) storageStatus() status.Storage {
	st := status.Storage{Kind: "memory", Up: !s.telemetry.storageFailed.Load()}
	if !st.Up {
		st.Error = s.lately.storage()
	}
	switch {
	case s.replica != nil:
		st.Kind = "database"
		st.Up = st.Up && s.replica.standing.Load() != nil
	case s.storage != nil:
		st.Kind = "file"
	}
	if l := s.ledger(); l != nil {
		st.Bytes = l.Size()
	}
	return st
}

// status is this replica as one of several.
func (r *replica) status() *status.Replica {
	at := &status.Replica{Leads: r.term.Load() != nil}
	if s := r.standing.Load(); s != nil {
		at.Leader, at.LeaseAge, at.Inbox, at.Aside = s.Leading, s.Renewed.Seconds(), s.InboxRows, s.Aside
	}
	return at
}

// Table implements statuspage.Source.
func (s *statusSource) Table(ctx context.Context) (*status.Table, error) {
	listed, closed, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]status.Row, 0, len(listed))
	var oldest time.Time
	titled, common := s.titles.of(s.renderer, listed), s.common()
	for i := range listed {
		if l := &listed[i]; !l.Entry.Over() || l.Entry.Members.Held() > 0 || l.Entry.IsOpen() {
			rows = append(rows, status.RowOf(l.Entry, s.known(common, l, titled[i])))
			if !l.Pending.IsZero() && (oldest.IsZero() || l.Pending.Before(oldest)) {
				oldest = l.Pending
			}
		} else {
			closed++
		}
	}
	return status.NewTable(rows, closed, oldest), nil
}

// Idle implements statuspage.Source.
func (s *statusSource) Idle() {
	s.titles.forget()
	s.others.forget()
}

// list returns the entries that this process has or, while another replica leads, those in the database.
func (s *statusSource) list(ctx context.Context) (listed []ledger.Listed, closed int, err error) {
	if l := s.ledger(); l != nil {
		listed, closed = l.List()
		return listed, closed, nil
	}
	listed, err = s.others.list(ctx, s.replica.db)
	return listed, 0, err
}

// common is what is known next to all entries.
func (s *statusSource) common() status.Known {
	return status.Known{
		ResolveDelay: s.cfg.Lifecycle.ResolveDelay, Page: status.Page(s.cfg.ClientConfig.Endpoint), Now: time.Now(),
		PausedUntil: s.pausedUntil(protocol.Update), CreatesPausedUntil: s.pausedUntil(protocol.Create), Backoff: s.cfg.Policy().Backoff,
	}
}

// known is what is known next to an entry, with what is common to all.
func (s *statusSource) known(k status.Known, l *ledger.Listed, title string) *status.Known {
	k.Timers, k.PendingSince, k.Title = l.Timers(), l.Pending, title
	k.Last, k.Refused = s.lately.results.LastFailed(l.Entry.Alias)
	return &k
}

// Explain implements statuspage.Source.
func (s *statusSource) Explain(ctx context.Context, subject status.Subject) (status.Explanation, error) {
	found := status.Explanation{Entries: []status.Entry{}}
	about := func(n *status.Notice) bool {
		if subject.Alias != "" {
			return n.Alias == subject.Alias
		}
		return subject.Has(func(name string) (string, bool) { v, there := n.Labels[name]; return v, there })
	}
	found.Notices = s.lately.notices.Find(explainedEntries, about)
	err := s.find(ctx, &subject, &found)
	if len(found.Entries)+len(found.Notices) == 0 {
		// Perhaps it is among those of which nobody knows the alias.
		found.Notices = s.lately.notices.Find(explainedEntries, func(n *status.Notice) bool { return n.Alias == "" })
	}
	return found, err
}

// find adds the entries of a subject.
func (s *statusSource) find(ctx context.Context, subject *status.Subject, found *status.Explanation) error {
	if l := s.ledger(); l != nil && subject.Alias != "" {
		if of, there := l.Look(subject.Alias); there {
			found.Entries = append(found.Entries, s.explain(&of))
		}
		return nil
	}
	listed, _, err := s.list(ctx)
	if err != nil {
		return err
	}
	for i := range listed {
		if ctx.Err() != nil {
			break // nobody waits for the answer any more
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

// explain describes an entry, with what only this process knows.
func (s *statusSource) explain(l *ledger.Listed) status.Entry {
	e := status.Read(l.Entry, s.known(s.common(), l, title(s.renderer, l.Entry)))
	e.Results = s.lately.results.Of(l.Entry.Alias)
	e.Notices = s.lately.notices.Find(explainedEntries, func(n *status.Notice) bool { return n.Alias == l.Entry.Alias })
	of := s.ledger()
	if of == nil {
		return e
	}
	if l.Entry.Firing() {
		content, want := of.Content(l.Entry)
		e.Describe(l.Entry, &content, &want)
	}
	call, at := of.Foresee(l.Entry.Alias)
	e.Next = status.NextOf(l.Entry, call, at, s.pausedUntil(call.Kind))
	return e
}

// titles are those of the last table: rendering thousands takes a while.
type titles struct {
	mu    sync.Mutex
	known map[string]titled
}

type titled struct {
	says  uint64 // of the members
	title string
}

// of returns the titles of the entries, and forgets all others.
func (t *titles) of(r *incident.Renderer, listed []ledger.Listed) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, known := make([]string, len(listed)), make(map[string]titled, len(listed))
	for i := range listed {
		e := listed[i].Entry
		of, there := t.known[e.Alias]
		if says := e.Members.Says(); !there || of.says != says {
			of = titled{says, title(r, e)}
		}
		known[e.Alias], all[i] = of, of.title
	}
	t.known = known
	return all
}

func (t *titles) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = nil
}

// title of the incident; "" if no alert fires or waits.
func title(r *incident.Renderer, e *protocol.Entry) string {
	if firing, more := e.Members.Worst(); len(firing) > 0 {
		return r.Title(e.Alias, firing, more)
	}
	for m := range e.Members.All() {
		if m.State() == "held" {
			return r.Title(e.Alias, []incident.Alert{m.Alert.Unpack()}, incident.Context{})
		}
	}
	return ""
}
