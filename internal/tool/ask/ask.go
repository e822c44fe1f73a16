// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package ask asks a running bridge over its status API.
package ask

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/pflag"

	"github.com/alert24/otelcol-alert24/internal/status"
)

const (
	patience  = 10 * time.Second // for one answer
	maxAnswer = 64 << 20
)

// Flags say which bridge to ask, and how.
type Flags struct {
	URL       string
	TokenFile string
	CAFile    string
}

// Add adds the flags.
func (f *Flags) Add(set *pflag.FlagSet) {
	set.StringVar(&f.URL, "url", "http://localhost:9096", "address of the bridge's status page, which status::endpoint sets")
	set.StringVar(&f.TokenFile, "token-file", "", "file with the token of status::auth")
	set.StringVar(&f.CAFile, "ca-file", "", "certificate of the authority that signed the page's certificate")
}

// Client asks one bridge.
type Client struct {
	http  *http.Client
	base  string
	token string
}

// Open reads what the flags name. It does not ask yet.
func (f *Flags) Open() (*Client, error) {
	u, err := url.Parse(f.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("--url must be as http://localhost:9096")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: patience}
	c := &Client{base: strings.TrimRight(f.URL, "/"), http: &http.Client{Timeout: patience, Transport: transport}}
	if f.TokenFile != "" {
		token, err := os.ReadFile(f.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		c.token = strings.TrimSpace(string(token))
	}
	if f.CAFile != "" {
		pem, err := os.ReadFile(f.CAFile)
		if err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, errors.New("--ca-file: there is no certificate in it")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return c, nil
}

// Close ends the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Overview says how the bridge is doing.
func (c *Client) Overview(ctx context.Context) (o status.Overview, err error) {
	err = c.get(ctx, status.PathOverview, nil, &o)
	return o, err
}

// Explain says what is known of a subject.
func (c *Client) Explain(ctx context.Context, s status.Subject) (e status.Explanation, err error) {
	v := url.Values{}
	if s.Alias != "" {
		v.Set("alias", s.Alias)
	}
	for name, value := range s.Labels {
		v.Add("label", name+"="+value)
	}
	err = c.get(ctx, status.PathExplain, v, &e)
	return e, err
}

// Aliases returns all rows of the table that q asks for, whatever its offset and limit; 0 is no limit.
func (c *Client) Aliases(ctx context.Context, q status.Query, limit int) (rows []status.Row, total int, err error) {
	v := url.Values{"filter": {q.Filter}, "is": {string(q.Is)}, "sort": {string(q.Sort)}, "order": {"asc"}}
	if q.Desc {
		v.Set("order", "desc")
	}
	for {
		n := status.MaxLimit
		if limit > 0 {
			n = min(n, limit-len(rows))
		}
		v.Set("offset", strconv.Itoa(len(rows)))
		v.Set("limit", strconv.Itoa(n))
		var part status.Aliases
		if err := c.get(ctx, status.PathAliases, v, &part); err != nil {
			return nil, 0, err
		}
		rows = append(rows, part.Rows...)
		if len(part.Rows) == 0 || len(rows) >= part.Total || len(rows) == limit {
			return rows, part.Total, nil
		}
	}
}

func (c *Client) get(ctx context.Context, path string, query url.Values, v any) error {
	address := c.base + path
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the query
		}
		return fmt.Errorf("the bridge's status page at %s does not answer: %w; see that the bridge runs and that --url is its status::endpoint", c.base, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the answer of %s was cut off: %w", address, err)
	}
	if answer.StatusCode != http.StatusOK {
		var p status.Problem
		_ = json.Unmarshal(body, &p) // what is not JSON has no words of its own
		hint := ""
		if p.Error != "" {
			hint = ": " + p.Error
		}
		if answer.StatusCode == http.StatusUnauthorized {
			hint = "; give the token with --token-file"
		}
		return fmt.Errorf("%s answered %s%s", address, answer.Status, hint)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s is not a bridge's status page: %w", c.base, err)
	}
	return nil
}
