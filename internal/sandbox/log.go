// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"time"
)

// Request is one entry of the log of API requests. It never contains the API key.
type Request struct {
	ID          string    `json:"request_id"`
	Time        time.Time `json:"time"`
	Method      string    `json:"method"`
	Path        string    `json:"path"` // with the query
	ContentType string    `json:"content_type,omitempty"`
	UserAgent   string    `json:"user_agent,omitempty"`
	// Body is cut to 4 KiB.
	Body string `json:"body,omitempty"`
	// Status of the answer; 0 until there is one, and forever if the connection was dropped.
	Status int `json:"status"`
	// Fault is the name or number of the rule that applied.
	Fault string `json:"fault,omitempty"`
}

const maxLoggedBody = 4 << 10

func (s *Server) logRequest(r *http.Request, c *call) *Request {
	entry := &Request{
		ID: c.id, Time: s.options.Now(), Method: c.method, Path: r.URL.RequestURI(),
		ContentType: r.Header.Get("Content-Type"), UserAgent: r.UserAgent(), Body: string(c.body[:min(len(c.body), maxLoggedBody)]),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, entry)
	s.log = s.log[max(0, len(s.log)-s.options.MaxRequests):]
	return entry
}

func (s *Server) logAnswer(entry *Request, status int, fault string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry.Status, entry.Fault = status, fault
}

// Requests is the log, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Request, len(s.log))
	for i, entry := range s.log {
		all[i] = *entry
	}
	return all
}

// Stats counts since the start or the last reset.
type Stats struct {
	// Requests by operation: create, update, resolve, get, list; empty for any other.
	Requests map[string]int `json:"requests"`
	// Answers of the API by status, without faults. A call that was carried out counts even if its answer was lost.
	Answers map[int]int `json:"answers"`
	// Writes by their effect on an incident: created, updated, resolved, reopened, duplicate.
	Writes map[string]int `json:"writes"`
	// ByPeople counts changes by people, with the same words and "deleted".
	ByPeople map[string]int `json:"by_people"`
	// ByOtherTools counts incidents created by other tools.
	ByOtherTools int `json:"by_other_tools"`
	// Pages is how often people would have been paged, by channel: email, sms, call.
	Pages map[string]int `json:"pages"`
	// Refused counts the Answers with status 400 and above.
	Refused int `json:"refused"`
	// Faults counts the requests affected by a fault.
	Faults int `json:"faults"`
	// LateCommits were carried out after their answer. PendingCommits are still waiting.
	LateCommits    int `json:"late_commits"`
	PendingCommits int `json:"pending_commits"`
	// Incidents is the number of incidents held now, Open how many of them are open.
	Incidents int `json:"incidents"`
	Open      int `json:"open"`
}

// Duplicates counts creates that met an open incident and left it unchanged.
func (s Stats) Duplicates() int { return s.Writes["duplicate"] }

// Creates counts the incidents that the API created.
func (s Stats) Creates() int { return s.Writes["created"] }

// Updates counts the API's writes to an incident that neither opened nor closed it.
func (s Stats) Updates() int { return s.Writes["updated"] }

// Resolves counts how often the API closed an incident.
func (s Stats) Resolves() int { return s.Writes["resolved"] }

// Stats returns the counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Requests, st.Answers = maps.Clone(st.Requests), maps.Clone(st.Answers)
	st.Writes, st.ByPeople, st.Pages = maps.Clone(st.Writes), maps.Clone(st.ByPeople), maps.Clone(st.Pages)
	for status, n := range st.Answers {
		if status >= http.StatusBadRequest {
			st.Refused += n
		}
	}
	st.PendingCommits = s.pending
	st.Incidents, st.Open = s.store.Count(all), s.store.Count(open)
	return st
}

// edgePage is the page of a content delivery network without an answer from the API.
func edgePage(status int) []byte {
	return fmt.Appendf(nil, "<!DOCTYPE html>\n<html><head><title>%[1]d: %[2]s</title></head>\n"+
		"<body><center><h1>%[1]d %[2]s</h1></center><hr><center>edge</center></body></html>\n", status, http.StatusText(status))
}

// proxyBody is JSON from a proxy, not from the API.
func proxyBody(status int) []byte {
	return encode(map[string]string{"message": http.StatusText(status)})
}

// notFoundPage is the answer of a web application for an unknown path: not the API's envelope.
const notFoundPage = "<!DOCTYPE html>\n<html><head><title>404: This page could not be found.</title></head>\n" +
	"<body><h1>404</h1><p>This page could not be found.</p></body></html>\n"
