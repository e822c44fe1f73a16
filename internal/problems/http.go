// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/config/confighttp"
	"golang.org/x/net/http/httpguts"
)

// Client adds problems of the settings of an HTTP client that its caller does not check itself. With a header that cannot be sent, no
// request can.
func (l *List) Client(c *confighttp.ClientConfig) {
	l.proxy(c.ProxyURL)
	for name, value := range c.Headers.Iter {
		l.If(!httpguts.ValidHeaderFieldName(name), "headers: %q must be the name of an HTTP header", name)
		l.If(!httpguts.ValidHeaderFieldValue(string(value)), "headers: the value of %q must be one line without control characters", name)
	}
	l.NoUnit("http2_read_idle_timeout", c.HTTP2ReadIdleTimeout)
	l.NoUnit("http2_ping_timeout", c.HTTP2PingTimeout)
	if c.Keepalive.HasValue() {
		l.NoUnit("keepalive::idle_conn_timeout", c.Keepalive.Get().IdleConnTimeout)
	}
}

// Server adds problems of the settings of an HTTP server.
func (l *List) Server(c *confighttp.ServerConfig) {
	l.compression(c.CompressionAlgorithms)
	l.NoUnit("read_timeout", c.ReadTimeout)
	l.NoUnit("read_header_timeout", c.ReadHeaderTimeout)
	l.NoUnit("write_timeout", c.WriteTimeout)
	if c.Keepalive.HasValue() {
		l.NoUnit("keepalive::idle_timeout", c.Keepalive.Get().IdleTimeout)
	}
}

// proxy adds a problem if the address of a proxy is not a URL. It does not show the address, which may have a password.
func (l *List) proxy(address string) {
	if address == "" {
		return
	}
	u, err := url.ParseRequestURI(address)
	l.If(err != nil || u.Host == "", "proxy_url: must be a URL like http://proxy:3128, with special characters in the password written as %%XX")
}

// encodings are those that the collector's HTTP server can decode; "" stands for requests that are not compressed.
var encodings = []string{"", "identity", "gzip", "zstd", "zlib", "deflate", "snappy", "x-snappy-framed", "lz4"}

// compression adds a problem if a server with these compression algorithms refuses all requests that are not compressed, or panics at
// those with an unknown encoding.
func (l *List) compression(algorithms []string) {
	const key = "compression_algorithms"
	l.If(len(algorithms) > 0 && !slices.Contains(algorithms, ""),
		`%s: must contain "", which stands for requests that are not compressed: the others are refused`, key)
	for _, name := range algorithms {
		l.If(!slices.Contains(encodings, name), "%s: must not contain %q; known are %s", key, name, strings.Join(encodings[1:], ", "))
	}
}
