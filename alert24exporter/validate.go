// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/problems"
)

// Validate refuses invalid settings. It returns all errors, and each message begins with the key.
func (c *Config) Validate() error {
	var p problems.List
	p.If(c.SendingQueue.HasValue(), "sending_queue: not supported: a queue keeps no order per alias and replays resolved alerts; "+
		"the exporter has a durable ledger instead (key storage). Remove the key or write {enabled: false}")
	c.checkConnection(&p)
	c.checkDatabase(&p)
	c.checkRetry(&p)
	c.checkDurations(&p)
	c.Limits.check(&p)
	_, err := incident.NewRenderer(c.Incident)
	p.Add(err)
	oneOf(&p, "lifecycle::reopen", c.Lifecycle.Reopen, ReopenOnRepeat, ReopenNever)
	oneOf(&p, "lifecycle::on_rise", c.Lifecycle.OnRise, RiseUpdate, RiseRenew)
	oneOf(&p, "lifecycle::foreign", c.Lifecycle.Foreign, ForeignLeave, ForeignAdopt)
	c.Watchdog.check(&p)
	if c.Echo.Sender != "" {
		oneOf(&p, "echo::sender", c.Echo.Sender, EchoSenderKnown, EchoSenderAny)
	}
	c.checkRetention(&p)
	if c.statusOn() {
		var page problems.List
		page.Server(c.Status.Get())
		p.Under("status", page)
	}
	return p.Err()
}

func (c *Config) checkConnection(p *problems.List) {
	_, err := alert24.New(&http.Client{}, c.ClientConfig.Endpoint, alert24.Config{})
	p.If(err != nil, "endpoint: %w", err)
	hasKey, hasAuth := c.trimmedKey() != "", c.ClientConfig.Auth.HasValue()
	p.If(!hasKey && !hasAuth, "api_key: required, unless auth is given; create a key with scope write in Alert24")
	p.If(hasKey && hasAuth, "api_key: give either api_key or auth, not both")
	err = alert24.CheckKey(c.trimmedKey())
	p.If(err != nil, "api_key: %w", err)
	p.If(c.ClientConfig.Timeout == 0, "timeout: must be above 0")
	p.Client(&c.ClientConfig)
}

func (c *Config) trimmedKey() configopaque.String {
	return configopaque.String(strings.TrimSpace(string(c.APIKey)))
}

func (c *Config) checkRetry(p *problems.List) {
	p.If(!c.RetryConfig.Enabled, "retry_on_failure::enabled: must be true: an alert that is given up is lost")
	p.If(c.RetryConfig.MaxElapsedTime != 0, "retry_on_failure::max_elapsed_time: must be 0: an alert that is given up is lost")
	p.If(c.RetryConfig.InitialInterval == 0, "retry_on_failure::initial_interval: must be above 0")
	p.If(c.RetryConfig.MaxInterval < c.RetryConfig.InitialInterval,
		"retry_on_failure::max_interval: must not be below retry_on_failure::initial_interval")
	m := c.RetryConfig.Multiplier
	p.If(math.IsNaN(m) || math.IsInf(m, 0), "retry_on_failure::multiplier: must be a finite number")
	p.If(math.IsNaN(c.RetryConfig.RandomizationFactor), "retry_on_failure::randomization_factor: must be from 0 to 1")
}

// maxDuration is ten years. It is so far from the largest duration that sums do not overflow.
const maxDuration = 87600 * time.Hour

func (c *Config) checkDurations(p *problems.List) {
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
		p.If(d.value < 0, "%s: must not be below 0", d.key)
		p.If(d.value > maxDuration, "%s: %s is too long: the maximum is %s", d.key, d.value, maxDuration)
		p.NoUnit(d.key, d.value)
	}
}

// minRate is low enough for any API. Below it, pages would come hours late, and at last never.
const minRate = 0.01

func (c *LimitsConfig) check(p *problems.List) {
	p.If(c.RequestsPerSecond < 0 || math.IsNaN(c.RequestsPerSecond), "limits::requests_per_second: must not be below 0")
	p.If(c.RequestsPerSecond > 0 && c.RequestsPerSecond < minRate,
		"limits::requests_per_second: must be at least %v; 0 means no limit", minRate)
	p.If(math.IsInf(c.RequestsPerSecond, 1), "limits::requests_per_second: must not be infinite; 0 means no limit")
	p.If(c.ConcurrentRequests < 1 || c.ConcurrentRequests > 1000, "limits::concurrent_requests: must be from 1 to 1000")
	p.If(c.Aliases < 1, "limits::aliases: must be above 0")
	p.If(c.Members < 1, "limits::members: must be above 0")
}

// checkRetention refuses to forget an alias while events that need its entry can still come.
func (c *Config) checkRetention(p *problems.List) {
	least := c.Echo.Window + c.Echo.Hold
	p.If(c.Lifecycle.ClosedRetention < least, "lifecycle::closed_retention: must not be below echo::window + echo::hold (%s)", least)
	least = c.Lifecycle.SettleTime + c.ClientConfig.Timeout
	p.If(c.Lifecycle.ClosedRetention < least, "lifecycle::closed_retention: must not be below lifecycle::settle_time + timeout (%s)", least)
}

// unencrypted reports whether the API is on another host and uses plain HTTP.
func (c *Config) unencrypted() bool {
	u, err := url.Parse(c.ClientConfig.Endpoint)
	if err != nil || !strings.EqualFold(u.Scheme, "http") {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return !strings.EqualFold(u.Hostname(), "localhost") && (err != nil || !ip.Unmap().IsLoopback())
}

// oneOf refuses a value that is neither a nor b.
func oneOf[T ~string](p *problems.List, key string, value, a, b T) {
	p.If(value != a && value != b, "%s: must be %s or %s, not %q", key, a, b, value)
}
