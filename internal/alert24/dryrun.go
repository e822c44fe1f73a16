// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxDryIncidents bounds the incidents that a dry run remembers.
const maxDryIncidents = 100_000

// DryCall is a request that a dry run does not send.
type DryCall struct {
	Method, Path string
	// Body is JSON; empty for a request that reads.
	Body []byte
}

// DryRun is an incident manager that sends nothing. It reports what it would send, and answers as if Alert24 had carried it out. It
// is safe for concurrent use.
type DryRun struct {
	status string // of creates
	say    func(ctx context.Context, call DryCall)
	now    func() time.Time

	mu      sync.Mutex
	created int64
	byID    map[string]*dryIncident
	open    map[string]string // ids by alias
	order   []string          // ids, the oldest first
}

type dryIncident struct {
	alias string
	shown protocol.Shown
}

// NewDryRun returns a dry run that calls say for each request. It uses only the initial status and the clock of the configuration.
func NewDryRun(say func(ctx context.Context, call DryCall), cfg Config) *DryRun {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &DryRun{status: cfg.InitialStatus, say: say, now: cfg.Now, byID: map[string]*dryIncident{}, open: map[string]string{}}
}

// Create reports that it would open an incident.
func (d *DryRun) Create(ctx context.Context, draft Draft) (protocol.Answer, error) {
	w := createBody(&draft, d.status)
	d.say(ctx, DryCall{http.MethodPost, "/incidents", w.encode()})
	a := protocol.Answer{Result: protocol.Done, Sent: protocol.Of(&draft.Content)}
	a.Sent.Sent = w.hashes()
	d.mu.Lock()
	defer d.mu.Unlock()
	if id := d.open[draft.Alias]; id != "" {
		a.Met, a.Deduplicated, a.Incident = true, true, d.byID[id].shown
		return a, nil
	}
	d.created++
	now := d.now()
	a.Incident = protocol.Shown{
		ID: fmt.Sprintf("dry-run-%d", d.created), Number: d.created, Seen: true, Open: true,
		CreatedAt: now, StartedAt: now, Fields: w.hashes(),
	}
	d.keep(&dryIncident{draft.Alias, a.Incident})
	return a, nil
}

// keep remembers an incident. If there are too many, it forgets the oldest.
func (d *DryRun) keep(i *dryIncident) {
	if len(d.order) >= maxDryIncidents {
		old := d.byID[d.order[0]]
		if d.open[old.alias] == old.shown.ID {
			delete(d.open, old.alias)
		}
		delete(d.byID, old.shown.ID)
		d.order = d.order[1:]
	}
	d.byID[i.shown.ID] = i
	d.open[i.alias] = i.shown.ID
	d.order = append(d.order, i.shown.ID)
}

// Read shows an incident. An unknown incident is shown as open.
func (d *DryRun) Read(ctx context.Context, id string) (protocol.Answer, error) {
	d.say(ctx, DryCall{Method: http.MethodGet, Path: "/incidents/" + id})
	d.mu.Lock()
	defer d.mu.Unlock()
	return protocol.Answer{Result: protocol.Done, Incident: d.shown(id)}, nil
}

func (d *DryRun) shown(id string) protocol.Shown {
	if i := d.byID[id]; i != nil {
		return i.shown
	}
	return protocol.Shown{ID: id, Seen: true, Open: true}
}

// Update reports that it would write the fields.
func (d *DryRun) Update(ctx context.Context, id string, draft Draft, fields protocol.FieldSet) (protocol.Answer, error) {
	w := updateBody(&draft, fields)
	a := protocol.Answer{Result: protocol.Done, Sent: protocol.Of(&draft.Content), Wrote: w.fields()}
	if !w.empty() {
		d.say(ctx, DryCall{http.MethodPut, "/incidents/" + id, w.encode()})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	a.Incident = d.change(id, func(s *protocol.Shown) {
		for f, h := range w.hashes() {
			if a.Wrote.Has(incident.Field(f)) {
				s.Fields[f] = h
			}
		}
	})
	return a, nil
}

// Close reports that it would close the incident.
func (d *DryRun) Close(ctx context.Context, id string, at time.Time) (protocol.Answer, error) {
	return d.setStatus(ctx, id, closeBody(at), false)
}

// Reopen reports that it would open the incident again.
func (d *DryRun) Reopen(ctx context.Context, id string) (protocol.Answer, error) {
	return d.setStatus(ctx, id, reopenBody, true)
}

func (d *DryRun) setStatus(ctx context.Context, id string, w write, open bool) (protocol.Answer, error) {
	d.say(ctx, DryCall{http.MethodPut, "/incidents/" + id, w.encode()})
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.byID[id]; i != nil {
		if open {
			d.open[i.alias] = id
		} else if d.open[i.alias] == id {
			delete(d.open, i.alias)
		}
	}
	return protocol.Answer{Result: protocol.Done, Incident: d.change(id, func(s *protocol.Shown) { s.Open = open })}, nil
}

// change changes the incident, if the dry run knows it, and returns what the incident shows afterwards.
func (d *DryRun) change(id string, f func(*protocol.Shown)) protocol.Shown {
	shown := d.shown(id)
	f(&shown)
	if i := d.byID[id]; i != nil {
		i.shown = shown
	}
	return shown
}

// Find answers from the incidents that the dry run opened. An incident with a known id is shown as in Read.
func (d *DryRun) Find(_ context.Context, questions []Question, found func(i int, a protocol.Answer, err error)) {
	for i := range questions {
		found(i, d.find(&questions[i]), nil)
	}
}

func (d *DryRun) find(q *Question) protocol.Answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := protocol.Answer{Result: protocol.Done, Began: d.now()}
	if q.ID != "" {
		a.Found = append(a.Found, d.shown(q.ID))
	}
	if id := d.open[q.Alias]; id != "" && id != q.ID {
		a.Found = append(a.Found, d.shown(id))
	}
	return a
}

// Open lists the open incidents of the dry run.
func (d *DryRun) Open(context.Context) (Listing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := Listing{IDs: map[string]bool{}}
	for alias, id := range d.open {
		l.IDs[id] = true
		l.Ours = append(l.Ours, Listed{Tag: incident.AliasTag(alias), ID: id, CreatedAt: d.byID[id].shown.CreatedAt})
	}
	return l, nil
}
