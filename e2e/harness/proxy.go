// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync/atomic"
	"time"
)

// Proxy passes each webhook to the next collector in turn, and once more to the one after it if that fails, as plain proxies do.
type Proxy struct {
	*httptest.Server

	to     []*Collector
	client *http.Client
	turn   atomic.Int64
	passed atomic.Int64
	failed atomic.Int64
}

// proxyTimeout: one that hangs does not hold up the others.
const proxyTimeout = 2 * time.Second

// StartProxy starts one in front of collectors.
func StartProxy(to ...*Collector) *Proxy {
	p := &Proxy{to: to, client: &http.Client{Timeout: proxyTimeout, Transport: &http.Transport{DisableKeepAlives: true}}}
	p.Server = httptest.NewServer(p)
	return p
}

// Answered returns how many webhooks had an answer below 500, and how many had none or another one.
func (p *Proxy) Answered() (passed, failed int64) { return p.passed.Load(), p.failed.Load() }

// ServeHTTP passes one webhook on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	turn := p.turn.Add(1)
	status := p.pass(r, turn, body)
	if status >= http.StatusInternalServerError {
		status = p.pass(r, turn+1, body)
	}
	if status >= http.StatusInternalServerError {
		p.failed.Add(1)
	} else {
		p.passed.Add(1)
	}
	w.WriteHeader(status)
}

func (p *Proxy) pass(r *http.Request, turn int64, body []byte) int {
	c := p.to[int(turn)%len(p.to)]
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, c.Webhook, bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway
	}
	request.Header = r.Header.Clone()
	response, err := p.client.Do(request)
	if err != nil {
		return http.StatusBadGateway
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

var leads = regexp.MustCompile(`(?m)^otelcol_exporter_alert24_leader(\{.*\})? 1$`)

// Leads reports whether a replica leads, as its metrics say.
func (c *Collector) Leads(ctx context.Context) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Metrics, http.NoBody)
	if err != nil {
		return false, err
	}
	response, err := client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	return leads.Match(metrics), err
}
