// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/web"
)

// route answers a request with data, with 204 if data is nil, or with an error.
type route func(r *http.Request) (data any, err error)

// routes puts everything together. The routes under /_sandbox need no key; browsers may use them from this origin only, which
// must have a name of this machine.
func (s *Server) routes() http.Handler {
	admin := http.NewServeMux()
	for pattern, answer := range map[string]route{
		"GET /_sandbox/incidents":                   s.adminList,
		"POST /_sandbox/incidents":                  reading(s.adminOtherTool),
		"GET /_sandbox/incidents/{id}":              s.adminGet,
		"PATCH /_sandbox/incidents/{id}":            reading(s.adminEdit),
		"DELETE /_sandbox/incidents/{id}":           s.person(s.PersonDeletes),
		"POST /_sandbox/incidents/{id}/resolve":     s.person(s.PersonResolves),
		"POST /_sandbox/incidents/{id}/reopen":      s.person(s.PersonReopens),
		"POST /_sandbox/incidents/{id}/acknowledge": s.person(s.PersonAcknowledges),
		"GET /_sandbox/faults":                      func(*http.Request) (any, error) { return s.Faults(), nil },
		"POST /_sandbox/faults":                     taking(func(f Fault) (any, error) { _, err := s.AddFault(f); return s.Faults(), err }),
		"PUT /_sandbox/faults":                      taking(func(list []Fault) (any, error) { err := s.SetFaults(list); return s.Faults(), err }),
		"DELETE /_sandbox/faults":                   func(*http.Request) (any, error) { s.ClearFaults(); return nil, nil },
		"DELETE /_sandbox/faults/{id}":              s.adminRemoveFault,
		"GET /_sandbox/switches":                    func(*http.Request) (any, error) { return s.Switches(), nil },
		"PATCH /_sandbox/switches":                  reading(s.adminSwitches),
		"PUT /_sandbox/keys":                        taking(func(keys map[string][]string) (any, error) { s.SetKeys(keys); return nil, nil }), // null: any key
		"PUT /_sandbox/services":                    taking(func(list []Service) (any, error) { s.SetServices(list...); return nil, nil }),
		"GET /_sandbox/requests":                    func(*http.Request) (any, error) { return s.Requests(), nil },
		"GET /_sandbox/stats":                       func(*http.Request) (any, error) { return s.Stats(), nil },
		"POST /_sandbox/reset":                      func(*http.Request) (any, error) { s.Reset(); return nil, nil },
	} {
		admin.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, s.options.MaxBody)
			data, err := answer(r)
			s.adminAnswer(w, data, err)
		})
	}
	admin.HandleFunc("GET /_sandbox/events", s.serveEvents)
	root := http.NewServeMux()
	root.HandleFunc("/api/", s.serveAPI)
	root.HandleFunc("/_sandbox/", s.serveAdmin(http.NewCrossOriginProtection().Handler(admin)))
	root.HandleFunc("GET /incidents/{id}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/#"+url.PathEscape(r.PathValue("id")), http.StatusFound) // where Alert24's own pages show an incident
	})
	root.Handle("/", page())
	return root
}

// serveAdmin refuses requests for other hosts, unless any host is allowed.
func (s *Server) serveAdmin(admin http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.options.AnyHost && !web.ForThisMachine(r) {
			s.adminAnswer(w, nil, &store.APIError{
				Message: "the sandbox listens on this machine only and is asked for under another name: use localhost", Status: http.StatusForbidden,
			})
			return
		}
		admin.ServeHTTP(w, r)
	}
}

// adminAnswer writes the answer of a route. An error is a 400 unless it has its own status.
func (s *Server) adminAnswer(w http.ResponseWriter, data any, err error) {
	status := http.StatusOK
	var body []byte
	switch list, isList := data.(listEnvelope); {
	case err != nil:
		status = http.StatusBadRequest
		if e, ok := errors.AsType[*store.APIError](err); ok {
			status = e.Status
		} else if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			status = http.StatusRequestEntityTooLarge
		}
		body = errorBody(status, err.Error())
	case data == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	case isList:
		body = encode(list)
	default:
		body = encode(dataEnvelope{data})
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // it is not an error if the client is gone
}

// How many incidents adminList returns by default and at most.
const (
	adminLimit    = 1000
	adminMaxLimit = 10_000
)

// adminList shows incidents with their alias and history, newest first: ?alias= ?state=open|closed ?status= ?severity=
// ?limit= ?offset=.
func (s *Server) adminList(r *http.Request) (any, error) {
	v := r.URL.Query()
	q := store.Query{
		Alias: v.Get("alias"), Status: v.Get("status"), Severity: v.Get("severity"),
		OnlyOpen: v.Get("state") == "open", OnlyClosed: v.Get("state") == "closed",
		Limit: min(max(1, number(v.Get("limit"), adminLimit)), adminMaxLimit), Offset: max(0, number(v.Get("offset"), 0)),
	}
	if err := q.Check(byHand()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	page, total := s.store.List(q)
	for n := range page {
		if full, err := s.store.Full(page[n].ID); err == nil {
			page[n] = *full
		}
	}
	return listEnvelope{page, listMeta{Total: total, Limit: q.Limit, Offset: q.Offset, HasMore: q.Offset+len(page) < total}}, nil
}

func (s *Server) adminGet(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.Full(r.PathValue("id"))
}

// adminEdit changes an incident as a person. The body is the same as for the API's update.
func (s *Server) adminEdit(r *http.Request, body []byte) (any, error) {
	p, err := store.Decode(body).ForUpdate(byHand())
	if err != nil {
		return nil, err
	}
	return s.person(func(id string) error { return s.PersonEdits(id, p) })(r)
}

// adminOtherTool creates an incident as another tool. The body is the same as for the API's create.
func (s *Server) adminOtherTool(_ *http.Request, body []byte) (any, error) {
	p, err := store.Decode(body).ForCreate(byHand())
	if err != nil {
		return nil, err
	}
	return s.OtherToolCreates(p)
}

// person serves a person's action on the incident in the path, and shows the result.
func (s *Server) person(act func(id string) error) route {
	return func(r *http.Request) (any, error) {
		if err := act(r.PathValue("id")); err != nil || r.Method == http.MethodDelete {
			return nil, err
		}
		return s.adminGet(r)
	}
}

func (s *Server) adminRemoveFault(r *http.Request) (any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.RemoveFault(id) {
		return nil, &store.APIError{Message: fmt.Sprintf("there is no fault %q", r.PathValue("id")), Status: http.StatusNotFound}
	}
	return nil, nil
}

func (s *Server) adminSwitches(_ *http.Request, body []byte) (any, error) {
	var bad error
	err := s.SetSwitches(func(sw *Switches) { bad = sw.Patch(body) })
	return s.Switches(), errors.Join(bad, err)
}

// reading serves a route that reads its body itself.
func reading(use func(r *http.Request, body []byte) (any, error)) route {
	return func(r *http.Request) (any, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		return use(r, body)
	}
}

// taking serves a route whose body is a T.
func taking[T any](use func(T) (any, error)) route {
	return func(r *http.Request) (any, error) {
		var body T
		if err := json.UnmarshalRead(r.Body, &body, store.JSON, json.RejectUnknownMembers(true)); err != nil {
			return nil, err
		}
		return use(body)
	}
}

//go:embed web
var files embed.FS

func page() http.Handler {
	serve := web.Page(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			// A client with a wrong base URL.
			http.Error(w, "404 page not found: the API is at "+BasePath, http.StatusNotFound)
			return
		}
		web.SetHeaders(w.Header())
		serve.ServeHTTP(w, r)
	})
}
