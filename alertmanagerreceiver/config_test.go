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
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/alert24/otelcol-alert24/internal/webhook"
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
	all.Limits = LimitsConfig{LabelsPerAlert: 64, ValueBytes: 1024, ConcurrentRequests: 8}
	all.Alias = AliasConfig{
		Labels:       []string{"alertname", "cluster", "instance"},
		Separator:    "/",
		MissingLabel: webhook.MissingFingerprint,
		Exclude:      []string{"severity", "pod"},
		Prefix:       "prod-",
		Rules: []AliasRuleConfig{
			{
				Matchers: []string{`alertname=~"Kube.*"`, `"my.label" != x`}, Labels: []string{"alertname", "namespace", "pod"},
				Separator: ":", MissingLabel: webhook.MissingSkip, Exclude: []string{}, Prefix: new(string),
			},
			{Matchers: []string{"job=db"}, Exclude: []string{"state"}},
		},
	}
	all.HMAC = configoptional.Some(HMACConfig{
		Secret:             "a shared secret",
		Header:             "X-Signature",
		TimestampHeader:    "X-Grafana-Alerting-Timestamp",
		TimestampTolerance: time.Minute,
	})
	all.Sync.Endpoints = []string{"http://alertmanager-0:9093", "https://mimir.example.com/alertmanager"}
	all.Sync.Interval, all.Sync.AbsentFor, all.Sync.StartupGrace = 30*time.Second, 90*time.Second, 10*time.Minute
	all.Sync.Repair, all.Sync.Receiver = RepairBoth, "alert24"
	all.Sync.ClientConfig.Timeout = 4 * time.Second
	all.Sync.ClientConfig.Headers = configopaque.MapList{{Name: "X-Scope-OrgID", Value: "team-1"}}
	all.Telemetry.OptionalMetrics = true

	for section, want := range map[string]*Config{"alertmanager": defaultConfig(), "alertmanager/all": all} {
		t.Run(section, func(t *testing.T) {
			sub, err := file.Sub(section)
			require.NoError(t, err)
			got := defaultConfig()
			require.NoError(t, sub.Unmarshal(got))
			require.NoError(t, confmap.Validate(got))
			// Unmarshal merges keepalive into private fields, so only the other fields are compared.
			got.ServerConfig, want.ServerConfig = comparableServer(got.ServerConfig), comparableServer(want.ServerConfig)
			assert.Equal(t, want, got)
		})
	}
}

func TestEverySectionIsValid(t *testing.T) {
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for section := range file.ToStringMap() {
		sub, err := file.Sub(section)
		require.NoError(t, err)
		cfg := defaultConfig()
		require.NoError(t, sub.Unmarshal(cfg), section)
		require.NoError(t, confmap.Validate(cfg), section)
	}
}

// comparableServer keeps the server settings that this receiver or the test sets.
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
	assert.EqualValues(t, 67108864, cfg.ServerConfig.MaxRequestBodySize)
	assert.Equal(t, 30*time.Second, cfg.ServerConfig.ReadTimeout)
	assert.Equal(t, 5*time.Second, cfg.ShutdownTimeout)
	assert.Equal(t, LimitsConfig{LabelsPerAlert: 256, ValueBytes: 16384, ConcurrentRequests: 64}, cfg.Limits)
	assert.Equal(t, AliasConfig{
		Labels: []string{"alertname", "instance"}, Separator: ":", MissingLabel: webhook.MissingHash, Exclude: []string{
			"severity", "alert_severity", "severity_level", "threshold.name",
			"prometheus_replica", "thanos_ruler_replica", "rule_replica", "__replica__",
		},
	}, cfg.Alias)
	assert.False(t, cfg.HMAC.HasValue())
}

const badPath = "path: must start with / and not end with /, without empty parts, spaces and {}?#%"

// aliasRule is a configuration with one alias rule.
func aliasRule(rule map[string]any) map[string]any {
	return map[string]any{"alias": map[string]any{"rules": []any{rule}}}
}

func TestRefusedConfig(t *testing.T) { //nolint:funlen // one table of cases
	for _, tt := range []struct {
		conf map[string]any
		want string
	}{
		{map[string]any{"endpoint": ""}, "endpoint: must be set, for example localhost:9095"},
		{map[string]any{"path": "alertmanager"}, badPath},
		{map[string]any{"path": "/a?token=x"}, badPath},
		{map[string]any{"path": "/a/"}, badPath},
		{map[string]any{"path": "/a//b"}, badPath},
		{map[string]any{"path": "/-/ready"}, "path: /-/ready is where the receiver answers readiness probes; choose another"},
		{map[string]any{"max_request_body_size": -1}, "max_request_body_size: must be above 0"},
		{map[string]any{"max_request_body_size": 0}, "max_request_body_size: must be above 0"},
		{map[string]any{"read_timeout": "0s"}, "read_timeout: must be above 0, or a slow sender holds a place forever"},
		{map[string]any{"shutdown_timeout": "0s"}, "shutdown_timeout: must be above 0"},
		{map[string]any{"shutdown_timeout": 5}, "shutdown_timeout: 5ns is too short: write the unit, as in 15s"},
		{map[string]any{"read_timeout": 30}, "read_timeout: 30ns is too short: write the unit, as in 15s"},
		{
			map[string]any{"compression_algorithms": []any{"gzip"}},
			`compression_algorithms: must contain "", which stands for requests that are not compressed: the others are refused`,
		},
		{aliasRule(map[string]any{"prefix": "x"}), "alias::rules::0::matchers: must contain at least one matcher, for example alertname=~\"Kube.*\""},
		{aliasRule(map[string]any{"matchers": []any{"a=~b("}, "prefix": "x"}), "alias::rules::0::matchers[0]: \"a=~b(\": failed to create matcher: error parsing regexp: missing closing ): `^(?:b()$`"},
		{aliasRule(map[string]any{"matchers": []any{"a=b", "{}"}, "prefix": "x"}), `alias::rules::0::matchers[1]: "{}": there is no matcher`},
		{
			aliasRule(map[string]any{"matchers": []any{"a=b"}}),
			"alias::rules::0::labels: set these, or separator, missing_label, exclude or prefix",
		},
		{aliasRule(map[string]any{"matchers": []any{"a=b"}, "labels": []any{"a", "a"}}), `alias::rules::0::labels: "a" appears twice`},
		{
			aliasRule(map[string]any{"matchers": []any{"a=b"}, "missing_label": "none"}),
			`alias::rules::0::missing_label: must be hash, fingerprint, empty or skip, not "none"`,
		},
		{aliasRule(map[string]any{"matchers": []any{"a=b"}, "prefix": "\t"}), "alias::rules::0::prefix: must not contain control characters"},
		{
			map[string]any{"path": "/a/", "limits": map[string]any{"value_bytes": 1, "concurrent_requests": 0}, "sync": map[string]any{"interval": 1}},
			badPath + "\nlimits::value_bytes: must be at least 64\nlimits::concurrent_requests: must be at least 1\n" +
				"sync::interval: 1ns is too short: the minimum is 1s; write the unit, as in 15s",
		},
		{map[string]any{"limits": map[string]any{"labels_per_alert": 0}}, "limits::labels_per_alert: must be at least 1"},
		{map[string]any{"limits": map[string]any{"value_bytes": 63}}, "limits::value_bytes: must be at least 64"},
		{map[string]any{"limits": map[string]any{"concurrent_requests": 0}}, "limits::concurrent_requests: must be at least 1"},
		{map[string]any{"alias": map[string]any{"labels": []any{}}}, "alias::labels: must name at least one label"},
		{map[string]any{"alias": map[string]any{"labels": []any{"a", ""}}}, "alias::labels: must not contain an empty name"},
		{map[string]any{"alias": map[string]any{"labels": []any{"a", "b", "a"}}}, `alias::labels: "a" appears twice`},
		{
			map[string]any{"alias": map[string]any{"separator": ""}},
			"alias::separator: must not be empty, or different alerts share an alias",
		},
		{map[string]any{"alias": map[string]any{"prefix": "a\n"}}, "alias::prefix: must not contain control characters"},
		{
			map[string]any{"alias": map[string]any{"prefix": fmt.Sprintf("%0101d", 1)}},
			"alias::prefix: must not be longer than 100 bytes",
		},
		{
			map[string]any{"alias": map[string]any{"missing_label": "drop"}},
			`alias::missing_label: must be hash, fingerprint, empty or skip, not "drop"`,
		},
		{map[string]any{"hmac": map[string]any{"header": "X-Signature"}}, "hmac::secret: must be set"},
		{map[string]any{"hmac": map[string]any{"secret": "\n"}}, "hmac::secret: must be set"},
		{
			map[string]any{"hmac": map[string]any{"secret": "s", "header": "X Signature"}},
			"hmac::header: must be the name of an HTTP header",
		},
		{
			map[string]any{"hmac": map[string]any{"secret": "s", "timestamp_header": "a:b"}},
			"hmac::timestamp_header: must be the name of an HTTP header",
		},
		{
			map[string]any{"hmac": map[string]any{"secret": "s", "header": "X-Sent", "timestamp_header": "x-sent"}},
			"hmac::timestamp_header: must not be the same as header",
		},
		{
			map[string]any{"hmac": map[string]any{"secret": "s", "timestamp_tolerance": "0s"}},
			"hmac::timestamp_tolerance: must be above 0",
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

// A rule may have no prefix and exclude nothing, although alias has.
func TestRuleMayHaveNothing(t *testing.T) {
	usual := webhook.AliasRule{Labels: []string{"a"}, Separator: ":", MissingLabel: webhook.MissingHash, Exclude: []string{"severity"}, Prefix: "prod "}
	assert.Equal(t, usual, (&AliasRuleConfig{}).over(usual))
	r := (&AliasRuleConfig{Exclude: []string{}, Prefix: new(string)}).over(usual)
	assert.Empty(t, r.Exclude)
	assert.Empty(t, r.Prefix)
}
