// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package statuspage serves the bridge's page and its JSON API over HTTP, read-only. A [Source] provides the content; package
// status has the types. The page uses the same API as a script. Start reading at New.
package statuspage

import (
	"context"
	"embed"
	"net/http"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/web"
)

// Source provides the content of the page. Its methods are safe for concurrent use.
type Source interface {
	// Revision changes when Table or the notices of Overview change. It is cheap.
	Revision(ctx context.Context) string
	// Overview leaves Now, Revision and Counts to the caller.
	Overview(ctx context.Context) status.Overview
	// Table builds a new table.
	Table(ctx context.Context) (*status.Table, error)
	// Explain returns what is known about a subject.
	Explain(ctx context.Context, s status.Subject) (status.Explanation, error)
	// Idle tells the source that no request has come for a while: it can release the memory that Table keeps.
	Idle()
}

// Options of the page.
type Options struct {
	// AnyHost answers requests for any host. Without it, only requests for this machine's own names are answered. So a foreign web
	// page cannot read, from a browser on this machine, what only this machine may see.
	AnyHost bool
	// Now is the clock.
	Now func() time.Time
}

// maxRequests bounds simultaneous requests. An answer takes milliseconds.
const maxRequests = 16

//go:embed web
var files embed.FS

// New returns the handler of the page and of the API.
func New(source Source, o Options) http.Handler {
	a := &api{source: source, now: o.Now, tables: tables{source: source, now: o.Now}}
	mux := http.NewServeMux()
	mux.HandleFunc(status.PathOverview, a.overview)
	mux.HandleFunc(status.PathAliases, a.aliases)
	mux.HandleFunc(status.PathExplain, a.explain)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "there is no such path in the API")
	})
	mux.Handle("/", web.Page(files))
	return &handler{next: mux, anyHost: o.AnyHost, places: make(chan struct{}, maxRequests)}
}

// handler checks every request.
type handler struct {
	next    http.Handler
	anyHost bool
	places  chan struct{}
}

// ServeHTTP refuses requests for other hosts, and requests that would change something.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	web.SetHeaders(header)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		problem(w, http.StatusMethodNotAllowed, "the status page only reads: use GET")
		return
	case !h.anyHost && !web.ForThisMachine(r):
		problem(w, http.StatusForbidden, "the status page listens on this machine only and is asked for under another name: use localhost, or set status::auth")
		return
	}
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
		h.next.ServeHTTP(w, r)
	default:
		header.Set("Retry-After", "1")
		problem(w, http.StatusServiceUnavailable, "too many requests at once: try again")
	}
}

const (
	// tableAge is the minimum time for which a table is used.
	tableAge = 200 * time.Millisecond
	// tableKept is how long an unused table is kept.
	tableKept = time.Minute
	// tableShare bounds the time spent on building tables to about 1/tableShare.
	tableShare = 10
)

// tables builds a table on request if something has changed, and not too often. All requests share it.
type tables struct {
	source Source
	now    func() time.Time

	mu       sync.Mutex
	table    *status.Table
	revision string
	at       time.Time // when it was made
	took     time.Duration
	idle     *time.Timer
}

// get returns the table and its revision.
func (t *tables) get(ctx context.Context) (*status.Table, string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idle == nil {
		t.idle = time.AfterFunc(tableKept, t.drop)
	}
	t.idle.Reset(tableKept)
	began := t.now()
	if t.table != nil && began.Sub(t.at) < max(tableAge, tableShare*t.took) {
		return t.table, t.revision, nil
	}
	revision := t.source.Revision(ctx) // before the table: a change meanwhile shows in the next one
	if t.table != nil && revision == t.revision {
		return t.table, t.revision, nil
	}
	table, err := t.source.Table(ctx)
	if err != nil {
		return nil, revision, err
	}
	t.table, t.revision, t.at = table, revision, t.now()
	t.took = t.at.Sub(began)
	return t.table, t.revision, nil
}

// drop forgets the table: it is as large as the ledger.
func (t *tables) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.table = nil
	t.source.Idle()
}
