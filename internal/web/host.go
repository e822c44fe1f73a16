// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ForThisMachine reports whether the request's Host names this machine. A server that listens on this machine only should refuse other
// requests: a foreign web page can give its own name the address of this machine, and so read, from a browser here, what only this
// machine may see.
func ForThisMachine(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(r.Host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
