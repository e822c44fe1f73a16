// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"cmp"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/lostconn"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// Config is the configuration of the receiver.
type Config struct {
	// ServerConfig holds all settings of the HTTP server: endpoint, tls, auth, read_timeout, max_request_body_size …
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`

	// Path is the path for webhooks. It starts with a slash.
	Path string `mapstructure:"path"`

	// ShutdownTimeout is how long a shutdown waits for requests in progress before it cuts them off.
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"`

	// Limits bounds the size of records and the number of webhooks in progress.
	Limits LimitsConfig `mapstructure:"limits"`

	// Alias sets how the alias, the deduplication key of an alert, is made.
	Alias AliasConfig `mapstructure:"alias"`

	// HMAC requires that every webhook has a signature like Grafana's. It is off unless it has a secret.
	HMAC configoptional.Optional[HMACConfig] `mapstructure:"hmac"`

	// Sync asks Alertmanager for its list of alerts. It is off unless it has endpoints.
	Sync SyncConfig `mapstructure:"sync"`

	// Telemetry sets which metrics the receiver records.
	Telemetry TelemetryConfig `mapstructure:"telemetry"`
}

// SyncConfig sets how Alertmanager is asked for its list of alerts.
type SyncConfig struct {
	// ClientConfig holds the settings of the HTTP client except the endpoint: tls, auth, headers, timeout …
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`
	// Endpoints are the addresses of all members of the cluster, without /api/v2.
	Endpoints []string `mapstructure:"endpoints"`
	// Interval is the time between two lists.
	Interval time.Duration `mapstructure:"interval"`
	// AbsentFor is how long an alert must be absent from complete lists before it counts as resolved.
	AbsentFor time.Duration `mapstructure:"absent_for"`
	// StartupGrace is how long an Alertmanager may need after its start to learn all alerts. Until then, its lists close nothing.
	StartupGrace time.Duration `mapstructure:"startup_grace"`
	// Repair is resolves or both: whether lists only resolve alerts whose resolve never came, or also open incidents for alerts whose firing
	// never came.
	Repair Repair `mapstructure:"repair"`
	// Receiver is the name of the receiver in Alertmanager's configuration that sends to this one. With repair both it is required.
	Receiver string `mapstructure:"receiver"`
}

// Repair says which missing webhooks the lists replace.
type Repair string

// Values of Repair.
const (
	RepairResolves Repair = "resolves"
	RepairBoth     Repair = "both"
)

// TelemetryConfig sets which metrics the receiver records.
type TelemetryConfig struct {
	// OptionalMetrics also records metrics that only the dashboard needs.
	OptionalMetrics bool `mapstructure:"optional_metrics"`
}

// LimitsConfig bounds the size of records and the number of webhooks in progress.
type LimitsConfig struct {
	// LabelsPerAlert is the maximum number of labels, and of annotations, that a record keeps.
	LabelsPerAlert int `mapstructure:"labels_per_alert"`
	// ValueBytes is the maximum length of a text in a record, in bytes. Longer texts are cut.
	ValueBytes int `mapstructure:"value_bytes"`
	// ConcurrentRequests is the maximum number of webhooks in progress; others wait for a moment. Large ones count more
	// than once.
	ConcurrentRequests int `mapstructure:"concurrent_requests"`
}

// AliasConfig sets how the alias of an alert is made.
type AliasConfig struct {
	// Labels lists the labels whose values, joined by Separator, are the alias.
	Labels []string `mapstructure:"labels"`
	// Separator is the text between the values.
	Separator string `mapstructure:"separator"`
	// MissingLabel says what replaces a label that the alert lacks: hash, fingerprint, empty or skip.
	MissingLabel MissingLabel `mapstructure:"missing_label"`
	// Exclude lists labels that do not distinguish problems. Hashes leave them out.
	Exclude []string `mapstructure:"exclude"`
	// Prefix is put before every alias.
	Prefix string `mapstructure:"prefix"`
	// Rules set how the aliases of some alerts are made instead. The first rule that matches counts.
	Rules []AliasRuleConfig `mapstructure:"rules"`
}

// AliasRuleConfig sets how the aliases of matching alerts are made. Keys that it does not set are as in AliasConfig.
type AliasRuleConfig struct {
	// Matchers select alerts, in Alertmanager's syntax. All must match.
	Matchers []string `mapstructure:"matchers"`
	// Labels replace those of alias.
	Labels []string `mapstructure:"labels"`
	// Separator replaces that of alias.
	Separator string `mapstructure:"separator"`
	// MissingLabel replaces that of alias.
	MissingLabel MissingLabel `mapstructure:"missing_label"`
	// Exclude replaces that of alias. It may be empty.
	Exclude []string `mapstructure:"exclude"`
	// Prefix replaces that of alias if it is set. It may be empty.
	Prefix *string `mapstructure:"prefix"`
}

// MissingLabel says what replaces a label that the alert lacks: hash, fingerprint, empty or skip.
type MissingLabel = webhook.MissingLabel

// HMACConfig describes the signature that webhooks must have.
type HMACConfig struct {
	// Secret is the key that the sender also knows.
	Secret configopaque.String `mapstructure:"secret"`
	// Header is the name of the header with the signature: the HMAC-SHA256 of the body, in hex.
	Header string `mapstructure:"header"`
	// TimestampHeader is the name of the header with the time of sending in Unix seconds. If it is set, the signature covers
	// "<seconds>:<body>".
	TimestampHeader string `mapstructure:"timestamp_header"`
	// TimestampTolerance is how much the sender's clock may differ from ours.
	TimestampTolerance time.Duration `mapstructure:"timestamp_tolerance"`
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

const (
	defaultEndpoint    = "localhost:9095"
	defaultPath        = "/alertmanager"
	defaultBodySize    = 64 << 20
	defaultReadTimeout = 30 * time.Second
	// minValueBytes has room for a title and the mark of a cut.
	minValueBytes = 64
	// maxPrefixBytes leaves most of an alias to the alert.
	maxPrefixBytes = 100
)

func createDefaultConfig() component.Config {
	client := confighttp.NewDefaultClientConfig()
	client.Timeout = 10 * time.Second
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = defaultEndpoint
	server.MaxRequestBodySize = defaultBodySize
	server.ReadTimeout = defaultReadTimeout
	// Senders of alerts do not compress, but proxies may, with these algorithms. Other decoders would only help an attacker.
	server.CompressionAlgorithms = []string{"", "gzip", "zstd", "zlib", "deflate"}
	return &Config{
		ServerConfig:    server,
		Path:            defaultPath,
		ShutdownTimeout: 5 * time.Second,
		Limits: LimitsConfig{
			LabelsPerAlert:     256,
			ValueBytes:         16 << 10,
			ConcurrentRequests: 64,
		},
		Alias: AliasConfig{
			Labels:       []string{"alertname", "instance"},
			Separator:    ":",
			MissingLabel: webhook.MissingHash,
			Exclude:      labels.Excluded(),
		},
		HMAC: configoptional.Default(HMACConfig{
			Header:             "X-Grafana-Alerting-Signature",
			TimestampTolerance: 5 * time.Minute,
		}),
		Sync: SyncConfig{
			ClientConfig: client, Interval: time.Minute, AbsentFor: 2 * time.Minute, StartupGrace: 5 * time.Minute, Repair: RepairResolves,
		},
	}
}

// NewConverter returns the converter of a receiver with this configuration. Programs that run no receiver use it, too.
func (c *Config) NewConverter(id component.ID, version string) (*webhook.Converter, error) {
	usual := webhook.AliasRule{
		Labels: c.Alias.Labels, Separator: c.Alias.Separator, MissingLabel: c.Alias.MissingLabel,
		Exclude: c.Alias.Exclude, Prefix: c.Alias.Prefix,
	}
	o := webhook.Options{
		ReceiverID: id.String(), ScopeName: metadata.ScopeName, ScopeVersion: version,
		LabelsPerAlert: c.Limits.LabelsPerAlert, ValueBytes: c.Limits.ValueBytes, Alias: usual,
	}
	for i := range c.Alias.Rules {
		o.Rules = append(o.Rules, c.Alias.Rules[i].over(usual))
	}
	return webhook.NewConverter(o)
}

// over returns the rule, with the values of usual for the keys that it does not set.
func (c *AliasRuleConfig) over(usual webhook.AliasRule) webhook.AliasRule {
	r := usual
	r.Matchers = c.Matchers
	if len(c.Labels) > 0 {
		r.Labels = c.Labels
	}
	r.Separator = cmp.Or(c.Separator, usual.Separator)
	r.MissingLabel = cmp.Or(c.MissingLabel, usual.MissingLabel)
	if c.Exclude != nil {
		r.Exclude = c.Exclude
	}
	if c.Prefix != nil {
		r.Prefix = *c.Prefix
	}
	return r
}

// client returns the settings of the HTTP client, which drops lost connections.
func (c *SyncConfig) client() *confighttp.ClientConfig {
	client := c.ClientConfig
	lostconn.Drop(&client)
	return &client
}
