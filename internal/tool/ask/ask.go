// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package ask asks a running bridge over its status API.
package ask

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/pflag"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

const (
	patience  = 10 * time.Second // for one answer
	maxAnswer = 64 << 20

	urlFlag = "--status"
)

// Flags say how to reach a bridge.
type Flags struct {
	URL, TokenFile string
	TLS            cli.TLS
	// TokenFlag is the name of the flag for TokenFile.
	TokenFlag string
}

// Add adds the flags.
func (f *Flags) Add(set *pflag.FlagSet) {
	f.TokenFlag = "--token-file"
	set.StringVar(&f.URL, "status", "http://localhost:9096", "address of the bridge's status page, which status::endpoint sets")
	set.StringVar(&f.TokenFile, "token-file", "", "file with the token of status::auth")
	set.StringVar(&f.TLS.CA, "ca-file", "", "certificate of the authority that signed the page's certificate")
	set.StringVar(&f.TLS.Cert, "cert-file", "", "client certificate, if status::tls::client_ca_file is set")
	set.StringVar(&f.TLS.Key, "key-file", "", "key of the client certificate")
}

// Client asks one bridge.
type Client struct {
	flags *Flags
	http  *http.Client
	base  *url.URL
	token string
}

// Open reads the files in the flags. It sends no request yet.
func (f *Flags) Open(ctx context.Context) (*Client, error) {
	if err := cli.CheckURL(urlFlag, f.URL, "http://localhost:9096"); err != nil {
		return nil, err
	}
	base, err := url.Parse(f.URL)
	if err != nil {
		return nil, err
	}
	base.RawQuery, base.Fragment, base.Path = "", "", strings.TrimRight(base.Path, "/") // a browser's address says what the page shows
	token, err := cli.Secret(f.TokenFlag, f.TokenFile)
	if err != nil {
		return nil, err
	}
	client, err := f.TLS.Client(ctx, patience)
	if err != nil {
		return nil, err
	}
	return &Client{flags: f, http: client, base: base, token: token}, nil
}

// Close ends the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Explain returns what is known about a subject.
func (c *Client) Explain(ctx context.Context, s status.Subject) (e status.Explanation, err error) {
	v := url.Values{}
	if s.Alias != "" {
		v.Set("alias", s.Alias)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		v.Add("label", name+"="+s.Labels[name])
	}
	if err = c.get(ctx, status.PathExplain, v, &e); err == nil && e.Now.IsZero() {
		err = c.foreign()
	}
	return e, err
}

// Aliases returns all rows that match q. It ignores the offset and limit in q; a limit of 0 means no limit.
func (c *Client) Aliases(ctx context.Context, q status.Query, limit int) (rows []status.Row, total int, err error) {
	q.After, q.Limit = "", status.MaxLimit
	if limit > 0 {
		q.Limit = min(limit, q.Limit)
	}
	first, err := c.page(ctx, &q)
	if err != nil || len(first.Rows) >= first.Total || len(first.Rows) == limit {
		return first.Rows, first.Total, err
	}
	if rows, err = c.pages(ctx, q); err != nil {
		return nil, 0, err
	}
	slices.SortFunc(rows, func(a, b status.Row) int { return q.Order(&a, &b) })
	if total = len(rows); limit > 0 {
		rows = rows[:min(limit, total)]
	}
	return rows, total, nil
}

// pages returns the rows of all pages. Aliases come and go meanwhile, and move in other orders than that of the aliases themselves.
func (c *Client) pages(ctx context.Context, q status.Query) (rows []status.Row, err error) {
	q.Sort, q.Desc, q.Limit = status.ByAlias, false, status.MaxLimit
	for {
		part, err := c.page(ctx, &q)
		if err != nil {
			return nil, err
		}
		if len(part.Rows) > 0 && part.Rows[0].Alias <= q.After {
			return nil, fmt.Errorf("the bridge is older than this program and lists at most %d aliases for it: give --limit, or use the program of the bridge's version", status.MaxLimit)
		}
		rows = append(rows, part.Rows...)
		if len(part.Rows) == 0 || len(part.Rows) >= part.Total {
			return rows, nil
		}
		q.After = part.Rows[len(part.Rows)-1].Alias
	}
}

func (c *Client) page(ctx context.Context, q *status.Query) (part status.Aliases, err error) {
	v := url.Values{"filter": {q.Filter}, "is": {string(q.Is)}, "sort": {string(q.Sort)}, "order": {"asc"}, "after": {q.After}, "limit": {strconv.Itoa(q.Limit)}}
	if q.Desc {
		v.Set("order", "desc")
	}
	if err = c.get(ctx, status.PathAliases, v, &part); err == nil && part.Revision == "" {
		err = c.foreign()
	}
	return part, err
}

// whatToDo says what to do about a request without an answer.
func whatToDo(err error) string {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return "write http:// in " + urlFlag
	}
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return "check --ca-file and the name in " + urlFlag
	}
	if op, is := errors.AsType[*net.OpError](err); is && op.Op == "remote error" { // a TLS alert
		return "check --cert-file and --key-file"
	}
	return "see that the bridge runs and that " + urlFlag + " is its status::endpoint"
}

// foreign is the error if another server answers, such as the collector's health check, which has JSON for every path.
func (c *Client) foreign() error {
	return fmt.Errorf("%s is not a bridge's status page: set %s to its status::endpoint", c.base.Redacted(), urlFlag)
}

func (c *Client) get(ctx context.Context, path string, query url.Values, v any) error {
	base, address := c.base.Redacted(), c.base.Redacted()+path // for errors
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.String()+path+"?"+query.Encode(), http.NoBody)
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
		return fmt.Errorf("the bridge's status page at %s does not answer: %w; %s", base, err, whatToDo(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the answer of %s was cut off: %w", address, err)
	}
	if cli.WantsTLS(answer.StatusCode, body) {
		return fmt.Errorf("%s uses TLS; write https:// in %s", base, urlFlag)
	}
	if answer.StatusCode != http.StatusOK {
		var p status.Problem
		_ = json.Unmarshal(body, &p) // a body that is not JSON has no error text
		if p.Error == "" && !strings.Contains(answer.Header.Get("WWW-Authenticate"), "otelcol-alert24") {
			return fmt.Errorf("%s answered %s and is not a bridge's status page: set %s to its status::endpoint; webhooks have another port",
				address, answer.Status, urlFlag)
		}
		hint := ""
		if p.Error != "" {
			hint = ": " + p.Error
		}
		switch {
		case answer.StatusCode != http.StatusUnauthorized:
		case c.token == "":
			hint = "; give the token with " + c.flags.TokenFlag
		default:
			hint = "; check the token in the file of " + c.flags.TokenFlag
		}
		return fmt.Errorf("%s answered %s%s", address, answer.Status, hint)
	}
	if json.Unmarshal(body, v) != nil {
		return c.foreign()
	}
	return nil
}
