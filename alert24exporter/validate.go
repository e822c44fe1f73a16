// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
)

// leastDuration is the shortest duration that anybody means. A number without a unit is taken for nanoseconds.
const leastDuration = time.Millisecond

var errBothStores = errors.New("database: give either storage, for one bridge, or database, for several replicas, not both")

// Validate refuses settings that cannot work. It returns all errors, and each message begins with the key.
func (c *Config) Validate() error {
	var errs []error
	if c.SendingQueue.HasValue() {
		errs = append(errs, errors.New("sending_queue: not supported: a queue keeps no order per alias and replays resolved alerts; "+
			"the exporter has a durable ledger instead (key storage). Remove the key or write {enabled: false}"))
	}
	errs = append(errs, c.checkConnection()...)
	errs = append(errs, c.checkDatabase()...)
	errs = append(errs, c.checkRetry()...)
	errs = append(errs, c.checkDurations()...)
	errs = append(errs, c.Limits.check()...)
	errs = append(errs, c.Incident.check()...)
	errs = append(errs, c.Lifecycle.check()...)
	errs = append(errs, c.Watchdog.check()...)
	if c.Echo.Sender != "" {
		errs = append(errs, oneOf("echo::sender", c.Echo.Sender, EchoSenderKnown, EchoSenderAny))
	}
	errs = append(errs, c.checkRetention()...)
	return errors.Join(errs...)
}

func (c *Config) checkConnection() []error {
	var errs []error
	if _, err := alert24.New(&http.Client{}, c.ClientConfig.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("endpoint: %w", err))
	}
	hasKey, hasAuth := strings.TrimSpace(string(c.APIKey)) != "", c.ClientConfig.Auth.HasValue()
	if !hasKey && !hasAuth {
		errs = append(errs, errors.New("api_key: required, unless auth is given; in Alert24, make a key with scope write"))
	}
	if hasKey && hasAuth {
		errs = append(errs, errors.New("api_key: give either api_key or auth, not both"))
	}
	if c.ClientConfig.Timeout == 0 {
		errs = append(errs, errors.New("timeout: must be above 0"))
	}
	return errs
}

func (c *Config) checkRetry() []error {
	if !c.RetryConfig.Enabled {
		return []error{errors.New("retry_on_failure::enabled: must be true: an alert that is given up is lost")}
	}
	var errs []error
	if c.RetryConfig.MaxElapsedTime != 0 {
		errs = append(errs, errors.New("retry_on_failure::max_elapsed_time: must be 0: an alert that is given up is lost"))
	}
	if c.RetryConfig.InitialInterval == 0 {
		errs = append(errs, errors.New("retry_on_failure::initial_interval: must be above 0"))
	}
	if c.RetryConfig.MaxInterval < c.RetryConfig.InitialInterval {
		errs = append(errs, errors.New("retry_on_failure::max_interval: must not be below retry_on_failure::initial_interval"))
	}
	return errs
}

func (c *Config) checkDurations() []error {
	var errs []error
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"timeout", c.ClientConfig.Timeout},
		{"retry_on_failure::initial_interval", c.RetryConfig.InitialInterval},
		{"retry_on_failure::max_interval", c.RetryConfig.MaxInterval},
		{"lifecycle::resolve_delay", c.Lifecycle.ResolveDelay},
		{"lifecycle::stale_after", c.Lifecycle.StaleAfter},
		{"lifecycle::refresh_interval", c.Lifecycle.RefreshInterval},
		{"lifecycle::audit_interval", c.Lifecycle.AuditInterval},
		{"lifecycle::settle_time", c.Lifecycle.SettleTime},
		{"lifecycle::closed_retention", c.Lifecycle.ClosedRetention},
		{"echo::window", c.Echo.Window},
		{"echo::hold", c.Echo.Hold},
		{"watchdog::missing_after", c.Watchdog.MissingAfter},
	} {
		if d.value < 0 {
			errs = append(errs, fmt.Errorf("%s: must not be below 0", d.key))
		}
		if d.value > 0 && d.value < leastDuration {
			errs = append(errs, fmt.Errorf("%s: %s is too short: write the unit, as in 15s", d.key, d.value))
		}
	}
	return errs
}

func (c *LimitsConfig) check() []error {
	var errs []error
	if c.RequestsPerSecond < 0 || math.IsNaN(c.RequestsPerSecond) {
		errs = append(errs, errors.New("limits::requests_per_second: must not be below 0"))
	}
	if c.ConcurrentRequests < 1 || c.ConcurrentRequests > 1000 {
		errs = append(errs, errors.New("limits::concurrent_requests: must be from 1 to 1000"))
	}
	if c.Aliases < 1 {
		errs = append(errs, errors.New("limits::aliases: must be above 0"))
	}
	if c.Members < 1 {
		errs = append(errs, errors.New("limits::members: must be above 0"))
	}
	return errs
}

func (c *IncidentConfig) check() []error {
	var errs []error
	if c.InitialStatus != "" && !slices.Contains(incident.OpenStatuses, c.InitialStatus) {
		errs = append(errs, fmt.Errorf("incident::initial_status: must be one of %s, not %q", strings.Join(incident.OpenStatuses, ", "), c.InitialStatus))
	}
	if err := oneOf("incident::services::by", c.Services.By, ServicesByID, ServicesByName); err != nil {
		errs = append(errs, err)
	}
	_, err := incident.NewRenderer(c.Content())
	return append(errs, err)
}

func (c *LifecycleConfig) check() []error {
	return []error{
		oneOf("lifecycle::reopen", c.Reopen, ReopenOnRepeat, ReopenNever),
		oneOf("lifecycle::on_rise", c.OnRise, RiseUpdate, RiseRenew),
		oneOf("lifecycle::foreign", c.Foreign, ForeignLeave, ForeignAdopt),
	}
}

// checkRetention refuses to forget an alias while something that it decides on can still come.
func (c *Config) checkRetention() []error {
	var errs []error
	if least := c.Echo.Window + c.Echo.Hold; c.Lifecycle.ClosedRetention < least {
		errs = append(errs, fmt.Errorf("lifecycle::closed_retention: must not be below echo::window + echo::hold (%s)", least))
	}
	if least := c.Lifecycle.SettleTime + c.ClientConfig.Timeout; c.Lifecycle.ClosedRetention < least {
		errs = append(errs, fmt.Errorf("lifecycle::closed_retention: must not be below lifecycle::settle_time + timeout (%s)", least))
	}
	return errs
}

// unencrypted reports whether the API is on another host, over plain HTTP.
func (c *Config) unencrypted() bool {
	u, err := url.Parse(c.ClientConfig.Endpoint)
	if err != nil || !strings.EqualFold(u.Scheme, "http") {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return !strings.EqualFold(u.Hostname(), "localhost") && (err != nil || !ip.Unmap().IsLoopback())
}

// oneOf returns an error unless value is a or b.
func oneOf[T ~string](key string, value, a, b T) error {
	if value == a || value == b {
		return nil
	}
	return fmt.Errorf("%s: must be %s or %s, not %q", key, string(a), string(b), string(value))
}
