// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configretry"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Config of the exporter.
type Config struct {
	// ClientConfig is the API's endpoint, TLS, proxy, authentication and the timeout of one request.
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`
	// APIKey is the key of an Alert24 organization, with scope write. Exactly one of it and auth is given.
	APIKey configopaque.String `mapstructure:"api_key"`

	// Storage is the storage extension that keeps the ledger; without one it lives in memory only.
	Storage *component.ID `mapstructure:"storage"`
	// RetryConfig is the backoff between tries. Trying ends only with success, so max_elapsed_time stays 0.
	RetryConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`
	// SendingQueue accepts {enabled: false}, which generators write; the ledger takes the queue's place.
	SendingQueue map[string]any `mapstructure:"sending_queue"`

	// MaxConcurrentRequests to the API (1 to 1000).
	MaxConcurrentRequests int `mapstructure:"max_concurrent_requests"`
	// RequestsPerSecond to the API; 0 is no limit.
	RequestsPerSecond float64 `mapstructure:"requests_per_second"`

	// RefreshInterval is the time after which an unchanged repeat verifies the incident; 0 is never.
	RefreshInterval time.Duration `mapstructure:"refresh_interval"`
	// Reopen is on_repeat or never: whether an incident that a person closed while its alert fires comes back.
	Reopen ReopenPolicy `mapstructure:"reopen"`
	// ResolveDelay holds a close back; a new firing cancels it.
	ResolveDelay time.Duration `mapstructure:"resolve_delay"`
	// SettleTime is how long an unanswered request may still be carried out.
	SettleTime time.Duration `mapstructure:"settle_time"`
	// EchoWindow is how long after a resolve a firing from another replica, older than the resolve, is suspect.
	EchoWindow time.Duration `mapstructure:"echo_window"`
	// EchoHold is how long such a firing waits before it counts.
	EchoHold time.Duration `mapstructure:"echo_hold"`
	// EchoSender is known or any: whether a firing from the sender of the resolve is suspect too.
	EchoSender EchoSender `mapstructure:"echo_sender"`
	// AuditInterval is the time between comparisons of Alert24's open incidents with the ledger; 0 is never.
	AuditInterval time.Duration `mapstructure:"audit_interval"`
	// StaleAfter resolves an alert that was not heard of for so long; 0 is never.
	StaleAfter time.Duration `mapstructure:"stale_after"`
	// ClosedRetention is how long the ledger remembers an alias that is over.
	ClosedRetention time.Duration `mapstructure:"closed_retention"`
	// MaxAliases bounds the live aliases.
	MaxAliases int `mapstructure:"max_aliases"`

	// SeverityOnlyRises keeps an incident at the worst severity that it had.
	SeverityOnlyRises bool `mapstructure:"severity_only_rises"`
	// InitialStatus of a new incident: one of Alert24's open ones. Empty leaves it to Alert24.
	InitialStatus string `mapstructure:"initial_status"`
	// DryRun logs the calls to Alert24 instead of sending them. Its ledger is kept apart.
	DryRun bool `mapstructure:"dry_run"`

	// Incident is what incidents say.
	Incident incident.Config `mapstructure:",squash"`
}

// ReopenPolicy is what happens to an incident that a person closed while its alert fires.
type ReopenPolicy string

// EchoSender is whose firings may be echoes.
type EchoSender string

const (
	reopenOnRepeat ReopenPolicy = "on_repeat"
	reopenNever    ReopenPolicy = "never"

	echoSenderKnown EchoSender = "known"
	echoSenderAny   EchoSender = "any"
)

func createDefaultConfig() component.Config {
	client := confighttp.NewDefaultClientConfig()
	client.Endpoint = "https://app.alert24.net/api/v1"
	client.Timeout = 10 * time.Second
	retry := configretry.NewDefaultBackOffConfig()
	retry.InitialInterval = time.Second
	retry.MaxInterval = time.Minute
	retry.MaxElapsedTime = 0
	return &Config{
		ClientConfig:          client,
		RetryConfig:           retry,
		MaxConcurrentRequests: 8,
		RefreshInterval:       time.Hour,
		Reopen:                reopenOnRepeat,
		SettleTime:            15 * time.Second,
		EchoWindow:            6 * time.Minute,
		EchoHold:              6 * time.Minute,
		EchoSender:            echoSenderKnown,
		AuditInterval:         10 * time.Minute,
		ClosedRetention:       time.Hour,
		MaxAliases:            100_000,
		Incident:              incident.DefaultConfig(),
	}
}

// Validate refuses what cannot work. Every message begins with the key.
func (c *Config) Validate() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if _, err := alert24.New(&http.Client{}, c.ClientConfig.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("endpoint: %w", err))
	}
	key := strings.TrimSpace(string(c.APIKey))
	refuse(key == "" && !c.ClientConfig.Auth.HasValue(), "api_key: required, unless auth is given; in Alert24, make a key with scope write")
	refuse(key != "" && c.ClientConfig.Auth.HasValue(), "api_key: give either api_key or auth, not both")
	refuse(c.ClientConfig.Timeout <= 0, "timeout: must be above 0")
	refuse(!c.RetryConfig.Enabled, "retry_on_failure::enabled: must be true: an alert that is given up is lost")
	refuse(c.RetryConfig.MaxElapsedTime != 0, "retry_on_failure::max_elapsed_time: must be 0: an alert that is given up is lost")
	refuse(c.RetryConfig.Enabled && c.RetryConfig.InitialInterval <= 0, "retry_on_failure::initial_interval: must be above 0")
	refuse(c.RetryConfig.Enabled && c.RetryConfig.MaxInterval < c.RetryConfig.InitialInterval, "retry_on_failure::max_interval: must not be below initial_interval")
	refuse(!queueOff(c.SendingQueue), "sending_queue: not supported: a queue keeps no order per alias and replays what is over; "+
		"the exporter has a durable ledger instead (key storage). Remove the key or write {enabled: false}")
	refuse(c.MaxConcurrentRequests < 1 || c.MaxConcurrentRequests > 1000, "max_concurrent_requests: must be from 1 to 1000")
	refuse(c.RequestsPerSecond < 0, "requests_per_second: must not be below 0")
	refuse(c.MaxAliases < 1, "max_aliases: must be above 0")
	refuse(c.Reopen != reopenOnRepeat && c.Reopen != reopenNever, "reopen: must be on_repeat or never, not %q", string(c.Reopen))
	refuse(c.EchoSender != echoSenderKnown && c.EchoSender != echoSenderAny, "echo_sender: must be known or any, not %q", string(c.EchoSender))
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"refresh_interval", c.RefreshInterval},
		{"resolve_delay", c.ResolveDelay},
		{"settle_time", c.SettleTime},
		{"echo_window", c.EchoWindow},
		{"echo_hold", c.EchoHold},
		{"audit_interval", c.AuditInterval},
		{"stale_after", c.StaleAfter},
		{"closed_retention", c.ClosedRetention},
	} {
		refuse(d.value < 0, "%s: must not be below 0", d.key)
	}
	refuse(c.InitialStatus != "" && !slices.Contains(alert24.OpenStatuses, c.InitialStatus),
		"initial_status: must be one of %s, not %q", strings.Join(alert24.OpenStatuses, ", "), c.InitialStatus)
	if err := c.Incident.Check(); err != nil {
		errs = append(errs, err)
	}
	refuse(c.ClosedRetention < c.EchoWindow+c.EchoHold, "closed_retention: must not be below echo_window + echo_hold (%s)", c.EchoWindow+c.EchoHold)
	refuse(c.ClosedRetention < c.SettleTime+c.ClientConfig.Timeout, "closed_retention: must not be below settle_time + timeout (%s)", c.SettleTime+c.ClientConfig.Timeout)
	return errors.Join(errs...)
}

// queueOff accepts a missing key and {enabled: false}.
func queueOff(q map[string]any) bool {
	enabled, ok := q["enabled"].(bool)
	return len(q) == 0 || len(q) == 1 && ok && !enabled
}
