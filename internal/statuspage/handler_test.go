// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/web"
)

// fake is a Source that a test fills.
type fake struct {
	mu       sync.Mutex
	revision int
	made     int // tables
	err      error
	rows     []status.Row
	closed   int
	since    time.Time
	overview status.Overview
	entries  map[string]status.Entry
	notices  []status.Notice
	idle     int
	hold     chan struct{} // Explain waits for it, if it is not nil
}

func (f *fake) change(do func(f *fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(f)
	f.revision++
}

func (f *fake) Revision(context.Context) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strconv.Itoa(f.revision)
}

func (f *fake) Overview(context.Context) status.Overview {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.overview
	o.Notices = f.notices
	return o
}

func (f *fake) Table(context.Context) (*status.Table, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	if f.err != nil {
		return nil, f.err
	}
	return status.NewTable(append([]status.Row{}, f.rows...), f.closed, f.since), nil
}

func (f *fake) Explain(ctx context.Context, s status.Subject) (status.Explanation, error) {
	if f.hold != nil {
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	e := status.Explanation{Entries: []status.Entry{}, Notices: []status.Notice{}}
	if found, there := f.entries[s.Alias]; there {
		e.Entries = append(e.Entries, found)
	}
	return e, ctx.Err()
}

func (f *fake) Idle() { f.change(func(f *fake) { f.idle++ }) }

// clock is a time that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var start = time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)

func newPage(f *fake, o Options) (http.Handler, *clock) {
	c := &clock{at: start}
	o.Now = c.now
	return New(f, o), c
}

func get(t *testing.T, h http.Handler, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost:9096"+path, http.NoBody)
	for _, do := range change {
		do(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func read[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), w.Body)
	return v
}

func TestAnswersHaveStrictHeaders(t *testing.T) {
	h, _ := newPage(&fake{}, Options{})
	for _, path := range []string{"/", "/app.js", "/style.css", "/api/v1/overview", "/api/v1/none", "/none"} {
		w := get(t, h, path)
		assert.Equal(t, web.Policy, w.Header().Get("Content-Security-Policy"), path)
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"), path)
	}
}

func TestOnlyReads(t *testing.T) {
	h, _ := newPage(&fake{}, Options{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		w := get(t, h, "/api/v1/overview", func(r *http.Request) { r.Method = method })
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
}

// A foreign page can make its own name point to this machine.
func TestOtherNamesOfThisMachineAreRefused(t *testing.T) {
	for host, want := range map[string]int{
		"localhost:9096": 200, "LOCALHOST": 200, "127.0.0.1:9096": 200, "[::1]:9096": 200, "127.8.8.8": 200,
		"evil.example.com:9096": 403, "localhost.evil.example.com": 403, "10.0.0.1:9096": 403, "": 403,
	} {
		h, _ := newPage(&fake{}, Options{})
		w := get(t, h, "/api/v1/overview", func(r *http.Request) { r.Host = host })
		assert.Equal(t, want, w.Code, host)
		h, _ = newPage(&fake{}, Options{AnyHost: true})
		assert.Equal(t, 200, get(t, h, "/api/v1/overview", func(r *http.Request) { r.Host = host }).Code, host)
	}
}

func TestOverviewHasCountsAndRevision(t *testing.T) {
	f := &fake{rows: []status.Row{{Alias: "a", Is: []status.Group{status.IsFiring}}}, closed: 3, overview: status.Overview{API: status.API{State: status.APIAnswers}}}
	h, _ := newPage(f, Options{})
	o := read[status.Overview](t, get(t, h, "/api/v1/overview"))
	assert.Equal(t, &status.Counts{Live: 1, Closed: 3, Firing: 1}, o.Counts)
	assert.Equal(t, "0", o.Revision)
	assert.Equal(t, status.APIAnswers, o.API.State)
	assert.Equal(t, start, o.Now)
}

func TestOverviewTellsThatTheTableCannotBeRead(t *testing.T) {
	h, _ := newPage(&fake{err: errors.New("the database is away"), overview: status.Overview{Storage: status.Storage{Up: true}}}, Options{})
	o := read[status.Overview](t, get(t, h, "/api/v1/overview"))
	assert.Equal(t, status.Storage{Error: "the database is away"}, o.Storage)
	assert.Nil(t, o.Counts)
	assert.Equal(t, status.StorageDown, o.Trouble[0].Kind)
	w := get(t, h, "/api/v1/aliases")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "the database is away", read[status.Problem](t, w).Error)
}

func TestAliasesAreSentOnceForEachRevision(t *testing.T) {
	f := &fake{rows: []status.Row{{Alias: "a"}}}
	h, c := newPage(f, Options{})
	first := get(t, h, "/api/v1/aliases")
	tag := first.Header().Get("ETag")
	assert.Len(t, read[status.Aliases](t, first).Rows, 1)
	again := func() int {
		return get(t, h, "/api/v1/aliases", func(r *http.Request) { r.Header.Set("If-None-Match", tag) }).Code
	}
	c.forward(time.Hour)
	assert.Equal(t, http.StatusNotModified, again())
	assert.Equal(t, 1, f.made)
	proxied := get(t, h, "/api/v1/aliases", func(r *http.Request) { r.Header.Set("If-None-Match", `"0", W/`+tag) })
	assert.Equal(t, http.StatusNotModified, proxied.Code)
	f.change(func(f *fake) { f.rows = append(f.rows, status.Row{Alias: "b"}) })
	c.forward(tableAge)
	assert.Equal(t, http.StatusOK, again())
	assert.Equal(t, 2, f.made)
}

func TestTablesAreNotMadeAllTheTime(t *testing.T) {
	f := &fake{}
	h, c := newPage(f, Options{})
	for range 10 {
		get(t, h, "/api/v1/aliases")
		f.change(func(*fake) {})
		c.forward(tableAge / 4)
	}
	assert.Equal(t, 3, f.made)
}

func TestTableIsForgotten(t *testing.T) {
	f := &fake{}
	tables := tables{source: f, now: time.Now}
	_, _, err := tables.get(t.Context())
	require.NoError(t, err)
	tables.idle.Stop()
	tables.drop()
	assert.Nil(t, tables.table)
	assert.Equal(t, 1, f.idle)
}

func TestBadQuestionsAreRefused(t *testing.T) {
	h, _ := newPage(&fake{}, Options{})
	for path, want := range map[string]string{
		"/api/v1/aliases?limit=0":           "limit must be from 1 to 1000",
		"/api/v1/aliases?limit=x":           "limit must be from 1 to 1000",
		"/api/v1/aliases?offset=-1":         "offset must not be below 0",
		"/api/v1/aliases?sort=x":            "sort must be",
		"/api/v1/aliases?order=descending":  `order must be asc or desc, not "descending"`,
		"/api/v1/explain":                   "give either alias, or label",
		"/api/v1/explain?alias=a&label=b=c": "give either alias, or label",
		"/api/v1/explain?label=b":           "label must be name=value",
	} {
		w := get(t, h, path)
		assert.Equal(t, http.StatusBadRequest, w.Code, path)
		assert.Contains(t, read[status.Problem](t, w).Error, want, path)
	}
	assert.Equal(t, http.StatusNotFound, get(t, h, "/api/v2/overview").Code)
}

// Whatever an alert says, an answer holds no markup.
func TestAnswersHoldNoMarkup(t *testing.T) {
	f := &fake{rows: []status.Row{{Alias: "a", Title: "</script><script>alert(1)</script>\xff"}}}
	h, _ := newPage(f, Options{})
	w := get(t, h, "/api/v1/aliases")
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	assert.NotContains(t, w.Body.String(), "<")
	assert.Contains(t, read[status.Aliases](t, w).Rows[0].Title, "</script><script>alert(1)</script>")
}

func TestRequestsAtOnceAreBounded(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	h, _ := newPage(f, Options{})
	var waiting sync.WaitGroup
	began := make(chan struct{}, maxRequests)
	for range maxRequests {
		waiting.Go(func() {
			began <- struct{}{}
			get(t, h, "/api/v1/explain?alias=a")
		})
	}
	for range maxRequests {
		<-began
	}
	assert.Eventually(t, func() bool { return len(h.(*handler).places) == maxRequests }, 10*time.Second, time.Millisecond)
	w := get(t, h, "/api/v1/explain?alias=a")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	close(f.hold)
	waiting.Wait()
}

func TestExplanationBeginsWithTheTroubleOfTheBridge(t *testing.T) {
	h, _ := newPage(&fake{overview: status.Overview{Storage: status.Storage{Error: "full"}, Webhooks: status.Webhooks{AlertsReceived: true}}}, Options{})
	e := read[status.Explanation](t, get(t, h, "/api/v1/explain?alias=a"))
	require.Len(t, e.Trouble, 1)
	assert.Equal(t, status.StorageDown, e.Trouble[0].Kind)
	assert.Contains(t, e.Trouble[0].Text, "cannot be written: full")
}
