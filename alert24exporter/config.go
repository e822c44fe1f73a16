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

// Config is the configuration of the exporter.
type Config struct {
	// ClientConfig holds the settings of the HTTP client: the API's endpoint, TLS, proxy, authentication, and the timeout of one request.
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`
	// APIKey is an API key of an Alert24 organization. It needs the scope write. Set either api_key or auth.
	APIKey configopaque.String `mapstructure:"api_key"`

	// Storage is the storage extension that keeps the ledger. Without one, the ledger is lost at a restart.
	Storage *component.ID `mapstructure:"storage"`
	// Database keeps the ledger in PostgreSQL, for several replicas. Set either storage or database.
	Database configoptional.Optional[DatabaseConfig] `mapstructure:"database"`
	// RetryConfig sets the time between tries of a call that failed. The exporter never gives up, so max_elapsed_time must stay 0.
	RetryConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`
	// SendingQueue accepts only {enabled: false}, which some programs write into every exporter. The ledger replaces the queue.
	SendingQueue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`

	// Limits bounds what the exporter keeps and sends.
	Limits LimitsConfig `mapstructure:"limits"`
	// Incident sets the content of incidents.
	Incident incident.Config `mapstructure:"incident"`
	// Lifecycle sets when incidents are opened, closed and verified.
	Lifecycle LifecycleConfig `mapstructure:"lifecycle"`
	// Echo sets which firings are held because they may be echoes of a resolved alert.
	Echo EchoConfig `mapstructure:"echo"`
	// Watchdog opens an incident when an alert that always fires falls silent.
	Watchdog WatchdogConfig `mapstructure:"watchdog"`

	// Status serves the status page and its JSON API. It is off unless it has an endpoint.
	Status configoptional.Optional[confighttp.ServerConfig] `mapstructure:"status"`
	// Telemetry sets which metrics the exporter records.
	Telemetry TelemetryConfig `mapstructure:"telemetry"`
	// DryRun logs the calls to Alert24 instead of sending them. A dry run has a ledger of its own.
	DryRun bool `mapstructure:"dry_run"`
}

// LimitsConfig bounds what the exporter keeps and sends.
type LimitsConfig struct {
	// RequestsPerSecond is the maximum rate of requests to Alert24. 0 means no limit.
	RequestsPerSecond float64 `mapstructure:"requests_per_second"`
	// ConcurrentRequests is the maximum number of requests at once, lookups included (1 to 1000).
	ConcurrentRequests int `mapstructure:"concurrent_requests"`
	// Aliases is the maximum number of live aliases. An alert with a further alias is refused, and its sender retries. It also bounds the
	// memory of all alerts.
	Aliases int `mapstructure:"aliases"`
	// Members is the maximum number of alerts of one alias that are kept with their text.
	Members int `mapstructure:"members"`
}

// LifecycleConfig sets when incidents are opened, closed and verified.
type LifecycleConfig struct {
	// Reopen is on_repeat or never: whether the bridge reopens an incident that a person closed while its alert fires.
	Reopen ReopenPolicy `mapstructure:"reopen"`
	// OnRise is update or renew: whether a rising severity updates the incident, or closes it and opens a new one, which pages people.
	OnRise RisePolicy `mapstructure:"on_rise"`
	// Foreign is leave or adopt: whether to leave alone or take over an open incident with our alias and another source.
	Foreign ForeignPolicy `mapstructure:"foreign"`
	// ResolveDelay is how long to wait before an incident is closed. If its alert fires again in this time, it stays open.
	ResolveDelay time.Duration `mapstructure:"resolve_delay"`
	// StaleAfter resolves an alert that has not been repeated for this time. 0 means never.
	StaleAfter time.Duration `mapstructure:"stale_after"`
	// RefreshInterval is the time after which an unchanged repeat makes the exporter check that the incident is open. 0 means never.
	RefreshInterval time.Duration `mapstructure:"refresh_interval"`
	// AuditInterval is the time between comparisons of Alert24's open incidents with the ledger. 0 means never, except every 10 minutes
	// while another tool's incident blocks an alias.
	AuditInterval time.Duration `mapstructure:"audit_interval"`
	// SettleTime is how long Alert24 may still carry out a request that it has not answered.
	SettleTime time.Duration `mapstructure:"settle_time"`
	// ClosedRetention is how long the ledger keeps an alias after its incident was closed.
	ClosedRetention time.Duration `mapstructure:"closed_retention"`
}

// EchoConfig sets which firings are held because they may be echoes of a resolved alert.
type EchoConfig struct {
	// Window is how long after a resolve a firing from another sender may be an echo, if it started before the resolve.
	Window time.Duration `mapstructure:"window"`
	// Hold is how long such a firing waits before it opens an incident.
	Hold time.Duration `mapstructure:"hold"`
	// Sender is known or any: whether only firings from other senders may be echoes, or also those from the sender of the resolve. Empty
	// means known, and with a database any.
	Sender EchoSender `mapstructure:"sender"`
}

// ReopenPolicy says what happens to an incident that a person closed while its alert fires.
type ReopenPolicy string

// RisePolicy says what happens to an incident whose severity rises.
type RisePolicy string

// ForeignPolicy says what happens to an incident of another source.
type ForeignPolicy string

// EchoSender says whose firings may be echoes.
type EchoSender string

// Values of the keys of these types.
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

// anySender reports whether any sender's firing may be an echo. With a database that is the default: behind a proxy, all senders have the
// proxy's address.
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
