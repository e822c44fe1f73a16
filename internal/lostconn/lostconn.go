// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package lostconn lets HTTP clients drop connections whose other end vanished without closing them. It imports nothing of this project.
package lostconn

import (
	"cmp"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"
)

// If an HTTP/2 connection is silent for quietTimeout, the client sends a ping. Without an answer within pingTimeout, it drops the
// connection, which a firewall may have forgotten. Otherwise all its requests would time out until TCP gives up, after 15 minutes.
const (
	quietTimeout = 10 * time.Second
	pingTimeout  = 5 * time.Second
)

// Drop changes the settings so that a client drops a lost HTTP/2 connection after 15 seconds. Times that the user set stay.
func Drop(client *confighttp.ClientConfig) {
	if client.ForceAttemptHTTP2 && client.HTTP2ReadIdleTimeout == 0 { // if HTTP/2 is off, a timeout would turn it on
		client.HTTP2ReadIdleTimeout, client.HTTP2PingTimeout = quietTimeout, cmp.Or(client.HTTP2PingTimeout, pingTimeout)
	}
}
