// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
)

func TestProxy(t *testing.T) {
	check := func(address string) error {
		var l List
		l.Client(&confighttp.ClientConfig{ProxyURL: address})
		return l.Err()
	}
	for _, address := range []string{"", "http://proxy:3128", "socks5://user:tops3cret@proxy"} {
		require.NoError(t, check(address))
	}
	for _, address := range []string{"http://user:top s3cret@proxy", "http://user:tops3cret@proxy:port", "proxy:3128"} {
		err := check(address)
		require.ErrorContains(t, err, "proxy_url: must be a URL", address)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

// A token from a file often ends with a line break. No request could be sent with it.
func TestHeaders(t *testing.T) {
	check := func(name string, value configopaque.String) error {
		var l List
		l.Client(&confighttp.ClientConfig{Headers: configopaque.MapList{{Name: name, Value: value}}})
		return l.Err()
	}
	require.NoError(t, check("Authorization", "Bearer tops3cret"))
	require.NoError(t, check("X-Scope-OrgID", ""))
	require.EqualError(t, check("Authorization", "Bearer tops3cret\n"), `headers: the value of "Authorization" must be one line without control characters`)
	require.EqualError(t, check("a b", "tops3cret"), `headers: "a b" must be the name of an HTTP header`)
}

func TestCompression(t *testing.T) {
	check := func(algorithms ...string) error {
		var l List
		l.Server(&confighttp.ServerConfig{CompressionAlgorithms: algorithms})
		return l.Err()
	}
	for _, algorithms := range [][]string{nil, {}, {""}, {"gzip", ""}, encodings} {
		require.NoError(t, check(algorithms...))
	}
	require.ErrorContains(t, check("gzip"), `compression_algorithms: must contain ""`)
	require.ErrorContains(t, check("", "brotli"), `compression_algorithms: must not contain "brotli"; known are identity, gzip, zstd, `)
}

func TestTimesOfHTTPNeedAUnit(t *testing.T) {
	server, client := confighttp.NewDefaultServerConfig(), confighttp.NewDefaultClientConfig()
	var l List
	l.Server(&server)
	l.Client(&client)
	require.NoError(t, l.Err())
	for key, d := range map[string]*time.Duration{
		"read_timeout":                 &server.ReadTimeout,
		"read_header_timeout":          &server.ReadHeaderTimeout,
		"write_timeout":                &server.WriteTimeout,
		"keepalive::idle_timeout":      &server.Keepalive.Get().IdleTimeout,
		"http2_read_idle_timeout":      &client.HTTP2ReadIdleTimeout,
		"http2_ping_timeout":           &client.HTTP2PingTimeout,
		"keepalive::idle_conn_timeout": &client.Keepalive.Get().IdleConnTimeout,
	} {
		before := *d
		*d = 5
		var l List
		l.Server(&server)
		l.Client(&client)
		require.EqualError(t, l.Err(), key+": 5ns is too short: write the unit, as in 15s")
		*d = before
	}
}
