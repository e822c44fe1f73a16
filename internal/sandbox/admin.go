// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// routes puts everything together. The routes under /_sandbox need no key; browsers may use them from this origin only.
func (s *Server) routes() http.Handler {
	admin := http.NewServeMux()
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /_sandbox/incidents":                   s.adminList,
		"POST /_sandbox/incidents":                  s.adminOtherTool,
		"GET /_sandbox/incidents/{id}":              s.adminGet,
		"PATCH /_sandbox/incidents/{id}":            s.adminEdit,
		"DELETE /_sandbox/incidents/{id}":           s.person(s.PersonDeletes),
		"POST /_sandbox/incidents/{id}/resolve":     s.person(s.PersonResolves),
		"POST /_sandbox/incidents/{id}/reopen":      s.person(s.PersonReopens),
		"POST /_sandbox/incidents/{id}/acknowledge": s.person(s.PersonAcknowledges),
		"GET /_sandbox/faults":                      func(w http.ResponseWriter, _ *http.Request) { s.adminData(w, s.Faults()) },
		"POST /_sandbox/faults":                     s.adminAddFault,
		"PUT /_sandbox/faults":                      s.adminPutFaults,
		"DELETE /_sandbox/faults":                   s.adminClearFaults,
		"DELETE /_sandbox/faults/{id}":              s.adminRemoveFault,
		"GET /_sandbox/switches":                    func(w http.ResponseWriter, _ *http.Request) { s.adminData(w, s.Switches()) },
		"PATCH /_sandbox/switches":                  s.adminSwitches,
		"PUT /_sandbox/keys":                        s.adminKeys,
		"PUT /_sandbox/services":                    s.adminServices,
		"GET /_sandbox/requests":                    func(w http.ResponseWriter, _ *http.Request) { s.adminData(w, s.Requests()) },
		"GET /_sandbox/stats":                       func(w http.ResponseWriter, _ *http.Request) { s.adminData(w, s.Stats()) },
		"GET /_sandbox/events":                      s.serveEvents,
		"POST /_sandbox/reset": func(w http.ResponseWriter, _ *http.Request) {
			s.Reset()
			w.WriteHeader(http.StatusNoContent)
		},
	} {
		admin.HandleFunc(pattern, handle)
	}
	root := http.NewServeMux()
	root.HandleFunc("/api/", s.serveAPI)
	root.Handle("/_sandbox/", http.NewCrossOriginProtection().Handler(admin))
	root.HandleFunc("GET /incidents/{id}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/#"+url.PathEscape(r.PathValue("id")), http.StatusFound) // where Alert24's own pages show an incident
	})
	root.Handle("/", page())
	return root
}

// How many incidents adminList returns by default and at most.
const (
	adminLimit    = 1000
	adminMaxLimit = 10_000
)

// adminList shows incidents with their alias and history, newest first: ?alias= ?state=open|closed ?status= ?severity=
// ?limit= ?offset=.
func (s *Server) adminList(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	q := store.Query{
		Alias: v.Get("alias"), Status: v.Get("status"), Severity: v.Get("severity"),
		OnlyOpen: v.Get("state") == "open", OnlyClosed: v.Get("state") == "closed",
		Limit: min(max(1, number(v.Get("limit"), adminLimit)), adminMaxLimit), Offset: max(0, number(v.Get("offset"), 0)),
	}
	if err := q.Check(byHand()); err != nil {
		s.adminError(w, http.StatusBadRequest, err)
		return
	}
	s.mu.Lock()
	page, total := s.store.List(q)
	for n := range page {
		if full, err := s.store.Full(page[n].ID); err == nil {
			page[n] = *full
		}
	}
	s.mu.Unlock()
	s.adminWrite(w, encode(listEnvelope{page, listMeta{
		Total: total, Limit: q.Limit, Offset: q.Offset, HasMore: q.Offset+len(page) < total,
	}}))
}

func (s *Server) adminGet(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	i, err := s.store.Full(r.PathValue("id"))
	s.mu.Unlock()
	if err != nil {
		s.adminError(w, http.StatusNotFound, err)
		return
	}
	s.adminData(w, i)
}

// adminEdit changes an incident as a person: a body as the API's update takes it.
func (s *Server) adminEdit(w http.ResponseWriter, r *http.Request) {
	body, ok := s.adminBody(w, r)
	if !ok {
		return
	}
	p, err := store.Decode(body).ForUpdate(byHand())
	if err != nil {
		s.adminError(w, http.StatusBadRequest, err)
		return
	}
	s.person(func(id string) error { return s.PersonEdits(id, p) })(w, r)
}

// adminOtherTool creates an incident as another tool: a body as the API's create takes it.
func (s *Server) adminOtherTool(w http.ResponseWriter, r *http.Request) {
	body, ok := s.adminBody(w, r)
	if !ok {
		return
	}
	p, err := store.Decode(body).ForCreate(byHand())
	if err == nil {
		var i *Incident
		if i, err = s.OtherToolCreates(p); err == nil {
			s.adminData(w, i)
			return
		}
	}
	s.adminError(w, http.StatusBadRequest, err)
}

// person serves an action of a person on the incident in the path, and shows what became of it.
func (s *Server) person(act func(id string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := act(r.PathValue("id")); err != nil {
			s.adminError(w, http.StatusBadRequest, err)
			return
		}
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		s.adminGet(w, r)
	}
}

// adminAddFault appends one fault.
func (s *Server) adminAddFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !s.adminDecode(w, r, &f) {
		return
	}
	if _, err := s.AddFault(f); err != nil {
		s.adminError(w, http.StatusBadRequest, err)
		return
	}
	s.adminData(w, s.Faults())
}

// adminPutFaults replaces the list, or leaves it as it was if one of the new faults is wrong.
func (s *Server) adminPutFaults(w http.ResponseWriter, r *http.Request) {
	var list []Fault
	if !s.adminDecode(w, r, &list) {
		return
	}
	if err := s.SetFaults(list); err != nil {
		s.adminError(w, http.StatusBadRequest, err)
		return
	}
	s.adminData(w, s.Faults())
}

func (s *Server) adminClearFaults(w http.ResponseWriter, _ *http.Request) {
	s.ClearFaults()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) adminRemoveFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.RemoveFault(id) {
		s.adminError(w, http.StatusNotFound, fmt.Errorf("there is no fault %q", r.PathValue("id")))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) adminSwitches(w http.ResponseWriter, r *http.Request) {
	body, ok := s.adminBody(w, r)
	if !ok {
		return
	}
	var bad error
	err := s.SetSwitches(func(sw *Switches) { bad = sw.Patch(body) })
	if err = errors.Join(bad, err); err != nil {
		s.adminError(w, http.StatusBadRequest, err)
		return
	}
	s.adminData(w, s.Switches())
}

// adminKeys replaces the accepted keys: an object of lists of scopes, or null for any key.
func (s *Server) adminKeys(w http.ResponseWriter, r *http.Request) {
	var keys map[string][]string
	if s.adminDecode(w, r, &keys) {
		s.SetKeys(keys)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) adminBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.options.MaxBody))
	if err != nil {
		s.adminError(w, http.StatusRequestEntityTooLarge, err)
		return nil, false
	}
	return body, true
}

func (s *Server) adminDecode(w http.ResponseWriter, r *http.Request, to any) bool {
	body, ok := s.adminBody(w, r)
	if !ok {
		return false
	}
	if err := json.Unmarshal(body, to, store.JSON, json.RejectUnknownMembers(true)); err != nil {
		s.adminError(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func (s *Server) adminData(w http.ResponseWriter, data any) {
	s.adminWrite(w, encode(dataEnvelope{data}))
}

func (s *Server) adminWrite(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // a client that has gone is not an error here
}

// adminError answers with the status of an API error, or else with the given one.
func (s *Server) adminError(w http.ResponseWriter, status int, err error) {
	if e, ok := errors.AsType[*store.APIError](err); ok {
		status = e.Status
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(errorBody(status, err.Error()))
}
