// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"
)

// Proxy passes each webhook to the next collector in turn. If that fails, it tries the one after it, as plain proxies do.
type Proxy struct {
	*httptest.Server

	to      []*Collector
	witness Witness
	client  *http.Client
	turn    atomic.Int64
}

// Witness sees what a proxy passes on. It must be safe for concurrent use.
type Witness interface {
	// Sent is called with the answer to a webhook that was sent to a collector at began; 502 if there was none.
	Sent(collector int, began time.Time, status int, body []byte)
	// Answered is called with the answer to the sender. heard is false if the sender has gone.
	Answered(status int, heard bool, body []byte)
}

// proxyTimeout is longer than a collector may take to write a webhook to the database. So a webhook that the proxy gave up does not
// arrive after its copy at another collector.
const proxyTimeout = 6 * time.Second

// StartProxy starts a proxy in front of collectors. The witness may be nil.
func StartProxy(witness Witness, to ...*Collector) *Proxy {
	p := &Proxy{to: to, witness: witness, client: &http.Client{Timeout: proxyTimeout, Transport: &http.Transport{DisableKeepAlives: true}}}
	p.Server = httptest.NewServer(p)
	return p
}

// ServeHTTP passes one webhook on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	turn := int(p.turn.Add(1))
	status := p.pass(r, turn%len(p.to), body)
	if status >= http.StatusInternalServerError {
		status = p.pass(r, (turn+1)%len(p.to), body)
	}
	w.WriteHeader(status)
	if p.witness != nil {
		p.witness.Answered(status, r.Context().Err() == nil, body)
	}
}

func (p *Proxy) pass(r *http.Request, collector int, body []byte) (status int) {
	began := time.Now()
	if p.witness != nil {
		defer func() { p.witness.Sent(collector, began, status, body) }()
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, p.to[collector].Webhook, bytes.NewReader(body))
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
