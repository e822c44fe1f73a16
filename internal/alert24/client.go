// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"
)

const (
	// maxAnswer bounds the answer to one incident's call, maxList that of a listing: a page holds up to 100 incidents
	// with descriptions of some 32 KiB each.
	maxAnswer = 1 << 20
	maxList   = 8 << 20
	// maxIDBytes bounds an incident's id. Alert24 uses UUIDs, but documents ids as opaque.
	maxIDBytes = 255
)

// Client calls the API. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	base      string // without a trailing slash
	key       configopaque.String
	userAgent string
	now       func() time.Time
	dropped   atomic.Uint32 // set of optional fields, see optional.go
	onDropped func(field string, err error)
}

// Option changes a Client.
type Option func(*Client)

// WithAPIKey sends key as a bearer token. Leave it out when the http.Client authenticates by itself.
func WithAPIKey(key configopaque.String) Option { return func(c *Client) { c.key = key } }

// WithUserAgent names the program to the API.
func WithUserAgent(ua string) Option { return func(c *Client) { c.userAgent = ua } }

// WithClock replaces time.Now, which Retry-After dates are compared with when an answer has no Date.
func WithClock(now func() time.Time) Option { return func(c *Client) { c.now = now } }

// WithFieldDropped calls f once for each optional field that the API turned out to refuse and that is left out from
// then on; err is the refusal. f must be safe for concurrent use.
func WithFieldDropped(f func(field string, err error)) Option {
	return func(c *Client) { c.onDropped = f }
}

// New returns a Client for the API at endpoint, which includes the path prefix:
// "https://app.alert24.net/api/v1". Timeouts, TLS and proxies are hc's; it is copied, and redirects are not followed,
// because headers such as the key would go with them.
func New(hc *http.Client, endpoint string, opts ...Option) (*Client, error) {
	base, err := checkEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	own := *hc
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Client{
		http:      &own,
		base:      base,
		userAgent: "otelcol-alert24",
		now:       time.Now,
		onDropped: func(string, error) {},
	}
	for _, opt := range opts {
		opt(c)
	}
	if strings.ContainsFunc(string(c.key), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the API key holds white space or characters outside ASCII")
	}
	return c, nil
}

func checkEndpoint(endpoint string) (string, error) {
	// url.Parse repeats its input in errors, and an endpoint may hold a password: say only what is wrong.
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return "", errors.New("the endpoint is not a URL")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", errors.New(`the endpoint must be a URL like "https://app.alert24.net/api/v1"`)
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "", errors.New("the endpoint must not hold a user, a query or a fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Create opens an incident, or updates the open one that has the same alias.
func (c *Client) Create(ctx context.Context, w Write) (Incident, error) {
	return c.write(ctx, call{op: "create incident", method: http.MethodPost, path: "/incidents"}, w)
}

// Update changes the fields that w holds of the incident id.
func (c *Client) Update(ctx context.Context, id string, w Write) (Incident, error) {
	return c.write(ctx, call{op: "update incident", method: http.MethodPut, id: id}, w)
}

// Get reads one incident.
func (c *Client) Get(ctx context.Context, id string) (Incident, error) {
	return c.incident(ctx, call{op: "get incident", method: http.MethodGet, id: id})
}

// ListOptions selects a page. Zero values are left to the API: any status, 25 incidents, from the newest.
type ListOptions struct {
	// Status is one status; the API takes no list of them.
	Status string
	// Limit is at most 100.
	Limit, Offset int
}

// Page is one page of incidents, newest first.
type Page struct {
	Incidents []Incident
	// HasMore says that older incidents follow.
	HasMore bool
	// Total counts the incidents of all pages.
	Total int
	// ServerTime is the answer's Date; zero if it had none.
	ServerTime time.Time
}

// List reads one page of incidents. A page whose frame does not say clearly what it leaves out is an error: a caller
// would take it for all there is.
func (c *Client) List(ctx context.Context, opts ListOptions) (Page, error) {
	query := url.Values{}
	if opts.Status != "" {
		query.Set("status", opts.Status)
	}
	if opts.Limit > 0 {
		query.Set("limit", strconv.Itoa(opts.Limit))
	}
	if opts.Offset > 0 {
		query.Set("offset", strconv.Itoa(opts.Offset))
	}
	ca := call{op: "list incidents", method: http.MethodGet, path: "/incidents"}
	if len(query) > 0 {
		ca.path += "?" + query.Encode()
	}
	ans, err := c.do(ctx, ca, maxList)
	if err != nil {
		return Page{}, err
	}
	page, err := decodePage(ans.body, opts.Offset)
	if err != nil {
		return Page{}, c.unusable(ca, ans, err)
	}
	page.ServerTime = serverTime(ans.header)
	return page, nil
}

// write sends w, without the optional fields that the API refuses.
func (c *Client) write(ctx context.Context, ca call, w Write) (Incident, error) {
	w.drop(c.dropped.Load())
	var refusals []refusal
	for {
		ca.body = w.encode()
		inc, err := c.incident(ctx, ca)
		if err == nil {
			c.remember(refusals)
			return inc, nil
		}
		field := w.refused(err)
		if field == 0 {
			return Incident{}, err
		}
		// The body loses a field each time, so this ends.
		w.drop(field)
		refusals = append(refusals, refusal{field, err})
	}
}

// incident makes a call that is answered with one incident.
func (c *Client) incident(ctx context.Context, ca call) (Incident, error) {
	if ca.path == "" {
		if err := checkID(ca.id); err != nil {
			return Incident{}, &Error{Op: ca.op, Class: NotSent, Err: err}
		}
		ca.path = "/incidents/" + url.PathEscape(ca.id)
	}
	ans, err := c.do(ctx, ca, maxAnswer)
	if err != nil {
		return Incident{}, err
	}
	inc, err := decodeIncident(ans.body)
	if err == nil && ca.id == "" {
		err = checkID(inc.ID)
	}
	if err == nil && ca.id != "" && inc.ID != "" && inc.ID != ca.id {
		err = errors.New("it is about another incident")
	}
	if err != nil {
		return Incident{}, c.unusable(ca, ans, err)
	}
	inc.ID = cmp.Or(inc.ID, ca.id)
	return inc, nil
}

// call is one request before it is sent.
type call struct {
	op, method string
	path       string // with the query; empty: that of id
	id         string
	body       []byte
}

// answer is a 2xx answer whose body arrived whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *Client) unusable(ca call, a *answer, err error) *Error {
	return &Error{Op: ca.op, Class: Uncertain, Status: a.status, RequestID: c.requestID(a.header), Err: err}
}

// do sends one request and reads its answer. Whatever is not a whole 2xx is an *Error.
func (c *Client) do(ctx context.Context, ca call, limit int64) (*answer, error) {
	ctx, sent := traceSent(ctx)
	var body io.Reader
	if ca.body != nil {
		body = bytes.NewReader(ca.body)
	}
	req, err := http.NewRequestWithContext(ctx, ca.method, c.base+ca.path, body)
	if err != nil {
		return nil, &Error{Op: ca.op, Class: NotSent, Err: err}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if ca.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+string(c.key))
	}
	if ctx.Err() != nil {
		return nil, &Error{Op: ca.op, Class: NotSent, Err: context.Cause(ctx)}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unanswered(ca, sent, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 { // 101: the body is the open connection
		return nil, c.notDone(ca, resp, nil)
	}
	read, readErr := readBounded(resp.Body, limit)
	if resp.StatusCode > 299 {
		return nil, c.notDone(ca, resp, read)
	}
	ans := &answer{status: resp.StatusCode, header: resp.Header, body: read}
	if readErr != nil {
		return nil, c.unusable(ca, ans, readErr)
	}
	return ans, nil
}

// readBounded reads to the end, so that the connection can be used again, or to limit.
func readBounded(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("it is longer than %d bytes", limit)
	}
	return b, err
}
