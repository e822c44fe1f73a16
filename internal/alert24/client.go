// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"
)

const (
	defaultTimeout = 10 * time.Second
	defaultWorkers = 8
)

// Client is the incident manager behind a URL: it implements the port reconcile.Manager. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	base      string // without a trailing slash
	key       configopaque.String
	userAgent string
	now       func() time.Time
	gate      Gate
	timeout   time.Duration
	workers   int
	adopt     bool
	source    string
	bodies    bodies
	drops     drops
	// shownSource is what the API shows in place of the source that we send, if it does.
	shownSource atomic.Pointer[str]
}

// Option changes a Client.
type Option func(*Client)

// WithAPIKey sends key as a bearer token. Leave it out when the http.Client authenticates by itself.
func WithAPIKey(key configopaque.String) Option { return func(c *Client) { c.key = key } }

// WithUserAgent names the program to the API.
func WithUserAgent(ua string) Option { return func(c *Client) { c.userAgent = ua } }

// WithClock replaces time.Now.
func WithClock(now func() time.Time) Option { return func(c *Client) { c.now = now } }

// WithGate lets each request pass g.
func WithGate(g Gate) Option { return func(c *Client) { c.gate = g } }

// WithTimeout bounds each request (10 s), not counting the time at the gate.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithWorkers bounds how many incidents a lookup reads at once by their id (8).
func WithWorkers(n int) Option { return func(c *Client) { c.workers = max(n, 1) } }

// WithSource names the source that our incidents carry. An incident with another one is not ours.
func WithSource(source string) Option { return func(c *Client) { c.source = source } }

// WithAdopt takes over an open incident of another tool that a create meets.
func WithAdopt(adopt bool) Option { return func(c *Client) { c.adopt = adopt } }

// WithInitialStatus sets the status that creates ask for; "" leaves it to the API.
func WithInitialStatus(status string) Option { return func(c *Client) { c.bodies.status = status } }

// WithFieldDropped calls f for each optional field that is left out because the API refused it. f must be safe for
// concurrent use.
func WithFieldDropped(f func(Dropped)) Option { return func(c *Client) { c.drops.report = f } }

// New returns a Client for the API at endpoint, which includes the path prefix:
// "https://app.alert24.net/api/v1". TLS and proxies are hc's; it is copied, and redirects are not followed,
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
		gate:      openGate{},
		timeout:   defaultTimeout,
		workers:   defaultWorkers,
		drops:     newDrops(),
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
