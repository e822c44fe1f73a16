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
	// shownNotices bounds the notices of an overview, explainedEntries the entries and notices of one explanation.
	shownNotices     = 50
	explainedEntries = 20
)

// statusSource is the status page's view of the exporter.
type statusSource struct {
	*alert24Exporter

	titles titles
	others others
}

// Revision implements statuspage.Source. Changes by another replica show after a second.
func (s *statusSource) Revision(context.Context) string {
	l := s.ledger()
	if l == nil {
		return fmt.Sprintf("database-%d", time.Now().Unix())
	}
	return fmt.Sprintf("%x-%d-%d-%d-%d-%t", s.lately.started.UnixNano(), s.terms.Load(), l.Revision(), s.lately.results.Revision(), s.lately.notices.Revision(),
		s.telemetry.storageFailed.Load())
}

// Overview implements statuspage.Source.
func (s *statusSource) Overview(ctx context.Context) status.Overview {
	if s.replica != nil {
		s.replica.refreshStatus(ctx)
	}
	t := s.term.Load()
	o := status.Overview{
		Bridge: status.Bridge{
			Component: s.set.ID.String(), Version: s.set.BuildInfo.Version, Started: s.lately.started, DryRun: s.cfg.DryRun,
		},
		API:      s.lately.answers(),
		Storage:  s.storageStatus(),
		Webhooks: s.lately.hooks(), Truncated: s.lately.cut.Groups(s.lately.now()),
		Syncs:    s.lately.lists(),
		Services: s.services.status(),
		Notices:  s.lately.notices.Newest(shownNotices),
	}
	if t == nil {
		o.API = status.API{State: status.APIUnknown}
	}
	o.API.Endpoint, o.API.Limit = s.cfg.ClientConfig.Endpoint, s.cfg.Limits.RequestsPerSecond
	o.API.PausedUntil, o.API.CreatesPausedUntil = s.pausedUntil(protocol.Update), s.pausedUntil(protocol.Create)
	if t != nil && s.cfg.Watchdog.on() {
		o.Watchdog = t.watch.status()
	}
	if s.replica != nil {
		o.Replica = s.replica.status()
	}
	return o
}

// pausedUntil returns when calls of the kind are allowed again; zero: they are now.
func (s *statusSource) pausedUntil(kind protocol.Kind) time.Time {
	if at := s.gate.OpensAt(kind); at.After(time.Now()) {
		return at
	}
	return time.Time{}
}

func (s *statusSource) storageStatus() status.Storage {
	st := s.lately.stored()
	st.Kind, st.Up = "memory", !s.telemetry.storageFailed.Load()
	switch {
	case s.replica != nil:
		st.Kind = "database"
		last := s.replica.database.get()
		if last.err != nil {
			st.Up, st.Error = false, last.err.Error()
		}
		if last.recoveredAt.After(st.RecoveredAt) {
			st.RecoveredAt = last.recoveredAt
		}
	case s.storage != nil:
		st.Kind = "file"
	}
	if l := s.ledger(); l != nil {
		st.Bytes = l.Size()
	}
	return st
}

// status describes this replica.
func (r *replica) status() *status.Replica {
	at := &status.Replica{Leads: r.term.Load() != nil, Lease: r.lease.Seconds()}
	if s := r.database.get().status; s != nil {
		at.HasLeader, at.LeaseAge, at.InboxWebhooks, at.InboxSetAside = s.Leading, s.Renewed.Seconds(), s.InboxRows, s.Aside
		if s.InboxRows > 0 {
			at.InboxSince = time.Now().Add(-s.InboxAge)
		}
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

// list returns this process's entries or, while another replica leads, the entries in the database.
func (s *statusSource) list(ctx context.Context) (listed []ledger.Listed, closed int, err error) {
	if l := s.ledger(); l != nil {
		listed, closed = l.List()
		return listed, closed, nil
	}
	if s.replica == nil {
		return nil, 0, errStopped
	}
	if listed, err = s.others.list(ctx, s.replica.db); err != nil {
		err = fmt.Errorf("the database cannot be used: %w", err)
	}
	return listed, 0, err
}

// common returns the facts that hold for all entries.
func (s *statusSource) common() status.Known {
	return status.Known{
		ResolveDelay: s.cfg.Lifecycle.ResolveDelay, Page: status.Page(s.cfg.ClientConfig.Endpoint), Now: time.Now(),
		PausedUntil: s.pausedUntil(protocol.Update), CreatesPausedUntil: s.pausedUntil(protocol.Create), Backoff: s.cfg.Policy().Backoff,
		Stuck: s.telemetry.storageFailed.Load(),
	}
}

// known adds the facts about one entry to the common ones.
func (s *statusSource) known(k status.Known, l *ledger.Listed, title string) *status.Known {
	k.Timers, k.PendingSince, k.Title = l.Timers(), l.Pending, title
	k.Last, k.Refused = s.lately.results.LastFailed(l.Entry.Alias)
	return &k
}

// titles caches the titles of the last table, because rendering thousands takes time.
type titles struct {
	mu    sync.Mutex
	known map[string]titled
}

type titled struct {
	says, version uint64 // of the members and, for entries from the database, which lack that, of the entry
	title         string
}

// of returns the titles of these entries, and forgets all other titles.
func (t *titles) of(r *incident.Renderer, listed []ledger.Listed) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, known := make([]string, len(listed)), make(map[string]titled, len(listed))
	for i := range listed {
		e := listed[i].Entry
		last, there := t.known[e.Alias]
		if says := e.Members.Says(); !there || last.says != says || last.version != e.Version {
			last = titled{says, e.Version, title(r, e)}
		}
		known[e.Alias], all[i] = last, last.title
	}
	t.known = known
	return all
}

func (t *titles) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = nil
}

// title returns the title of the incident; "" if no alert fires or is held.
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
