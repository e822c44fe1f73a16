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
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Error is a call that was not carried out, or may not have been. Its text is one line, without the key and without the query of a
// URL.
type Error struct {
	// Op is the operation, as "create incident".
	Op     string
	Result protocol.Result
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// URL of the request, without its query.
	URL string
	// FromAPI means that the answer is the API's own, not from a proxy or a wrong address.
	FromAPI bool
	// Type and Message come from the API's error, RequestID is the API's id of the request.
	Type, Message, RequestID string
	// RetryAfter is how long the API asks us to wait, at most an hour; 0 if it does not ask.
	RetryAfter time.Duration
	// Err is the cause if there is no usable answer.
	Err error
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error says what failed, why, and what to do about it, if known.
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
	case e.Err != nil && e.Result == protocol.NotSent:
		b.WriteString("not sent: " + oneLine(e.Err.Error()))
	case e.Err != nil && e.FromAPI:
		b.WriteString(oneLine(e.Err.Error()))
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
	case e.Status == http.StatusPaymentRequired:
		return "check the plan of the organization"
	case e.Status == http.StatusForbidden:
		if e.FromAPI || e.Message != "" {
			return "check the scopes of the API key"
		}
		return "check the scopes of the API key; or a firewall on the way rejects the text of the alert"
	case e.Status == http.StatusNotFound && e.Result != protocol.Gone:
		return "the API has nothing at this address, check endpoint and its path"
	case e.Status >= 400 && e.Status <= 499 && e.Status != http.StatusTooManyRequests && !e.FromAPI:
		return "not the API's answer, check proxies on the way"
	}
	return ""
}

const (
	maxMessageRunes   = 300
	maxRequestIDRunes = 64
)

var (
	urlQuery = regexp.MustCompile(`([^\s"'?]*/[^\s"'?]*)\?[^\s"']*`)
	// anyKey matches Alert24's keys (docs/api-authentication).
	anyKey = regexp.MustCompile(`\bak_[a-z]+_[0-9A-Za-z]+`)
)

// oneLine makes s fit for a log line: bounded, printable, without queries and keys.
func oneLine(s string) string {
	s = HideKeys(urlQuery.ReplaceAllString(s, "$1"))
	return text.Line(strings.Map(printable, s), maxMessageRunes)
}

// HideKeys replaces everything that looks like an API key of Alert24.
func HideKeys(s string) string { return anyKey.ReplaceAllString(s, "[REDACTED]") }

// printable replaces characters that do not print, because a terminal may hide them.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

// hideKey is oneLine for text from the API, which may repeat the key.
func (c *Client) hideKey(s string) string {
	if c.cfg.APIKey != "" {
		s = strings.ReplaceAll(s, string(c.cfg.APIKey), "[REDACTED]")
	}
	return oneLine(s)
}

func (c *Client) requestID(h http.Header) string {
	return text.Line(c.hideKey(h.Get("X-Request-Id")), maxRequestIDRunes)
}

// ResultOf returns the result in an error of a Client's method; nil is Done.
func ResultOf(err error) protocol.Result {
	if err == nil {
		return protocol.Done
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Result
	}
	return protocol.Unanswered
}

// Works reports whether the API answered as it should, although an answer may lack what a lookup needs.
func Works(r protocol.Result, err error) bool {
	e, ok := errors.AsType[*Error](err)
	return r.Works() || ok && e.FromAPI && e.Status == 0
}

// unknown is the result of a request whose answer tells nothing.
func unknown(r *request) protocol.Result {
	if r.write() {
		return protocol.Unanswered
	}
	return protocol.Incomplete
}

// notDone turns an answer outside 2xx into an error. Only the API's own envelope is certain: a proxy answers with any status, and
// knows nothing of the incident. The exceptions are statuses with which the API or a proxy rejects a request before it is carried
// out.
func (c *Client) notDone(r *request, resp *http.Response, body []byte) *Error {
	e := &Error{
		Op: r.op, Result: unknown(r), Status: resp.StatusCode, RequestID: c.requestID(resp.Header),
		RetryAfter: retryAfter(resp.Header, c.cfg.Now()),
	}
	kind, message := decodeError(body)
	e.FromAPI = kind != ""
	e.Type, e.Message = c.hideKey(kind), c.hideKey(message)
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		if e.FromAPI && r.write() {
			e.Result = protocol.Refused
		}
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		e.Result = protocol.Denied
	case http.StatusTooManyRequests:
		e.Result = protocol.NotSent
	case http.StatusNotFound:
		if r.one && kind == "not_found" {
			e.Result = protocol.Gone
		}
	}
	return e
}

// pause tells the gate how long the API wants us to wait; negative if the API gives no time.
func (e *Error) pause() time.Duration {
	if e.Status == http.StatusTooManyRequests && e.RetryAfter == 0 {
		return -1
	}
	return e.RetryAfter
}

// decodeError reads the API's error envelope. It returns "" for anything else. An envelope without a type is not the API's.
func decodeError(body []byte) (kind, message string) {
	var ans struct {
		Error struct {
			Type    str `json:"type"`
			Message str `json:"message"`
		} `json:"error"`
	}
	if decode(body, &ans) != nil || ans.Error.Type == "" {
		return "", ""
	}
	return string(ans.Error.Type), string(ans.Error.Message)
}

func notSent(r *request, err error) *Error {
	return &Error{Op: r.op, Result: protocol.NotSent, Err: err}
}

// unanswered turns an error of the transport into an Error.
func unanswered(r *request, s *sent, err error) *Error {
	// The frame of net/http repeats the URL with its query.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if !s.connected.Load() && (s.dialling.Load() || neverConnected(err)) {
		return notSent(r, err)
	}
	return &Error{Op: r.op, Result: unknown(r), Err: err}
}

// sent watches a request on its way to a connection.
type sent struct {
	dialling  atomic.Bool // the transport requested a connection
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

// neverConnected recognizes errors of a connection that was never made, for transports that do not report to a trace.
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

// maxRetryAfter bounds how long an answer can stop all calls.
const maxRetryAfter = time.Hour

// retryAfter reads Retry-After (RFC 9110, 10.2.3): seconds, or a date. It compares the date with the answer's own Date, or with now
// if there is none. Anything else, or a date in the past, is 0.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(v, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	until, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date := serverTime(h); !date.IsZero() {
		now = date
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

// serverTime returns the answer's Date, or zero.
func serverTime(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}
