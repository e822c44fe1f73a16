// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
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
