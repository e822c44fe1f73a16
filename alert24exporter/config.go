// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Config of the exporter.
type Config struct {
	// ClientConfig is the API's endpoint, TLS, proxy, authentication and the timeout of one request.
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`
	// APIKey is the key of an Alert24 organization, with scope write. Exactly one of it and auth is given.
	APIKey configopaque.String `mapstructure:"api_key"`

	// Storage is the storage extension that keeps the ledger; without one it lives in memory only.
	Storage *component.ID `mapstructure:"storage"`
	// Database keeps the ledger in its place, for several replicas.
	Database configoptional.Optional[DatabaseConfig] `mapstructure:"database"`
	// RetryConfig is the backoff between tries. Trying ends only with success, so max_elapsed_time stays 0.
	RetryConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`
	// SendingQueue only accepts {enabled: false}, which generators write; the ledger replaces the queue.
	SendingQueue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`

	// Limits bound what the exporter keeps and sends.
	Limits LimitsConfig `mapstructure:"limits"`
	// Incident is the content of incidents.
	Incident incident.Config `mapstructure:"incident"`
	// Lifecycle is when incidents are opened, closed and verified.
	Lifecycle LifecycleConfig `mapstructure:"lifecycle"`
	// Echo is which firings may be echoes of a resolved alert.
	Echo EchoConfig `mapstructure:"echo"`
	// Watchdog is about alerts that always fire.
	Watchdog WatchdogConfig `mapstructure:"watchdog"`

	// Status serves a page and its JSON API; off unless it has an endpoint.
	Status configoptional.Optional[confighttp.ServerConfig] `mapstructure:"status"`
	// Telemetry is what the exporter tells of itself.
	Telemetry TelemetryConfig `mapstructure:"telemetry"`
	// DryRun logs the calls to Alert24 instead of sending them. Its ledger is kept apart.
	DryRun bool `mapstructure:"dry_run"`
}

// LimitsConfig bounds what the exporter keeps and sends.
type LimitsConfig struct {
	// RequestsPerSecond to the API; 0 is no limit.
	RequestsPerSecond float64 `mapstructure:"requests_per_second"`
	// ConcurrentRequests to the API (1 to 1000).
	ConcurrentRequests int `mapstructure:"concurrent_requests"`
	// Aliases bounds the live aliases.
	Aliases int `mapstructure:"aliases"`
	// Members bounds the members of one entry that are kept with their text.
	Members int `mapstructure:"members"`
}

// LifecycleConfig is when incidents are opened, closed and verified.
type LifecycleConfig struct {
	// Reopen is on_repeat or never: whether an incident that a person closed while its alert fires comes back.
	Reopen ReopenPolicy `mapstructure:"reopen"`
	// OnRise is update or renew: whether a severity that rises updates the incident or opens a new one, which calls people.
	OnRise RisePolicy `mapstructure:"on_rise"`
	// Foreign is leave or adopt: what to do with an open incident of our alias that another source made.
	Foreign ForeignPolicy `mapstructure:"foreign"`
	// ResolveDelay holds a close back; a new firing cancels it.
	ResolveDelay time.Duration `mapstructure:"resolve_delay"`
	// StaleAfter resolves an alert that has not been repeated for this time; 0 is never.
	StaleAfter time.Duration `mapstructure:"stale_after"`
	// RefreshInterval is the time after which an unchanged repeat verifies the incident; 0 is never.
	RefreshInterval time.Duration `mapstructure:"refresh_interval"`
	// AuditInterval is the time between comparisons of Alert24's open incidents with the ledger; 0 is never.
	AuditInterval time.Duration `mapstructure:"audit_interval"`
	// SettleTime is how long an unanswered request may still be carried out.
	SettleTime time.Duration `mapstructure:"settle_time"`
	// ClosedRetention is how long the ledger remembers an alias whose episode has ended.
	ClosedRetention time.Duration `mapstructure:"closed_retention"`
}

// EchoConfig is which firings may be echoes of a resolved alert.
type EchoConfig struct {
	// Window is how long after a resolve a firing from another sender, older than the resolve, is suspect.
	Window time.Duration `mapstructure:"window"`
	// Hold is how long such a firing waits before it counts.
	Hold time.Duration `mapstructure:"hold"`
	// Sender is known or any: whether a firing from the sender of the resolve is suspect too. Empty is known, with a database any.
	Sender EchoSender `mapstructure:"sender"`
}

// ReopenPolicy is what happens to an incident that a person closed while its alert fires.
type ReopenPolicy string

// RisePolicy is what happens to an incident whose severity rises.
type RisePolicy string

// ForeignPolicy is what happens to an incident of another source.
type ForeignPolicy string

// EchoSender is whose firings may be echoes.
type EchoSender string

// The values of keys that have few.
const (
	ReopenOnRepeat ReopenPolicy = "on_repeat"
	ReopenNever    ReopenPolicy = "never"

	RiseUpdate RisePolicy = "update"
	RiseRenew  RisePolicy = "renew"

	ForeignLeave ForeignPolicy = "leave"
	ForeignAdopt ForeignPolicy = "adopt"

	EchoSenderKnown EchoSender = "known"
	EchoSenderAny   EchoSender = "any"
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
		ClientConfig: client,
		RetryConfig:  retry,
		Database:     configoptional.Default(DatabaseConfig{Schema: "otelcol_alert24", Lease: 10 * time.Second}),
		SendingQueue: configoptional.Default(exporterhelper.NewDefaultQueueConfig()),
		Limits:       LimitsConfig{RequestsPerSecond: 15, ConcurrentRequests: 8, Aliases: 100_000, Members: 10_000},
		Incident:     incident.DefaultConfig(),
		Lifecycle: LifecycleConfig{
			Reopen:          ReopenOnRepeat,
			OnRise:          RiseUpdate,
			Foreign:         ForeignLeave,
			RefreshInterval: time.Hour,
			AuditInterval:   10 * time.Minute,
			SettleTime:      15 * time.Second,
			ClosedRetention: time.Hour,
		},
		Echo:     EchoConfig{Window: 6 * time.Minute, Hold: 6 * time.Minute},
		Watchdog: WatchdogConfig{MissingAfter: 15 * time.Minute},
		Status:   configoptional.Default(newStatusConfig()),
	}
}

// anySender: with a database it is the default, because a proxy's address is everybody's.
func (c *Config) anySender() bool {
	return c.Echo.Sender == EchoSenderAny || c.Echo.Sender == "" && c.Database.HasValue()
}

// Policy converts c for package protocol.
func (c *Config) Policy() *protocol.Policy {
	return &protocol.Policy{
		SettleTime:      c.Lifecycle.SettleTime,
		EchoWindow:      c.Echo.Window,
		EchoHold:        c.Echo.Hold,
		EchoAnySender:   c.anySender(),
		Punctual:        c.Database.HasValue(),
		Refresh:         c.Lifecycle.RefreshInterval,
		ReopenNever:     c.Lifecycle.Reopen == ReopenNever,
		Renew:           c.Lifecycle.OnRise == RiseRenew,
		ResolveDelay:    c.Lifecycle.ResolveDelay,
		StaleAfter:      c.Lifecycle.StaleAfter,
		ClosedRetention: c.Lifecycle.ClosedRetention,
		Members:         c.Limits.Members,
		Backoff: protocol.Backoff{
			Initial:             c.RetryConfig.InitialInterval,
			Max:                 c.RetryConfig.MaxInterval,
			Multiplier:          c.RetryConfig.Multiplier,
			RandomizationFactor: c.RetryConfig.RandomizationFactor,
			Slow:                protocol.Slow,
			Hourly:              protocol.Hourly,
			SlowAfter:           protocol.SlowAfter,
		},
	}
}
