// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestDefaultsNeedOnlyAKey(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, componenttest.CheckConfigStruct(cfg))
	require.ErrorContains(t, confmap.Validate(cfg), "api_key: required")
	cfg.APIKey = "ak_live_test"
	require.NoError(t, confmap.Validate(cfg))
}

func TestDefaults(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	assert.Equal(t, "https://app.alert24.net/api/v1", cfg.ClientConfig.Endpoint)
	assert.Equal(t, 10*time.Second, cfg.ClientConfig.Timeout)
	assert.Equal(t, time.Second, cfg.RetryConfig.InitialInterval)
	assert.Equal(t, time.Minute, cfg.RetryConfig.MaxInterval)
	assert.Equal(t, LimitsConfig{RequestsPerSecond: 15, ConcurrentRequests: 8, Aliases: 100_000, Members: 10_000}, cfg.Limits)
	assert.Equal(t, incident.Config{
		Source: "prometheus", DescriptionFormat: "text", Severity: incident.SeverityConfig{Label: "severity", Default: "medium", Ignore: []string{"none"}},
		Tags: incident.TagsConfig{Labels: []string{"*"}}, Services: incident.ServicesConfig{By: incident.ServicesByID}, SendLabels: "create", InitialStatus: "new",
	}, cfg.Incident)
	assert.Equal(t, LifecycleConfig{
		Reopen: "on_repeat", OnRise: "update", Foreign: "leave", RefreshInterval: time.Hour, AuditInterval: 10 * time.Minute,
		SettleTime: 15 * time.Second, ClosedRetention: time.Hour,
	}, cfg.Lifecycle)
	assert.Equal(t, EchoConfig{Window: 6 * time.Minute, Hold: 6 * time.Minute}, cfg.Echo)
	assert.Equal(t, WatchdogConfig{MissingAfter: 15 * time.Minute}, cfg.Watchdog)
	assert.False(t, cfg.Policy().EchoAnySender)
	assert.False(t, cfg.DryRun)
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
	want.RetryConfig.Multiplier, want.RetryConfig.RandomizationFactor = 2, 0.1
	want.SendingQueue = configoptional.None[exporterhelper.QueueBatchConfig]()
	want.Limits = LimitsConfig{RequestsPerSecond: 2.5, ConcurrentRequests: 4, Aliases: 500, Members: 20}
	want.Incident = incident.Config{
		Source: "alerts", Title: "{{ .Alias }}", Description: "{{ .Name }}", DescriptionFormat: incident.Markdown,
		ImpactDescription: "Users wait.",
		Severity: incident.SeverityConfig{
			Label: "priority", Annotation: "prio", Template: "{{ .Labels.tier }}", Map: map[string]string{"page": "critical"},
			Default: "low", Min: "high", Ignore: []string{"none"}, OnlyRises: true,
		},
		Tags:          incident.TagsConfig{Labels: []string{"team"}, Template: "region:eu"},
		SendLabels:    incident.LabelsAlways,
		Services:      incident.ServicesConfig{Label: "job", Map: map[string]string{"api": "svc-1"}, By: incident.ServicesByName},
		AssignedTo:    incident.IDConfig{Label: "team", Map: map[string]string{"backend": "user-1"}},
		InitialStatus: "investigating",
	}
	want.Lifecycle = LifecycleConfig{
		Reopen: ReopenNever, OnRise: RiseRenew, Foreign: ForeignAdopt, ResolveDelay: time.Minute, StaleAfter: 24 * time.Hour,
		RefreshInterval: 2 * time.Hour, AuditInterval: time.Minute, SettleTime: 20 * time.Second, ClosedRetention: 2 * time.Hour,
	}
	want.Echo = EchoConfig{Window: 7 * time.Minute, Hold: 8 * time.Minute, Sender: EchoSenderAny}
	want.Watchdog = WatchdogConfig{
		Matchers: []string{`alertname="Watchdog"`}, MissingAfter: 10 * time.Minute, GroupBy: []string{"cluster"},
		HeartbeatURL: "https://app.alert24.net/api/hb/s3cret", HoldResolves: true,
	}
	want.Status = configoptional.Some(statusOf("localhost:9096", 5*time.Second))
	want.Telemetry.OptionalMetrics = true
	want.DryRun = true
	assert.Equal(t, want, cfg)
	assert.Equal(t, &protocol.Policy{
		SettleTime: 20 * time.Second, EchoWindow: 7 * time.Minute, EchoHold: 8 * time.Minute, EchoAnySender: true,
		Refresh: 2 * time.Hour, ReopenNever: true, Renew: true, ResolveDelay: time.Minute, StaleAfter: 24 * time.Hour,
		ClosedRetention: 2 * time.Hour, Members: 20,
		Backoff: protocol.Backoff{
			Initial: 2 * time.Second, Max: 3 * time.Minute, Multiplier: 2, RandomizationFactor: 0.1,
			Slow: protocol.Slow, Hourly: protocol.Hourly, SlowAfter: protocol.SlowAfter,
		},
	}, cfg.Policy())
}

func TestEverySectionIsValid(t *testing.T) {
	cm, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for section := range cm.ToStringMap() {
		sub, err := cm.Sub(section)
		require.NoError(t, err)
		cfg := createDefaultConfig().(*Config)
		require.NoError(t, sub.Unmarshal(cfg), section)
		require.NoError(t, confmap.Validate(cfg), section)
	}
}

func statusOf(endpoint string, readTimeout time.Duration) confighttp.ServerConfig {
	c := newStatusConfig()
	c.NetAddr.Endpoint, c.ReadTimeout = endpoint, readTimeout
	return c
}

func TestBadConfigIsRefusedWithItsKey(t *testing.T) { //nolint:funlen // one table of cases
	cm, err := confmaptest.LoadConf(filepath.Join("testdata", "bad_config.yaml"))
	require.NoError(t, err)
	cases := map[string]string{
		"no_key":                    "api_key: required",
		"blank_key":                 "api_key: required",
		"key_and_auth":              "api_key: give either api_key or auth",
		"key_of_two_lines":          "api_key: the key holds white space",
		"bad_endpoint":              "endpoint: the endpoint must be a URL",
		"endpoint_query":            "endpoint: the endpoint must not contain",
		"no_timeout":                "timeout: must be above 0",
		"bad_proxy":                 "proxy_url: must be a URL like http://proxy:3128",
		"header_of_two_lines":       `headers: the value of "X" must be one line without control characters`,
		"storage_and_database":      "database: give either storage, for one bridge, or database, for several replicas, not both",
		"database_without_url":      "database::url is empty",
		"database_bad_url":          "database::url cannot be understood",
		"database_bad_schema":       "database::schema must not begin with pg_",
		"database_short_lease":      "database::lease is 100ms: set it to between 1s and 5m0s",
		"no_retry":                  "retry_on_failure::enabled: must be true",
		"retry_ends":                "retry_on_failure::max_elapsed_time: must be 0",
		"retry_at_once":             "retry_on_failure::initial_interval: must be above 0",
		"retry_shrinks":             "retry_on_failure::max_interval: must not be below retry_on_failure::initial_interval",
		"retry_grows_by_nothing":    "retry_on_failure::multiplier: must be a finite number",
		"retry_grows_endlessly":     "retry_on_failure::multiplier: must be a finite number",
		"retry_jitter":              "retry_on_failure::randomization_factor: must be from 0 to 1",
		"queue":                     "sending_queue: not supported",
		"queue_by_default":          "sending_queue: not supported",
		"no_requests":               "limits::concurrent_requests: must be from 1 to 1000",
		"many_requests":             "limits::concurrent_requests: must be from 1 to 1000",
		"negative_rate":             "limits::requests_per_second: must not be below 0",
		"no_rate":                   "limits::requests_per_second: must not be below 0",
		"hardly_any_rate":           "limits::requests_per_second: must be at least 0.01; 0 means no limit",
		"endless_rate":              "limits::requests_per_second: must not be infinite; 0 means no limit",
		"no_aliases":                "limits::aliases: must be above 0",
		"no_members":                "limits::members: must be above 0",
		"source":                    "incident::source: must be 1 to 50",
		"title":                     "incident::title:1:3:",
		"description":               "incident::description:1:",
		"description_format":        `incident::description_format: must be text or markdown, not "html"`,
		"impact_description":        "incident::impact_description:1:",
		"severity_label":            "incident::severity::label: must not be empty",
		"severity_template":         "incident::severity::template:1:",
		"severity_map":              "incident::severity::map::page: unknown severity",
		"severity_default":          "incident::severity::default: unknown severity",
		"severity_min":              "incident::severity::min: unknown severity",
		"tags_labels":               "incident::tags::labels: must not contain an empty name",
		"tags_template":             "incident::tags::template:1:",
		"send_labels":               `incident::send_labels: must be create, always or never, not "false"`,
		"services":                  "incident::services: label and map go together",
		"services_by":               `incident::services::by: must be id or name, not "names"`,
		"assigned_to":               "incident::assigned_to::map::backend: must not be empty",
		"initial_status":            `incident::initial_status: must be one of new, `,
		"reopen":                    `lifecycle::reopen: must be on_repeat or never, not "always"`,
		"on_rise":                   `lifecycle::on_rise: must be update or renew, not "page"`,
		"foreign":                   `lifecycle::foreign: must be leave or adopt, not "take"`,
		"echo_sender":               `echo::sender: must be known or any, not "all"`,
		"retention_of_echoes":       "lifecycle::closed_retention: must not be below echo::window + echo::hold (12m0s)",
		"endless_echoes":            "echo::window: 2562047h0m0s is too long: the maximum is 87600h0m0s",
		"status_compression":        `status::compression_algorithms: must contain "", which stands for requests that are not compressed`,
		"status_without_unit":       "status::read_timeout: 5ns is too short",
		"assigned_to_blank":         "incident::assigned_to::map::backend: must not be empty",
		"retention_of_requests":     "lifecycle::closed_retention: must not be below lifecycle::settle_time + timeout (2h0m10s)",
		"watchdog_without_matchers": "watchdog::matchers: required with the other keys of watchdog",
		"watchdog_matchers":         `watchdog::matchers[1]: "a": end of input`,
		"watchdog_at_once":          "watchdog::missing_after: must be above 0",
		"watchdog_group_by":         `watchdog::group_by[1]: "cluster" is empty or appears twice`,
		"watchdog_heartbeat_url":    "watchdog::heartbeat_url: must be a URL that begins with https:// or http://",
		"watchdog_unknown_key":      "has invalid keys: matcher",
		"unknown_key":               "has invalid keys: api_keys",
		"unknown_group_key":         "has invalid keys: reopn",
	}
	assert.Len(t, cm.ToStringMap(), len(cases), "each case of the file is tested")
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			sub, err := cm.Sub("alert24/" + name)
			require.NoError(t, err)
			cfg := createDefaultConfig()
			if err = sub.Unmarshal(cfg); err == nil {
				err = confmap.Validate(cfg)
				require.Error(t, err)
				assert.True(t, strings.HasPrefix(err.Error(), want), err)
			}
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "ak_live_secret")
		})
	}
}

func TestDurationsNeedAUnit(t *testing.T) {
	for key, at := range map[string]func(*Config) *time.Duration{
		"timeout":                            func(c *Config) *time.Duration { return &c.ClientConfig.Timeout },
		"retry_on_failure::initial_interval": func(c *Config) *time.Duration { return &c.RetryConfig.InitialInterval },
		"retry_on_failure::max_interval":     func(c *Config) *time.Duration { return &c.RetryConfig.MaxInterval },
		"lifecycle::resolve_delay":           func(c *Config) *time.Duration { return &c.Lifecycle.ResolveDelay },
		"lifecycle::stale_after":             func(c *Config) *time.Duration { return &c.Lifecycle.StaleAfter },
		"lifecycle::refresh_interval":        func(c *Config) *time.Duration { return &c.Lifecycle.RefreshInterval },
		"lifecycle::audit_interval":          func(c *Config) *time.Duration { return &c.Lifecycle.AuditInterval },
		"lifecycle::settle_time":             func(c *Config) *time.Duration { return &c.Lifecycle.SettleTime },
		"lifecycle::closed_retention":        func(c *Config) *time.Duration { return &c.Lifecycle.ClosedRetention },
		"echo::window":                       func(c *Config) *time.Duration { return &c.Echo.Window },
		"echo::hold":                         func(c *Config) *time.Duration { return &c.Echo.Hold },
		"watchdog::missing_after":            func(c *Config) *time.Duration { return &c.Watchdog.MissingAfter },
	} {
		cfg := createDefaultConfig().(*Config)
		cfg.APIKey = "ak_live_test"
		*at(cfg) = -time.Second
		require.ErrorContains(t, cfg.Validate(), key+": must not be below 0")

		cm := confmap.NewFromStringMap(map[string]any{"api_key": "ak_live_test", key: 15})
		cfg = createDefaultConfig().(*Config)
		require.NoError(t, cm.Unmarshal(cfg))
		require.ErrorContains(t, cfg.Validate(), key+": 15ns is too short: write the unit, as in 15s")
	}
}

func TestUnencrypted(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://app.alert24.net/api/v1":  false,
		"http://localhost:8024/api/v1":    false,
		"http://127.0.0.1/api/v1":         false,
		"http://127.1.2.3:80/api/v1":      false,
		"http://[::1]:8024/api/v1":        false,
		"http://app.alert24.net/api/v1":   true,
		"HTTP://10.0.0.1:8024/api/v1":     true,
		"http://localhost.example/api/v1": true,
	} {
		cfg := createDefaultConfig().(*Config)
		cfg.ClientConfig.Endpoint = endpoint
		assert.Equal(t, want, cfg.unencrypted(), endpoint)
	}
}

func TestDatabaseHasDefaultsAndHidesItsURL(t *testing.T) {
	for sender, want := range map[string]bool{"": true, "known": false, "any": true} {
		keys := map[string]any{"api_key": "ak_live_test", "database": map[string]any{"url": "postgres://bridge:s3cret@db/bridge"}}
		if sender != "" {
			keys["echo"] = map[string]any{"sender": sender}
		}
		cfg := createDefaultConfig().(*Config)
		require.NoError(t, confmap.NewFromStringMap(keys).Unmarshal(cfg))
		require.NoError(t, confmap.Validate(cfg))
		assert.Equal(t, want, cfg.Policy().EchoAnySender, sender)
		assert.True(t, cfg.Policy().Punctual)
		assert.Equal(t, &DatabaseConfig{URL: "postgres://bridge:s3cret@db/bridge", Schema: "otelcol_alert24", Lease: 10 * time.Second}, cfg.Database.Get())
		printed := confmap.New()
		require.NoError(t, printed.Marshal(cfg))
		assert.NotContains(t, fmt.Sprint(printed.ToStringMap()), "s3cret")
	}
}
