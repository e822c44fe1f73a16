// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package alert24 carries out the protocol's calls over Alert24's incidents API, version 1, and reports what became of each call
// as a result of package protocol. It knows requests, answers and which incidents are ours. It knows nothing of entries and episodes.
//
// It may import protocol, incident, labels, text and net/http. Start with calls.go (what is sent), go on with result.go (what an
// answer means) and find.go (lookups).
//
// The API is described at https://alert24.net/docs (api-quickstart, api-incidents, api-errors, api-authentication).
package alert24

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"
)

// Config of a Client.
type Config struct {
	// APIKey is sent as a bearer token. Leave it out when the http.Client authenticates by itself.
	APIKey configopaque.String
	// UserAgent names the program to the API.
	UserAgent string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Gate lets each request pass when it may leave; nil lets all pass.
	Gate Gate
	// Timeout bounds each request (10 s), not counting the time at the gate.
	Timeout time.Duration
	// Workers bounds how many incidents a lookup reads at once by their id (8).
	Workers int
	// Source is the source of our incidents. An incident with another source is not ours.
	Source string
	// Adopt takes over an open incident of another tool that a create meets.
	Adopt bool
	// InitialStatus is the status in creates; "" leaves the status to the API.
	InitialStatus string
	// FieldDropped is called for each optional field that the client leaves out because the API refused it. It must be safe for
	// concurrent use.
	FieldDropped func(Dropped)
}

// Client is the incident manager behind a URL: it implements the port reconcile.Manager. It is safe for concurrent use.
type Client struct {
	cfg   Config
	http  *http.Client
	base  string // without a trailing slash
	drops *drops
	// shownSource is the source that the API shows instead of the one we send, if it does so.
	shownSource atomic.Pointer[str]
}

// CheckKey refuses a key that Alert24 cannot have made.
func CheckKey(key configopaque.String) error {
	if strings.ContainsFunc(string(key), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the key holds white space or characters outside ASCII; copy it from Alert24 again")
	}
	return nil
}

// New returns a Client for the API at endpoint, which includes the path prefix: "https://app.alert24.net/api/v1". The client copies
// hc and uses its TLS and proxy. It does not follow redirects, because headers such as the key would go with them.
func New(hc *http.Client, endpoint string, cfg Config) (*Client, error) {
	base, err := checkEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	if err := CheckKey(cfg.APIKey); err != nil {
		return nil, err
	}
	own := *hc
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cfg.UserAgent = cmp.Or(cfg.UserAgent, "otelcol-alert24")
	cfg.Timeout, cfg.Workers = cmp.Or(cfg.Timeout, 10*time.Second), cmp.Or(cfg.Workers, 8)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Gate == nil {
		cfg.Gate = openGate{}
	}
	return &Client{cfg: cfg, http: &own, base: base, drops: newDrops(cfg.FieldDropped)}, nil
}

func checkEndpoint(endpoint string) (string, error) {
	// url.Parse repeats its input in errors, and an endpoint may hold a password. So the error says only what is wrong.
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return "", errors.New("the endpoint is not a URL")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", errors.New(`the endpoint must be a URL like "https://app.alert24.net/api/v1"`)
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "", errors.New("the endpoint must not contain a user, a query or a fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
