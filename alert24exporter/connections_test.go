// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

func TestConnectionsAreKept(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Limits.ConcurrentRequests = 20
	client := keepConnections(cfg)
	assert.Equal(t, 20, client.Keepalive.Get().MaxIdleConnsPerHost, "as many as there are workers")
	assert.Zero(t, cfg.ClientConfig.Keepalive.Get().MaxIdleConnsPerHost, "the configuration stays as it is")

	cfg.ClientConfig.Keepalive.Get().MaxIdleConnsPerHost = 3
	client = keepConnections(cfg)
	assert.Equal(t, 3, client.Keepalive.Get().MaxIdleConnsPerHost, "the user's own number")

	cfg.ClientConfig.Keepalive = configoptional.None[confighttp.KeepaliveClientConfig]()
	client = keepConnections(cfg)
	assert.False(t, client.Keepalive.HasValue(), "keep-alive that is switched off stays off")
}

// TestALostConnectionIsReplaced: a firewall forgets the connection, so what is sent on it arrives nowhere, and nobody says so.
func TestALostConnectionIsReplaced(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	srv.EnableHTTP2 = true
	var lost atomic.Bool
	srv.Listener = firewall{srv.Listener, &lost}
	srv.StartTLS()
	t.Cleanup(srv.Close)

	cfg := createDefaultConfig().(*Config)
	cfg.ClientConfig.Endpoint, cfg.ClientConfig.TLS.InsecureSkipVerify = srv.URL, true
	settings := keepConnections(cfg)
	const faster = 20
	settings.HTTP2ReadIdleTimeout /= faster
	settings.HTTP2PingTimeout /= faster
	settings.Timeout = soon
	client, err := settings.ToClient(t.Context(), nil, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	proto := func() string {
		res, err := client.Get(srv.URL)
		if err != nil {
			return err.Error()
		}
		defer func() { _ = res.Body.Close() }()
		b, _ := io.ReadAll(res.Body)
		return string(b)
	}
	require.Equal(t, "HTTP/2.0", proto())
	lost.Store(true)
	began := time.Now()
	for time.Since(began) < settings.Timeout { // a request on the lost connection takes as long
		if proto() == "HTTP/2.0" {
			return
		}
	}
	t.Fatal("requests still use the lost connection")
}

func TestHTTP2StaysOff(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.ClientConfig.ForceAttemptHTTP2 = false
	client := keepConnections(cfg)
	assert.Zero(t, client.HTTP2ReadIdleTimeout)
	cfg.ClientConfig.ForceAttemptHTTP2, cfg.ClientConfig.HTTP2ReadIdleTimeout = true, time.Minute
	client = keepConnections(cfg)
	assert.Equal(t, time.Minute, client.HTTP2ReadIdleTimeout, "the user's own time")
}

// firewall forgets its first connection when lost is set.
type firewall struct {
	net.Listener
	lost *atomic.Bool
}

func (f firewall) Accept() (net.Conn, error) {
	c, err := f.Listener.Accept()
	if err != nil || f.lost.Load() {
		return c, err
	}
	return forgotten{c, f.lost}, nil
}

type forgotten struct {
	net.Conn
	lost *atomic.Bool
}

func (c forgotten) Read(b []byte) (int, error) {
	for {
		if n, err := c.Conn.Read(b); err != nil || !c.lost.Load() {
			return n, err
		}
	}
}

func (c forgotten) Write(b []byte) (int, error) {
	if c.lost.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// TestAPageHasAConnection: the user bounds the connections. A page does not wait behind requests that hang on all of them.
func TestAPageHasAConnection(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, stop := start(t, box, "", func(cfg *Config) {
		cfg.ClientConfig.MaxConnsPerHost, cfg.ClientConfig.ForceAttemptHTTP2 = 2, false
		cfg.ClientConfig.Timeout = 2 * soon // the requests hang until the test ends
	})
	defer stop()
	about := func(alias, status string) {
		attributes := alertAttributes(status)
		attributes[attrs.Alias], attributes[attrs.AlertFingerprint] = alias, alias
		require.NoError(t, exp.ConsumeLogs(t.Context(), logs(attributes)))
	}
	for _, alias := range []string{"a", "b", "c"} {
		about(alias, "firing")
	}
	require.Eventually(t, func() bool { return box.Stats().Creates() == 3 }, soon, tick)
	require.NoError(t, box.SetFaults([]sandbox.Fault{{Match: sandbox.Match{Operation: fault.Resolve}, Hang: true}}))
	for _, alias := range []string{"a", "b", "c"} {
		about(alias, "resolved")
	}
	require.Eventually(t, func() bool { return box.Stats().Requests["resolve"] > 0 }, soon, tick)
	about("page", "firing")
	require.Eventually(t, func() bool { return len(box.Open("page")) == 1 }, soon, tick)
}
