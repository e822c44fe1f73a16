// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestDefaultsNeedOnlyAKey(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, componenttest.CheckConfigStruct(cfg))
	require.ErrorContains(t, confmap.Validate(cfg), "api_key: required")
	cfg.APIKey = "ak_live_test"
	require.NoError(t, confmap.Validate(cfg))
}

func TestLoadConfig(t *testing.T) {
	cm, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := cm.Sub("alert24/all")
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))

	want := createDefaultConfig().(*Config)
	want.ClientConfig.Endpoint = "https://alert24.example.com/api/v1"
	want.ClientConfig.Timeout = 20 * time.Second
	want.APIKey = "ak_live_test"
	storage := component.MustNewID("file_storage")
	want.Storage = &storage
	want.RetryConfig.InitialInterval = 2 * time.Second
	want.RetryConfig.MaxInterval = 3 * time.Minute
	want.SendingQueue = map[string]any{"enabled": false}
	want.MaxConcurrentRequests = 4
	want.RequestsPerSecond = 2.5
	want.RefreshInterval = 2 * time.Hour
	want.Reopen = reopenNever
	want.ResolveDelay = time.Minute
	want.SettleTime = 20 * time.Second
	want.EchoWindow = 7 * time.Minute
	want.EchoHold = 8 * time.Minute
	want.EchoSender = echoSenderAny
	want.AuditInterval = time.Minute
	want.StaleAfter = 24 * time.Hour
	want.ClosedRetention = 2 * time.Hour
	want.MaxAliases = 500
	want.Incident.Source = "alerts"
	want.Incident.Severity.Map = map[string]string{"page": "critical"}
	want.Incident.Severity.Default = "low"
	assert.Equal(t, want, cfg)
}

func TestBadConfigIsRefusedWithItsKey(t *testing.T) {
	cm, err := confmaptest.LoadConf(filepath.Join("testdata", "bad_config.yaml"))
	require.NoError(t, err)
	cases := map[string]string{
		"no_key":           "api_key: required",
		"blank_key":        "api_key: required",
		"key_and_auth":     "api_key: give either api_key or auth",
		"bad_endpoint":     "endpoint: the endpoint must be a URL",
		"endpoint_query":   "endpoint: the endpoint must not hold",
		"no_timeout":       "timeout: must be above 0",
		"no_retry":         "retry_on_failure::enabled: must be true",
		"retry_ends":       "retry_on_failure::max_elapsed_time: must be 0",
		"queue":            "sending_queue: not supported",
		"no_requests":      "max_concurrent_requests: must be from 1",
		"negative_rate":    "requests_per_second: must not be below 0",
		"no_aliases":       "max_aliases: must be above 0",
		"reopen":           `reopen: must be on_repeat or never, not "always"`,
		"echo_sender":      `echo_sender: must be known or any, not "all"`,
		"negative_refresh": "refresh_interval: must not be below 0",
		"short_retention":  "closed_retention: must not be below echo_window + echo_hold (12m0s)",
		"unknown_severity": "severity::map::page:",
		"unknown_default":  "severity::default:",
		"unknown_key":      "has invalid keys: api_keys",
	}
	assert.Len(t, cm.ToStringMap(), len(cases), "each case of the file is tested")
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			sub, err := cm.Sub("alert24/" + name)
			require.NoError(t, err)
			cfg := createDefaultConfig()
			err = sub.Unmarshal(cfg)
			if err == nil {
				err = confmap.Validate(cfg)
			}
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "ak_live_secret")
		})
	}
}
