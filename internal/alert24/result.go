// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// ResultOf returns the result in what a method of Client returned; nil is Done.
func ResultOf(err error) protocol.Result {
	if err == nil {
		return protocol.Done
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Result
	}
	return protocol.Unanswered
}

// unknown is the result of a request whose answer teaches nothing.
func unknown(r *request) protocol.Result {
	if r.write() {
		return protocol.Unanswered
	}
	return protocol.Incomplete
}

// notDone turns an answer outside 2xx into an error. Only what stands in the API's own envelope is certain: a proxy
// answers with any status, and knows nothing of the incident. The exceptions are statuses by which the API or a
// proxy turns a request away before it is carried out.
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

// pause is what the gate needs to know: how long the API wants us to wait; less than 0 if it gives no time.
func (e *Error) pause() time.Duration {
	if e.Status == http.StatusTooManyRequests && e.RetryAfter == 0 {
		return -1
	}
	return e.RetryAfter
}

// decodeError reads the API's error envelope; anything else is "". An envelope without a type is not the API's.
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

// unanswered turns a transport's error into ours.
func unanswered(r *request, s *sent, err error) *Error {
	// net/http's frame repeats the URL with its query.
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

// maxRetryAfter bounds how long an answer can hold all senders back.
const maxRetryAfter = time.Hour

// retryAfter reads Retry-After (RFC 9110, 10.2.3): seconds, or a date that is compared with the answer's own Date,
// or with now if it has none. What is neither, or past, is 0.
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
