// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const (
	// maxAnswer bounds the answer to a call about one incident, maxList the answer to a list: a page holds up to 100 incidents with
	// descriptions of about 32 KiB each.
	maxAnswer = 1 << 20
	maxList   = 8 << 20
)

// request is one request before it is sent.
type request struct {
	op     string // for errors
	kind   protocol.Kind
	method string
	path   string // with the query
	one    bool   // about the incident id
	id     string
	body   []byte
}

// about returns a request about one incident.
func about(op string, kind protocol.Kind, method, id string) request {
	return request{op: op, kind: kind, method: method, path: "/incidents/" + url.PathEscape(id), one: true, id: id}
}

func (r *request) limit() int64 {
	if r.one || r.write() {
		return maxAnswer
	}
	return maxList
}

// write reports whether the request changes something.
func (r *request) write() bool { return r.method != http.MethodGet }

// answer is a 2xx answer.
type answer struct {
	header http.Header
	body   []byte
	// cut is why the body did not arrive complete.
	cut error
	// sentAt and gotAt are when the request left and when its answer began, by our clock.
	sentAt, gotAt time.Time
}

// send passes the gate, makes the request and hands a 2xx answer to use. The error of use says why the answer is useless. Any other
// outcome is an *Error.
func (c *Client) send(ctx context.Context, r *request, use func(*answer) error) error {
	if e := c.pass(ctx, r, use); e != nil {
		e.URL, _, _ = strings.Cut(c.base+r.path, "?")
		return e
	}
	return nil
}

func (c *Client) pass(ctx context.Context, r *request, use func(*answer) error) *Error {
	if r.one {
		if err := checkID(r.id); err != nil {
			return notSent(r, err)
		}
	}
	leave, err := c.cfg.Gate.Enter(ctx, r.kind)
	if err != nil {
		return notSent(r, err)
	}
	e := c.exchange(ctx, r, use)
	if e == nil {
		leave(protocol.Done, 0)
		return nil
	}
	leave(e.Result, e.pause())
	return e
}

// exchange makes one request, and reads its answer.
func (c *Client) exchange(ctx context.Context, r *request, use func(*answer) error) *Error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	ctx, sent := traceSent(ctx)
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, body)
	if err != nil {
		return notSent(r, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.cfg.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+string(c.cfg.APIKey))
	}
	if ctx.Err() != nil {
		return notSent(r, context.Cause(ctx))
	}
	sentAt := c.cfg.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return unanswered(r, sent, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 { // 101: the body is the open connection
		return c.notDone(r, resp, nil)
	}
	gotAt := c.cfg.Now()
	read, readErr := readBounded(resp, r.limit())
	if resp.StatusCode > 299 {
		return c.notDone(r, resp, read)
	}
	if err := use(&answer{header: resp.Header, body: read, cut: readErr, sentAt: sentAt, gotAt: gotAt}); err != nil {
		return &Error{Op: r.op, Result: unknown(r), Status: resp.StatusCode, RequestID: c.requestID(resp.Header), Err: err}
	}
	return nil
}

var errTooLong = errors.New("it is longer")

// readBounded reads up to limit, or to the end, so that the connection can be used again.
func readBounded(resp *http.Response, limit int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(max(resp.ContentLength, 0), limit)) + bytes.MinRead)
	_, err := b.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(b.Len()) > limit {
		err = fmt.Errorf("%w than %d bytes", errTooLong, limit)
	}
	return b.Bytes(), err
}
