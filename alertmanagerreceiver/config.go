// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"golang.org/x/net/http/httpguts"
)

// Config is the configuration of the receiver.
type Config struct {
	// ServerConfig holds all settings of the HTTP server: endpoint, tls, auth, read_timeout, max_request_body_size …
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`

	// Path is where webhooks are taken. It starts with a slash.
	Path string `mapstructure:"path"`

	// ShutdownTimeout is how long a shutdown waits for requests in progress before it cuts them off.
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"`

	// Limits bound what one webhook may hold and how many are worked on at once.
	Limits limitsConfig `mapstructure:"limits"`

	// Alias says how the deduplication key of an alert is made.
	Alias aliasConfig `mapstructure:"alias"`

	// HMAC, when set, asks every webhook for a signature as Grafana makes it.
	HMAC configoptional.Optional[hmacConfig] `mapstructure:"hmac"`

	// prevent unkeyed literal initialization
	_ struct{}
}

type limitsConfig struct {
	// Alerts is the most alerts in one webhook; more are refused with 413.
	Alerts int `mapstructure:"alerts"`
	// LabelsPerAlert is the most labels, and the most annotations, that a record keeps.
	LabelsPerAlert int `mapstructure:"labels_per_alert"`
	// ValueBytes is the longest text that a record keeps, in bytes; longer texts are cut.
	ValueBytes int `mapstructure:"value_bytes"`
	// ConcurrentRequests is the most webhooks that are read and passed on at once; others wait for a moment. Large ones
	// count more than once.
	ConcurrentRequests int `mapstructure:"concurrent_requests"`
}

type aliasConfig struct {
	// Labels are joined by Separator.
	Labels    []string `mapstructure:"labels"`
	Separator string   `mapstructure:"separator"`
	// MissingLabel says what takes the place of an absent label.
	MissingLabel missingLabel `mapstructure:"missing_label"`
	// Exclude names labels that never make a different problem: the hash of MissingLabel leaves them out.
	Exclude []string `mapstructure:"exclude"`
	// Prefix precedes every alias.
	Prefix string `mapstructure:"prefix"`
}

// missingLabel is what takes the place of a label that an alert lacks.
type missingLabel string

const (
	missingHash        missingLabel = "hash"
	missingFingerprint missingLabel = "fingerprint"
	missingEmpty       missingLabel = "empty"
)

type hmacConfig struct {
	// Secret is the shared key.
	Secret configopaque.String `mapstructure:"secret"`
	// Header holds the signature: the hex HMAC-SHA256 of the body.
	Header string `mapstructure:"header"`
	// TimestampHeader, when set, holds the Unix seconds of sending, and the signature covers "<seconds>:<body>".
	TimestampHeader string `mapstructure:"timestamp_header"`
	// TimestampTolerance is how far the sender's clock may be from ours, either way.
	TimestampTolerance time.Duration `mapstructure:"timestamp_tolerance"`
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
	_ confmap.Validator = (*limitsConfig)(nil)
	_ confmap.Validator = (*aliasConfig)(nil)
	_ confmap.Validator = (*hmacConfig)(nil)
)

const (
	defaultEndpoint    = "localhost:9095"
	defaultPath        = "/alertmanager"
	defaultBodySize    = 10 << 20
	defaultReadTimeout = 30 * time.Second
	// maxAlerts fits into the low bits of a sequence number, see sequence.
	maxAlerts = 1<<positionBits - 1
	// minValueBytes leaves room for a title and the mark of the cut.
	minValueBytes = 64
	// maxPrefixBytes leaves most of an alias to the alert.
	maxPrefixBytes = 100
)

func createDefaultConfig() component.Config {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = defaultEndpoint
	server.MaxRequestBodySize = defaultBodySize
	server.ReadTimeout = defaultReadTimeout
	// Nothing that sends alerts compresses; these are what proxies use. Fewer decoders are less to attack.
	server.CompressionAlgorithms = []string{"", "gzip", "zstd", "zlib", "deflate"}
	return &Config{
		ServerConfig:    server,
		Path:            defaultPath,
		ShutdownTimeout: 5 * time.Second,
		Limits: limitsConfig{
			Alerts:             10_000,
			LabelsPerAlert:     256,
			ValueBytes:         16 << 10,
			ConcurrentRequests: 64,
		},
		Alias: aliasConfig{
			Labels:       []string{"alertname", "instance"},
			Separator:    ":",
			MissingLabel: missingHash,
			Exclude:      []string{"severity"},
		},
		HMAC: configoptional.Default(hmacConfig{
			Header:             "X-Grafana-Alerting-Signature",
			TimestampTolerance: 5 * time.Minute,
		}),
	}
}

// Validate refuses what cannot work. The nested parts are validated on their own.
func (c *Config) Validate() error {
	var errs []error
	if c.ServerConfig.NetAddr.Endpoint == "" {
		errs = append(errs, errors.New("endpoint: must be set, for example localhost:9095"))
	}
	if !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, " {}?#%\t\r\n") {
		errs = append(errs, errors.New("path: must start with / and hold no space and none of {}?#%"))
	}
	if c.Path == readyPath {
		errs = append(errs, fmt.Errorf("path: %s is where the receiver answers readiness probes; choose another", readyPath))
	}
	if c.ServerConfig.MaxRequestBodySize <= 0 {
		errs = append(errs, errors.New("max_request_body_size: must be positive"))
	}
	if c.ServerConfig.ReadTimeout <= 0 {
		errs = append(errs, errors.New("read_timeout: must be positive, or a slow sender holds a place for ever"))
	}
	if c.ShutdownTimeout <= 0 {
		errs = append(errs, errors.New("shutdown_timeout: must be positive"))
	}
	return errors.Join(errs...)
}

func (c *limitsConfig) Validate() error {
	var errs []error
	if c.Alerts < 1 || c.Alerts > maxAlerts {
		errs = append(errs, fmt.Errorf("alerts: must be between 1 and %d", maxAlerts))
	}
	if c.LabelsPerAlert < 1 {
		errs = append(errs, errors.New("labels_per_alert: must be at least 1"))
	}
	if c.ValueBytes < minValueBytes {
		errs = append(errs, fmt.Errorf("value_bytes: must be at least %d", minValueBytes))
	}
	if c.ConcurrentRequests < 1 {
		errs = append(errs, errors.New("concurrent_requests: must be at least 1"))
	}
	return errors.Join(errs...)
}

func (c *aliasConfig) Validate() error {
	var errs []error
	if len(c.Labels) == 0 {
		errs = append(errs, errors.New("labels: must name at least one label"))
	}
	if slices.Contains(c.Labels, "") {
		errs = append(errs, errors.New("labels: must not hold an empty name"))
	}
	if repeated := firstRepeated(c.Labels); repeated != "" {
		errs = append(errs, fmt.Errorf("labels: %q is there twice", repeated))
	}
	if c.Separator == "" {
		errs = append(errs, errors.New("separator: must not be empty, or different alerts share an alias"))
	}
	if !slices.Contains([]missingLabel{missingHash, missingFingerprint, missingEmpty}, c.MissingLabel) {
		errs = append(errs, fmt.Errorf("missing_label: must be hash, fingerprint or empty, not %q", c.MissingLabel))
	}
	if strings.ContainsFunc(c.Separator+c.Prefix, unicode.IsControl) {
		errs = append(errs, errors.New("separator, prefix: must not hold control characters"))
	}
	if len(c.Prefix) > maxPrefixBytes {
		errs = append(errs, fmt.Errorf("prefix: must not be longer than %d bytes", maxPrefixBytes))
	}
	return errors.Join(errs...)
}

func (c *hmacConfig) Validate() error {
	var errs []error
	if c.Secret == "" {
		errs = append(errs, errors.New("secret: must be set"))
	}
	if !httpguts.ValidHeaderFieldName(c.Header) {
		errs = append(errs, errors.New("header: must be the name of an HTTP header"))
	}
	if c.TimestampHeader != "" && !httpguts.ValidHeaderFieldName(c.TimestampHeader) {
		errs = append(errs, errors.New("timestamp_header: must be the name of an HTTP header"))
	}
	if c.TimestampTolerance <= 0 {
		errs = append(errs, errors.New("timestamp_tolerance: must be positive"))
	}
	return errors.Join(errs...)
}

func firstRepeated(names []string) string {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}
