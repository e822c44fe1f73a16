// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	rtt     = 20 * time.Millisecond
	timeout = 10 * time.Second
)

// fate is what happens to a request instead of its being carried out.
type fate struct {
	hang       bool // until the timeout
	result     protocol.Result
	status     int
	retryAfter time.Duration
	commit     bool   // it is carried out nevertheless
	api        bool   // in the API's own envelope
	met        string // the id of another tool's incident
}

var (
	hangs     = &fate{hang: true, result: protocol.Unanswered}
	fails     = &fate{result: protocol.Unanswered, status: http.StatusInternalServerError}
	refuses   = &fate{result: protocol.Refused, status: http.StatusBadRequest}
	forbidden = &fate{result: protocol.Denied, status: http.StatusForbidden}
	denied    = &fate{result: protocol.Denied, status: http.StatusUnauthorized}
	isGone    = &fate{result: protocol.Gone, status: http.StatusNotFound}
)

// Names of the fake's operations in its log.
const (
	opCreate = "create"
	opRead   = "read"
	opUpdate = "update"
	opClose  = "close"
	opReopen = "reopen"
	opList   = "list" // the newest page
	opDeep   = "deep" // the list, in depth
	opOpen   = "open"
)

// request is a request that reached the API.
type request struct {
	op, alias string
	at        time.Time
	fields    protocol.FieldSet
	ended     time.Time // of a close
	short     bool
	questions int
}

// row is an incident of the fake.
type row struct {
	protocol.Shown
	alias string
}

// fakeManager is an incident manager in memory. All its requests pass the gate.
type fakeManager struct {
	gate *Gate

	mu       sync.Mutex
	rows     []*row
	log      []request
	fates    func(op, alias string) *fate
	inFlight int
	most     int // highest number of concurrent requests
}

func (m *fakeManager) fate(f func(op, alias string) *fate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fates = f
}

// always gives every request of op for the alias the fate; "" matches any.
func always(op, alias string, f *fate) func(string, string) *fate {
	return func(o, a string) *fate {
		if (op == "" || op == o) && (alias == "" || alias == a) {
			return f
		}
		return nil
	}
}

// send makes one request. It calls do while it holds the lock.
func (m *fakeManager) send(ctx context.Context, kind protocol.Kind, q request, do func() protocol.Answer) (protocol.Answer, error) {
	leave, err := m.gate.Enter(ctx, kind)
	if err != nil {
		return protocol.Answer{Result: protocol.NotSent}, err
	}
	f := m.begin(&q)
	wait := rtt
	if f != nil && f.hang {
		wait = timeout
	}
	answered := sleep.For(ctx, wait)
	m.mu.Lock()
	m.inFlight--
	var a protocol.Answer
	if f == nil || f.commit {
		a = do()
	}
	m.mu.Unlock()
	switch {
	case !answered:
		a, err = protocol.Answer{Result: protocol.Unanswered}, ctx.Err()
	case f != nil:
		a = protocol.Answer{Result: f.result, RetryAfter: f.retryAfter, Incident: protocol.Shown{ID: f.met}}
		of := f.result
		if kind == protocol.Lookup && of == protocol.Unanswered {
			of = protocol.Incomplete
		}
		err = &alert24.Error{Op: q.op, Result: of, Status: f.status, FromAPI: f.api, RetryAfter: f.retryAfter}
	}
	pause := a.RetryAfter
	if f != nil && f.status == http.StatusTooManyRequests && pause == 0 {
		pause = -1 // as the client does
	}
	leave(a.Result, pause)
	return a, err
}

func (m *fakeManager) begin(q *request) *fate {
	m.mu.Lock()
	defer m.mu.Unlock()
	q.at = time.Now()
	m.log = append(m.log, *q)
	m.inFlight++
	m.most = max(m.most, m.inFlight)
	if m.fates == nil {
		return nil
	}
	return m.fates(q.op, q.alias)
}

func (m *fakeManager) find(id string) *row {
	if i := slices.IndexFunc(m.rows, func(r *row) bool { return r.ID == id }); i >= 0 {
		return m.rows[i]
	}
	return &row{}
}

// known answers for the incident with this id.
func (m *fakeManager) known(id string, change func(*row)) protocol.Answer {
	r := m.find(id)
	if r.ID == "" {
		return protocol.Answer{Result: protocol.Gone}
	}
	change(r)
	return protocol.Answer{Result: protocol.Done, Incident: r.Shown}
}

func (m *fakeManager) Create(ctx context.Context, d alert24.Draft) (protocol.Answer, error) {
	return m.send(ctx, protocol.Create, request{op: opCreate, alias: d.Alias, short: d.Short}, func() protocol.Answer {
		for _, r := range m.rows {
			if r.alias == d.Alias && r.Open {
				return protocol.Answer{Result: protocol.Done, Incident: r.Shown, Met: true}
			}
		}
		r := m.add(d.Alias)
		sent := protocol.Of(&d.Content)
		if d.Short {
			sent.Sent[incident.FieldDescription] = incident.HashText(incident.AliasLine(d.Alias))
		}
		r.Fields = sent.Sent
		return protocol.Answer{Result: protocol.Done, Incident: r.Shown, Sent: sent}
	})
}

// add creates an open incident.
func (m *fakeManager) add(alias string) *row {
	n := len(m.rows) + 1
	r := &row{alias: alias, Shown: protocol.Shown{
		ID: fmt.Sprint("id-", n), Number: int64(n), Seen: true, Open: true, CreatedAt: time.Now(), StartedAt: time.Now(),
	}}
	m.rows = append(m.rows, r)
	return r
}

func (m *fakeManager) Read(ctx context.Context, id string) (protocol.Answer, error) {
	return m.read(ctx, protocol.Update, id)
}

// read is one request, for an update or a lookup.
func (m *fakeManager) read(ctx context.Context, kind protocol.Kind, id string) (protocol.Answer, error) {
	return m.send(ctx, kind, request{op: opRead, alias: m.aliasOf(id)}, func() protocol.Answer {
		return m.known(id, func(*row) {})
	})
}

func (m *fakeManager) Update(ctx context.Context, id string, d alert24.Draft, fields protocol.FieldSet) (protocol.Answer, error) {
	return m.send(ctx, protocol.Update, request{op: opUpdate, alias: d.Alias, fields: fields}, func() protocol.Answer {
		a := m.known(id, func(r *row) {
			for f, h := range d.Content.Hashes() {
				if fields.Has(incident.Field(f)) {
					r.Fields[f] = h
				}
			}
		})
		a.Wrote = fields
		return a
	})
}

func (m *fakeManager) Close(ctx context.Context, id string, at time.Time) (protocol.Answer, error) {
	return m.send(ctx, protocol.Close, request{op: opClose, alias: m.aliasOf(id), ended: at}, func() protocol.Answer {
		return m.known(id, func(r *row) { r.Open = false })
	})
}

func (m *fakeManager) Reopen(ctx context.Context, id string) (protocol.Answer, error) {
	return m.send(ctx, protocol.Reopen, request{op: opReopen, alias: m.aliasOf(id)}, func() protocol.Answer {
		return m.known(id, func(r *row) { r.Open = true })
	})
}

func (m *fakeManager) atOnce() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most
}

func (m *fakeManager) aliasOf(id string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(id).alias
}

// change changes the incident as a person would.
func (m *fakeManager) change(id string, f func(*row)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m.find(id))
}

// open returns the open incidents of an alias.
func (m *fakeManager) open(alias string) (open []protocol.Shown) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.alias == alias && r.Open {
			open = append(open, r.Shown)
		}
	}
	return open
}

// requests returns the logged requests of an operation and an alias; "" matches any.
func (m *fakeManager) requests(op, alias string) (found []request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range m.log {
		if (op == "" || q.op == op) && (alias == "" || q.alias == alias) {
			found = append(found, q)
		}
	}
	return found
}
