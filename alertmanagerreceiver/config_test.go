// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestLoadConfig(t *testing.T) {
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)

	all := defaultConfig()
	all.ServerConfig.NetAddr.Endpoint = "0.0.0.0:9999"
	all.ServerConfig.MaxRequestBodySize = 1 << 20
	all.ServerConfig.ReadTimeout = 7 * time.Second
	all.ServerConfig.Auth = configoptional.Some(confighttp.AuthConfig{
		Config: configauth.Config{AuthenticatorID: component.MustNewIDWithName("bearertokenauth", "webhook")},
	})
	all.Path = "/hooks/prod"
	all.ShutdownTimeout = 3 * time.Second
	all.Limits = limitsConfig{Alerts: 500, LabelsPerAlert: 64, ValueBytes: 1024, ConcurrentRequests: 8}
	all.Alias = aliasConfig{
		Labels:       []string{"alertname", "cluster", "instance"},
		Separator:    "/",
		MissingLabel: missingFingerprint,
		Exclude:      []string{"severity", "pod"},
		Prefix:       "prod-",
	}
	all.HMAC = configoptional.Some(hmacConfig{
		Secret:             "a shared secret",
		Header:             "X-Grafana-Alerting-Signature",
		TimestampHeader:    "X-Grafana-Alerting-Timestamp",
		TimestampTolerance: time.Minute,
	})

	for section, want := range map[string]*Config{"alertmanager": defaultConfig(), "alertmanager/all": all} {
		t.Run(section, func(t *testing.T) {
			sub, err := file.Sub(section)
			require.NoError(t, err)
			got := defaultConfig()
			require.NoError(t, sub.Unmarshal(got))
			require.NoError(t, confmap.Validate(got))
			// Unmarshal folds keepalive into private fields, so compare the rest.
			got.ServerConfig, want.ServerConfig = comparableServer(got.ServerConfig), comparableServer(want.ServerConfig)
			assert.Equal(t, want, got)
		})
	}
}

// comparableServer keeps the settings of the server that this receiver or the test sets.
func comparableServer(c confighttp.ServerConfig) confighttp.ServerConfig {
	kept := confighttp.NewDefaultServerConfig()
	kept.NetAddr, kept.Auth = c.NetAddr, c.Auth
	kept.MaxRequestBodySize, kept.CompressionAlgorithms = c.MaxRequestBodySize, c.CompressionAlgorithms
	kept.ReadTimeout, kept.ReadHeaderTimeout, kept.WriteTimeout = c.ReadTimeout, c.ReadHeaderTimeout, c.WriteTimeout
	return kept
}

func TestDefaults(t *testing.T) {
	cfg := defaultConfig()
	assert.Equal(t, "localhost:9095", cfg.ServerConfig.NetAddr.Endpoint)
	assert.Equal(t, "/alertmanager", cfg.Path)
	assert.EqualValues(t, 10485760, cfg.ServerConfig.MaxRequestBodySize)
	assert.Equal(t, 30*time.Second, cfg.ServerConfig.ReadTimeout)
	assert.Equal(t, 5*time.Second, cfg.ShutdownTimeout)
	assert.Equal(t, limitsConfig{Alerts: 10000, LabelsPerAlert: 256, ValueBytes: 16384, ConcurrentRequests: 64}, cfg.Limits)
	assert.Equal(t, aliasConfig{
		Labels: []string{"alertname", "instance"}, Separator: ":", MissingLabel: missingHash, Exclude: []string{"severity"},
	}, cfg.Alias)
	assert.False(t, cfg.HMAC.HasValue())
}

func TestRefusedConfig(t *testing.T) {
	for _, tt := range []struct {
		conf map[string]any
		want string
	}{
		{map[string]any{"endpoint": ""}, "endpoint: must be set, for example localhost:9095"},
		{map[string]any{"path": "alertmanager"}, "path: must start with / and hold no space and none of {}?#%"},
		{map[string]any{"path": "/a?token=x"}, "path: must start with / and hold no space and none of {}?#%"},
		{map[string]any{"path": "/-/ready"}, "path: /-/ready is where the receiver answers readiness probes; choose another"},
		{map[string]any{"max_request_body_size": -1}, "max_request_body_size: must be positive"},
		{map[string]any{"max_request_body_size": 0}, "max_request_body_size: must be positive"},
		{map[string]any{"read_timeout": "0s"}, "read_timeout: must be positive, or a slow sender holds a place for ever"},
		{map[string]any{"shutdown_timeout": "0s"}, "shutdown_timeout: must be positive"},
		{map[string]any{"limits": map[string]any{"alerts": 0}}, "limits: alerts: must be between 1 and 1048575"},
		{map[string]any{"limits": map[string]any{"alerts": 1 << 20}}, "limits: alerts: must be between 1 and 1048575"},
		{map[string]any{"limits": map[string]any{"labels_per_alert": 0}}, "limits: labels_per_alert: must be at least 1"},
		{map[string]any{"limits": map[string]any{"value_bytes": 63}}, "limits: value_bytes: must be at least 64"},
		{map[string]any{"limits": map[string]any{"concurrent_requests": 0}}, "limits: concurrent_requests: must be at least 1"},
		{map[string]any{"alias": map[string]any{"labels": []any{}}}, "alias: labels: must name at least one label"},
		{map[string]any{"alias": map[string]any{"labels": []any{"a", ""}}}, "alias: labels: must not hold an empty name"},
		{map[string]any{"alias": map[string]any{"labels": []any{"a", "b", "a"}}}, `alias: labels: "a" is there twice`},
		{
			map[string]any{"alias": map[string]any{"separator": ""}},
			"alias: separator: must not be empty, or different alerts share an alias",
		},
		{map[string]any{"alias": map[string]any{"prefix": "a\n"}}, "alias: separator, prefix: must not hold control characters"},
		{
			map[string]any{"alias": map[string]any{"prefix": fmt.Sprintf("%0101d", 1)}},
			"alias: prefix: must not be longer than 100 bytes",
		},
		{
			map[string]any{"alias": map[string]any{"missing_label": "drop"}},
			`alias: missing_label: must be hash, fingerprint or empty, not "drop"`,
		},
		{map[string]any{"hmac": map[string]any{"header": "X-Signature"}}, "hmac: secret: must be set"},
		{
			map[string]any{"hmac": map[string]any{"secret": "s", "header": "X Signature"}},
			"hmac: header: must be the name of an HTTP header",
		},
		{
			map[string]any{"hmac": map[string]any{"secret": "s", "timestamp_header": "a:b"}},
			"hmac: timestamp_header: must be the name of an HTTP header",
		},
		{
			map[string]any{"hmac": map[string]any{"secret": "s", "timestamp_tolerance": "0s"}},
			"hmac: timestamp_tolerance: must be positive",
		},
	} {
		t.Run(tt.want, func(t *testing.T) {
			cfg := defaultConfig()
			require.NoError(t, confmap.NewFromStringMap(tt.conf).Unmarshal(cfg))
			require.EqualError(t, confmap.Validate(cfg), tt.want)
		})
	}
}

func TestUnknownKeyIsRefused(t *testing.T) {
	err := confmap.NewFromStringMap(map[string]any{"alias": map[string]any{"label": "alertname"}}).Unmarshal(defaultConfig())
	require.ErrorContains(t, err, "label")
}

func TestSecretIsNotShown(t *testing.T) {
	cfg := defaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"hmac": map[string]any{"secret": "tops3cret"}}).Unmarshal(cfg))
	shown := confmap.New()
	require.NoError(t, shown.Marshal(cfg))
	assert.NotContains(t, fmt.Sprint(shown.ToStringMap()), "tops3cret")
	assert.NotContains(t, fmt.Sprintf("%+v", cfg.HMAC.Get()), "tops3cret")
}
