// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Request is one entry of the log of API requests. The API key is never in it.
type Request struct {
	ID          string    `json:"request_id"`
	Time        time.Time `json:"time"`
	Method      string    `json:"method"`
	Path        string    `json:"path"` // with the query
	ContentType string    `json:"content_type,omitempty"`
	UserAgent   string    `json:"user_agent,omitempty"`
	// Body is cut to 4 KiB.
	Body string `json:"body,omitempty"`
	// Status of the answer; 0 while there is none, and forever when the connection was dropped.
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
	// Requests by operation: create, update, resolve, get, list; empty for what is none of them.
	Requests map[string]int `json:"requests"`
	// Answers of the API by status, faults apart: a call that was carried out counts although its answer was lost.
	Answers map[int]int `json:"answers"`
	// Writes by what the API did to an incident: created, updated, resolved, reopened, duplicate.
	Writes map[string]int `json:"writes"`
	// ByPeople counts what people did, by the same words and "deleted".
	ByPeople map[string]int `json:"by_people"`
	// ByOtherTools is how many incidents other tools created.
	ByOtherTools int `json:"by_other_tools"`
	// Pages is how often people would have been paged, by channel: email, sms, call.
	Pages map[string]int `json:"pages"`
	// Refused is the number of Answers from 400.
	Refused int `json:"refused"`
	// Faults is how many requests a fault was applied to.
	Faults int `json:"faults"`
	// LateCommits were carried out after their answer; PendingCommits are still to be.
	LateCommits    int `json:"late_commits"`
	PendingCommits int `json:"pending_commits"`
	// Incidents are held now; Open of them are open.
	Incidents int `json:"incidents"`
	Open      int `json:"open"`
}

func newStats() Stats {
	return Stats{Requests: map[string]int{}, Answers: map[int]int{}, Writes: map[string]int{}, ByPeople: map[string]int{}, Pages: map[string]int{}}
}

// Duplicates is how many creates met an open incident and left it unchanged.
func (s Stats) Duplicates() int { return s.Writes["duplicate"] }

// Creates is how many incidents the API created.
func (s Stats) Creates() int { return s.Writes["created"] }

// Updates is how many times the API wrote to an incident without opening or closing it.
func (s Stats) Updates() int { return s.Writes["updated"] }

// Resolves is how many times the API closed an incident.
func (s Stats) Resolves() int { return s.Writes["resolved"] }

// Stats returns the counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.currentStats()
}

func (s *Server) currentStats() Stats {
	st := s.stats
	st.Requests, st.Answers = maps.Clone(st.Requests), maps.Clone(st.Answers)
	st.Writes, st.ByPeople, st.Pages = maps.Clone(st.Writes), maps.Clone(st.ByPeople), maps.Clone(st.Pages)
	for _, status := range slices.Sorted(maps.Keys(st.Answers)) {
		if status >= http.StatusBadRequest {
			st.Refused += st.Answers[status]
		}
	}
	st.PendingCommits = s.pending
	st.Incidents, st.Open = s.store.Count(all), s.store.Count(open)
	return st
}

// edgePage is what a content delivery network says when it has no answer.
func edgePage(status int) []byte {
	return fmt.Appendf(nil, "<!DOCTYPE html>\n<html><head><title>%[1]d: %[2]s</title></head>\n"+
		"<body><center><h1>%[1]d %[2]s</h1></center><hr><center>edge</center></body></html>\n", status, http.StatusText(status))
}

// proxyBody is JSON that a proxy says, and not the API.
func proxyBody(status int) []byte {
	return encode(struct {
		Message string `json:"message"`
	}{http.StatusText(status)})
}

// notFoundPage is what a web application says to a path that it does not have: not the API's envelope.
const notFoundPage = "<!DOCTYPE html>\n<html><head><title>404: This page could not be found.</title></head>\n" +
	"<body><h1>404</h1><p>This page could not be found.</p></body></html>\n"
