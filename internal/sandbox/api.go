// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// call is a request to the API without its HTTP: it can be carried out now, late, or not at all.
type call struct {
	id            string // X-Request-Id
	method        string
	path          string
	query         url.Values
	authorization string
	body          []byte
	decoded       *store.Body
}

// answer is the API's answer to a call.
type answer struct {
	status int
	allow  string
	body   []byte
	html   bool
}

const incidentsPath = BasePath + "/incidents"

// incidentID is the id in the path; empty for the collection.
func (c *call) incidentID() string {
	id, _ := strings.CutPrefix(c.path, incidentsPath)
	return strings.TrimPrefix(id, "/")
}

// methods returns what the methods of the call's path do; nil if the path is none of the API's.
func (s *Server) methods(c *call) map[string]func(*call) answer {
	id := c.incidentID()
	switch {
	case c.path == servicesPath:
		return map[string]func(*call) answer{http.MethodGet: s.listServices}
	case c.path == incidentsPath:
		return map[string]func(*call) answer{http.MethodGet: s.list, http.MethodPost: s.create}
	case strings.HasPrefix(c.path, incidentsPath+"/") && id != "" && !strings.Contains(id, "/"):
		return map[string]func(*call) answer{http.MethodGet: s.get, http.MethodPut: s.update}
	default:
		return nil
	}
}

// execute carries out a call. It checks 401 before 403 before 400.
func (s *Server) execute(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.executeLocked(c)
}

func (s *Server) executeLocked(c *call) answer {
	a := s.dispatch(c)
	s.stats.Answers[a.status]++
	return a
}

func (s *Server) dispatch(c *call) answer {
	methods := s.methods(c)
	if methods == nil {
		return answer{status: http.StatusNotFound, body: []byte(notFoundPage), html: true}
	}
	do := methods[c.method]
	if do == nil {
		return answer{status: http.StatusMethodNotAllowed, allow: strings.Join(slices.Sorted(maps.Keys(methods)), ", ")}
	}
	if err := s.authorize(c); err != nil {
		return refusal(err)
	}
	return do(c)
}

func (s *Server) get(c *call) answer {
	i, err := s.store.Get(c.incidentID())
	if err != nil {
		return refusal(err)
	}
	return answer{status: http.StatusOK, body: single(i, &s.switches, s.switches.Envelope, store.Absent)}
}

// scopes returns what the key of a call may do. accepted is false for an unknown key.
func (s *Server) scopes(c *call) (key string, scopes []string, accepted bool) {
	key, isBearer := strings.CutPrefix(c.authorization, "Bearer ")
	scopes, accepted = s.keys[key]
	if s.keys == nil && strings.HasPrefix(key, "ak_") {
		scopes, accepted = []string{"read", "write"}, true
	}
	return key, scopes, isBearer && accepted
}

func (s *Server) authorize(c *call) error {
	_, scopes, accepted := s.scopes(c)
	if !accepted {
		return &store.APIError{
			Type: store.AuthenticationError, Message: "Invalid or missing API key. Provide a valid Bearer token.", Status: http.StatusUnauthorized,
		}
	}
	scope := "write"
	allowed := slices.Contains(scopes, "write")
	switch c.method {
	case http.MethodGet:
		scope = "read"
		allowed = allowed || slices.Contains(scopes, "read")
	case http.MethodPost:
		allowed = allowed || (s.switches.IncidentsScope && slices.Contains(scopes, "incidents"))
	}
	if !allowed {
		return &store.APIError{
			Type: store.AuthorizationError, Message: "API key missing required scope: " + scope, Status: http.StatusForbidden,
		}
	}
	return nil
}

func (s *Server) create(c *call) answer {
	sw := s.switches
	p, err := c.decoded.ForCreate(&sw)
	if err != nil {
		return refusal(err)
	}
	match := s.store.Find(&sw, c.decoded.Alias())
	if sw.NonAtomicCreate > 0 && c.decoded.Alias() != "" {
		s.mu.Unlock()
		s.sleep(sw.NonAtomicCreate)
		s.mu.Lock()
	}
	r, err := s.store.Post(s.options.Now(), &sw, store.Cause{By: store.ByAPI, Request: c.id}, p, match)
	if err != nil {
		return refusal(err)
	}
	s.written(r)
	envelope, flag := sw.Envelope, store.Absent
	if r.Incident != nil && r.Kind != store.Created && sw.AliasHitEnvelope != store.Same {
		envelope = sw.AliasHitEnvelope
	}
	if r.Kind == store.Duplicate {
		flag = sw.DeduplicatedIn
	}
	return answer{status: r.Status, body: single(r.Incident, &sw, envelope, flag)}
}

func (s *Server) update(c *call) answer {
	p, err := c.decoded.ForUpdate(&s.switches)
	if err != nil {
		return refusal(err)
	}
	r, err := s.store.Put(s.options.Now(), &s.switches, store.Cause{By: store.ByAPI, Request: c.id}, c.incidentID(), p)
	if err != nil {
		return refusal(err)
	}
	s.written(r)
	switch s.switches.PutAnswer {
	case store.Success:
		return answer{status: http.StatusOK, body: []byte(`{"success":true}`)}
	case store.NoContent:
		return answer{status: http.StatusNoContent}
	default:
		return answer{status: r.Status, body: single(r.Incident, &s.switches, s.switches.Envelope, store.Absent)}
	}
}

// written reports to the pages and the counts what the API did.
func (s *Server) written(r store.Result) {
	if r.Kind != "" {
		s.stats.Writes[string(r.Kind)]++
		s.changed(r)
	}
}

// changed reports the change to the open pages and counts who would be paged. It makes no difference who changed the incident.
func (s *Server) changed(r store.Result) {
	for _, channel := range r.WouldPage {
		s.stats.Pages[channel]++
	}
	s.hub.changed(r.Incident.ID)
}

const (
	defaultLimit = 25
	maxLimit     = 100
)

// paging returns which rows of a list are requested.
func (c *call) paging() (limit, offset int) {
	limit = number(c.query.Get("limit"), defaultLimit)
	if limit <= 0 {
		limit = defaultLimit
	}
	return min(limit, maxLimit), max(0, number(c.query.Get("offset"), 0))
}

func (s *Server) list(c *call) answer {
	q := store.Query{Status: c.query.Get("status"), Severity: c.query.Get("severity")}
	q.Limit, q.Offset = c.paging()
	if s.switches.AliasFilter {
		q.Alias = c.query.Get("alias")
	}
	q.Order = s.switches.RowOrder
	if err := q.Check(&s.switches); err != nil {
		return refusal(err)
	}
	page, total := s.store.List(q)
	data := make([]*wireIncident, len(page))
	for n := range page {
		data[n] = toRow(&page[n], &s.switches)
	}
	return answer{status: http.StatusOK, body: encode(listEnvelope{
		data, listMeta{Total: total, Limit: q.Limit, Offset: q.Offset, HasMore: q.Offset+len(page) < total},
	})}
}

func number(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return otherwise
	}
	return n
}

func refusal(err error) answer {
	e, ok := errors.AsType[*store.APIError](err)
	if !ok {
		e = &store.APIError{Type: store.ServerError, Message: err.Error(), Status: http.StatusInternalServerError}
	}
	return answer{status: e.Status, body: encode(errorEnvelope{*e})}
}

// describe returns what rules of faults see of a call. Faults come before any check.
func (s *Server) describe(c *call) fault.Request {
	r := fault.Request{Method: c.method, Path: c.path, Field: c.decoded.Field}
	id := c.incidentID()
	switch {
	case c.path == servicesPath: // none of the operations
	case c.method == http.MethodGet && id == "":
		r.Operation, r.Alias = fault.List, c.query.Get("alias")
	case c.method == http.MethodGet:
		r.Operation = fault.Get
	case c.decoded.Closes():
		r.Operation = fault.Resolve
	case c.method == http.MethodPost:
		r.Operation = fault.Create
	case c.method == http.MethodPut:
		r.Operation = fault.Update
	}
	if id != "" {
		s.mu.Lock()
		if i, err := s.store.Get(id); err == nil {
			r.Alias = i.Alias
		}
		s.mu.Unlock()
	} else if c.method == http.MethodPost {
		r.Alias = c.decoded.Alias()
	}
	return r
}

// later carries out a call after a while, unless the sandbox is closed or reset first.
func (s *Server) later(c *call, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending >= maxPending || s.running.Err() != nil {
		return
	}
	s.pending++
	life := s.life
	s.wait.Go(func() {
		over := !s.sleep(after)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pending--
		if over || life != s.life {
			return
		}
		s.stats.LateCommits++
		s.executeLocked(c)
	})
}
