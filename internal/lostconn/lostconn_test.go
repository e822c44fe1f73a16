// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package lostconn

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDrop(t *testing.T) {
	client := confighttp.NewDefaultClientConfig()
	Drop(&client)
	assert.Equal(t, 10*time.Second, client.HTTP2ReadIdleTimeout)
	assert.Equal(t, 5*time.Second, client.HTTP2PingTimeout)

	own := confighttp.NewDefaultClientConfig()
	own.HTTP2PingTimeout = time.Second
	Drop(&own)
	assert.Equal(t, time.Second, own.HTTP2PingTimeout, "the user's own time")

	own = confighttp.NewDefaultClientConfig()
	own.HTTP2ReadIdleTimeout = time.Minute
	Drop(&own)
	assert.Equal(t, time.Minute, own.HTTP2ReadIdleTimeout, "the user's own time")
	assert.Zero(t, own.HTTP2PingTimeout)

	off := confighttp.NewDefaultClientConfig()
	off.ForceAttemptHTTP2 = false
	Drop(&off)
	assert.Zero(t, off.HTTP2ReadIdleTimeout, "HTTP/2 that is off stays off")
}
