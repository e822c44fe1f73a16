// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replication

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

const (
	replicas = 3
	lease    = 2 * time.Second
)

// fleet is three built collectors behind a plain proxy, over a real PostgreSQL.
type fleet struct {
	sandbox    *harness.Sandbox
	collectors [replicas]*harness.Collector
	proxy      *proxy
}

func start(t *testing.T) *fleet {
	t.Helper()
	found := kit.Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	server, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	f := &fleet{}
	f.sandbox, err = harness.StartSandbox(t.Context())
	require.NoError(t, err)
	t.Cleanup(f.sandbox.Close)
	url := pgtest.TCP(server.Address(), server.Database(t))
	for i := range f.collectors {
		f.collectors[i] = kit.StartOn(t, f.sandbox, found, kit.World{Set: append(kit.Quick(),
			"exporters.alert24.storage=", "exporters.alert24.database={url: '"+url+"', lease: "+lease.String()+"}",
		)})
	}
	f.proxy = startProxy(t, &f.collectors)
	for _, c := range f.collectors {
		kit.Eventually(t, func(ctx context.Context) error { return kit.Readiness(ctx, t, c, http.StatusOK, "ready") })
	}
	return f
}

// leader waits for one that leads.
func (f *fleet) leader(t *testing.T) *harness.Collector {
	t.Helper()
	return f.leaderBut(t, nil)
}

// leaderBut does not ask one of them, which may not answer.
func (f *fleet) leaderBut(t *testing.T, but *harness.Collector) *harness.Collector {
	t.Helper()
	var found *harness.Collector
	kit.Eventually(t, func(ctx context.Context) error {
		for _, c := range f.collectors {
			if c == but || !c.Running() {
				continue
			}
			for _, leads := range kit.Scrape(ctx, t, c)["otelcol_exporter_alert24_leader"] {
				if leads == 1 {
					found = c
					return nil
				}
			}
		}
		return errors.New("nobody leads")
	})
	return found
}

// proxy passes each webhook to the next collector in turn, and once more to the one after it if that fails.
type proxy struct {
	server *httptest.Server
	client *http.Client
	to     *[replicas]*harness.Collector
	turn   atomic.Int64
	passed atomic.Int64 // answers below 500
	failed atomic.Int64 // answers from 500 on, and none at all
}

func startProxy(t *testing.T, to *[replicas]*harness.Collector) *proxy {
	t.Helper()
	p := &proxy{to: to, client: kit.Client()}
	p.client.Timeout = 2 * time.Second // as a proxy's own, so that one that hangs does not hold up the others
	p.server = httptest.NewServer(p)
	t.Cleanup(p.server.Close)
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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

func (p *proxy) pass(r *http.Request, turn int64, body []byte) int {
	c := p.to[turn%replicas]
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

// pair runs two Alertmanagers that send to the proxy.
func (f *fleet) pair(t *testing.T) *harness.Pair {
	t.Helper()
	found := kit.Binaries(t, harness.AlertmanagerEnv)
	pair, err := harness.StartPair(t.Context(), found.Alertmanager, t.TempDir(), [2]string{f.proxy.server.URL, f.proxy.server.URL})
	t.Cleanup(func() { assert.NoError(t, pair.Close()) })
	require.NoError(t, err)
	return pair
}
