// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
)

// Class says what an answer, or none, teaches about a request.
type Class uint8

const (
	// Accepted means carried out, and the answer says so.
	Accepted Class = iota
	// Gone means that the API itself says that it has no such incident.
	Gone
	// Refused means not carried out; the same request will be refused again.
	Refused
	// Denied means not carried out, because of the key.
	Denied
	// RateLimited means not carried out, come later.
	RateLimited
	// NotSent means that nothing of the request has left.
	NotSent
	// Uncertain means that it may have been carried out, or may still be.
	Uncertain
)

// String returns the class as a word for logs and metrics.
func (c Class) String() string {
	return [...]string{"accepted", "gone", "refused", "denied", "rate_limited", "not_sent", "uncertain"}[min(c, Uncertain)]
}

// Classify returns the class of what a method of Client returned; nil is Accepted, a foreign error Uncertain.
func Classify(err error) Class {
	if err == nil {
		return Accepted
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Uncertain
}

// Error is a call that failed. Its text is one line and holds neither the key nor a URL's query.
type Error struct {
	// Op is what was tried, as "create incident".
	Op    string
	Class Class
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// Type and Message are what the API says, RequestID is its name for the request.
	Type, Message, RequestID string
	// RetryAfter is how long the API asks to wait; 0 if it does not say, an hour at most.
	RetryAfter time.Duration
	// Err is the cause when there is no answer, or no usable one.
	Err error
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error says what failed, why, and what to do about it if that is known.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "HTTP %d", e.Status)
		if name := http.StatusText(e.Status); name != "" {
			b.WriteString(" " + name)
		}
	}
	switch {
	case e.Message != "":
		fmt.Fprintf(&b, ": %s", e.Message)
	case e.Err != nil && e.Status != 0:
		b.WriteString(": unusable answer: " + oneLine(e.Err.Error()))
	case e.Err != nil && e.Class == NotSent:
		b.WriteString("not sent: " + oneLine(e.Err.Error()))
	case e.Err != nil:
		b.WriteString("no answer: " + oneLine(e.Err.Error()))
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	if hint := e.hint(); hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}

func (e *Error) hint() string {
	switch {
	case e.Status >= 300 && e.Status <= 399:
		return "redirects are not followed, set endpoint to the final address"
	case e.Status == http.StatusUnauthorized:
		return "check the API key"
	case e.Status == http.StatusForbidden:
		return "check the scopes of the API key"
	case e.Status == http.StatusNotFound && e.Class != Gone:
		return "not an answer about an incident, check endpoint and its path"
	}
	return ""
}

// notDone turns an answer outside 2xx into an error.
func (c *Client) notDone(ca call, resp *http.Response, body []byte) *Error {
	e := &Error{
		Op: ca.op, Class: Uncertain, Status: resp.StatusCode, RequestID: c.requestID(resp.Header),
		RetryAfter: retryAfter(resp.Header, c.now()),
	}
	kind, message := decodeError(body)
	e.Type, e.Message = c.hideKey(kind), c.hideKey(message)
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		e.Class = Refused
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Class = Denied
	case http.StatusTooManyRequests:
		e.Class = RateLimited
	case http.StatusNotFound:
		// Any other 404 comes from a proxy or a wrong address, which knows nothing of the incident.
		if ca.id != "" && kind == "not_found" {
			e.Class = Gone
		}
	}
	return e
}

// decodeError reads the API's error envelope; anything else is "".
func decodeError(body []byte) (kind, message string) {
	var ans struct {
		Error struct {
			Type    text `json:"type"`
			Message text `json:"message"`
		} `json:"error"`
	}
	if decode(body, &ans) != nil {
		return "", ""
	}
	return string(ans.Error.Type), string(ans.Error.Message)
}

// unanswered turns a transport's error into ours.
func (c *Client) unanswered(ca call, s *sent, err error) *Error {
	// net/http's frame repeats the URL with its query.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	e := &Error{Op: ca.op, Class: Uncertain, Err: err}
	if !s.connected.Load() && (s.dialling.Load() || neverConnected(err)) {
		e.Class = NotSent
	}
	return e
}

// sent watches a request on its way to a connection.
type sent struct {
	dialling  atomic.Bool // the transport asked for a connection
	connected atomic.Bool // it got one, at least once: bytes may have left
}

func traceSent(ctx context.Context) (context.Context, *sent) {
	s := new(sent)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { s.dialling.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { s.connected.Store(true) },
		WroteHeaders: func() { s.connected.Store(true) },
	}), s
}

// neverConnected knows the errors of a connection that was not made, for transports that do not report to a trace.
func neverConnected(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

const (
	maxMessageRunes   = 300
	maxRequestIDRunes = 64
)

var (
	urlQuery = regexp.MustCompile(`([^\s"'?]*/[^\s"'?]*)\?[^\s"']*`)
	// anyKey is the form of Alert24's keys (docs/api-authentication).
	anyKey = regexp.MustCompile(`\bak_[a-z]+_[0-9A-Za-z]+`)
)

// oneLine makes s fit to stand in a log line: bounded, without control characters, queries and keys.
func oneLine(s string) string {
	return bound(anyKey.ReplaceAllString(urlQuery.ReplaceAllString(s, "$1"), "[REDACTED]"), maxMessageRunes)
}

// hideKey is bound for text that the API sent, which could repeat the key.
func (c *Client) hideKey(s string) string {
	if c.key != "" {
		s = strings.ReplaceAll(s, string(c.key), "[REDACTED]")
	}
	return oneLine(s)
}

func (c *Client) requestID(h http.Header) string {
	return bound(c.hideKey(h.Get("X-Request-Id")), maxRequestIDRunes)
}

// bound replaces what does not print, line ends among it, by spaces and cuts s to n runes.
func bound(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		if n == 0 {
			b.WriteRune('…')
			break
		}
		n--
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
