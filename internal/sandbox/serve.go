// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// writeGrace is how long writing an answer may take, after all waits.
const writeGrace = 30 * time.Second

// serveAPI reads a request, finds the fault for it, carries it out and answers.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{
		id: s.newRequestID(), method: r.Method, path: r.URL.Path, query: r.URL.Query(),
		authorization: r.Header.Get("Authorization"),
	}
	w.Header().Set("X-Request-Id", c.id)
	w.Header().Set("Date", s.options.Now().UTC().Format(http.TimeFormat))
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, s.options.MaxBody)); err != nil {
		s.refuseBody(w, r, c, err)
		return
	}
	c.decoded = store.Decode(c.body)
	entry := s.logRequest(r, c)
	if s.limited(w, c) {
		s.finish(w, entry, "", answer{
			status: http.StatusTooManyRequests, body: errorBody(http.StatusTooManyRequests, "Too many requests"),
		}, "")
		return
	}
	described := s.describe(c)
	s.mu.Lock()
	s.stats.Requests[string(described.Operation)]++
	f, faulty := s.rules.Pick(described)
	if faulty {
		s.stats.Faults++
	}
	latency := s.switches.Latency
	s.mu.Unlock()

	extendDeadlines(w, latency+f.Delay)
	if !s.sleep(latency+f.Delay) && f.Delay > 0 {
		s.drop(entry, f)
	}
	if f.Answers() {
		s.serveFault(w, r, c, entry, f)
		return
	}
	s.finish(w, entry, f.Label(), s.execute(c), f.Body)
}

// serveFault gives the answer of a fault, and carries out the call if the fault says so.
func (s *Server) serveFault(w http.ResponseWriter, r *http.Request, c *call, entry *Request, f Fault) {
	a := answer{status: f.Status}
	if f.Commit {
		a = s.execute(c)
	}
	if f.Hang {
		extendDeadlines(w, 0)
		select {
		case <-r.Context().Done():
		case <-s.running.Done():
		}
	}
	if f.CommitLate > 0 {
		s.later(c, f.CommitLate)
	}
	if f.Hang || f.Drop {
		s.drop(entry, f)
	}
	switch {
	case f.Body == fault.Stale:
		a.body = s.stale(c)
	case f.Status/100 != 2 || a.body == nil:
		a.body = faultBody(f)
	}
	a.status = f.Status
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", s.retryAfter(f.RetryAfter, f.RetryAfterDate))
	}
	if f.Status/100 == 3 {
		w.Header().Set("Location", "/_sandbox/elsewhere") // the log shows if a client follows it
	}
	s.finish(w, entry, f.Label(), a, f.Body)
}

func faultBody(f Fault) []byte {
	if f.Status/100 == 2 {
		return []byte(`{"data":{}}`)
	}
	return errorBody(f.Status, cmp.Or(f.Message, fmt.Sprintf("A fault of the sandbox: %d %s", f.Status, http.StatusText(f.Status))))
}

// stale returns the incident in the path, or nothing if there is none.
func (s *Server) stale(c *call) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.store.Get(c.incidentID())
	if err != nil {
		return []byte(`{"data":{}}`)
	}
	return single(i, &s.switches, s.switches.Envelope, store.Absent)
}

// retryAfter returns the header's value, rounded up to seconds so that it is never too short.
func (s *Server) retryAfter(d time.Duration, date bool) string {
	if date {
		return s.options.Now().Add(d + time.Second - time.Nanosecond).UTC().Format(http.TimeFormat)
	}
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}

// drop closes the connection without an answer.
func (s *Server) drop(entry *Request, f Fault) {
	s.logAnswer(entry, 0, f.Label())
	panic(http.ErrAbortHandler)
}

// finish writes an answer in the form of a fault.
func (s *Server) finish(w http.ResponseWriter, entry *Request, label string, a answer, form fault.Body) {
	switch form {
	case fault.HTML:
		a.body, a.html = edgePage(a.status), true
	case fault.Foreign:
		a.body, a.html = proxyBody(a.status), false
	case fault.Empty:
		a.body = nil
	default: // the other forms concern more than the body
	}
	h := w.Header()
	switch {
	case a.html:
		h.Set("Content-Type", "text/html; charset=utf-8")
	case a.body != nil:
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	if a.allow != "" {
		h.Set("Allow", a.allow)
	}
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		a.body = nil // HTTP allows no body
	} else {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	s.logAnswer(entry, a.status, label)
	w.WriteHeader(a.status)
	if form == fault.Cut {
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(a.body) // it is not an error if the client is gone
}

func (s *Server) refuseBody(w http.ResponseWriter, r *http.Request, c *call, err error) {
	status, message := http.StatusBadRequest, "The request body could not be read"
	if e, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		status, message = http.StatusRequestEntityTooLarge, fmt.Sprintf("The request body is larger than %d bytes", e.Limit)
	}
	s.finish(w, s.logRequest(r, c), "", answer{status: status, body: errorBody(status, message)}, "")
}

// extendDeadlines keeps the server's timeouts from ending a request that waits on purpose. Some writers have no deadlines.
func extendDeadlines(w http.ResponseWriter, wait time.Duration) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	_ = rc.SetWriteDeadline(time.Now().Add(wait + writeGrace))
}

// maxLimitedKeys bounds the rate limit windows of a sandbox that accepts any key.
const maxLimitedKeys = 1000

// limited applies the rate limit of the switches. It does not limit requests without an accepted key: they get 401.
func (s *Server) limited(w http.ResponseWriter, c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.switches.RateLimit
	key, _, accepted := s.scopes(c)
	if limit == 0 || !accepted {
		return false
	}
	seen, known := s.windows[key]
	if !known && len(s.windows) >= maxLimitedKeys {
		clear(s.windows)
	}
	now := s.options.Now()
	full := len(seen) == limit && seen[0].After(now.Add(-s.switches.RateLimitWindow))
	if !full || s.switches.RateLimitCountsRefused {
		seen = append(seen, now)
		s.windows[key] = seen[max(0, len(seen)-limit):]
	}
	if after := s.switches.RateLimitRetryAfter; full && after > 0 {
		w.Header().Set("Retry-After", s.retryAfter(after, false))
	}
	return full
}
