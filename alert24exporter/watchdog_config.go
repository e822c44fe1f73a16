// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/matcher"
	"github.com/alert24/otelcol-alert24/internal/problems"
	"github.com/alert24/otelcol-alert24/internal/watchdog"
)

// WatchdogConfig sets which alerts always fire. When one falls silent, an incident is opened.
type WatchdogConfig struct {
	// Matchers select these alerts, in Alertmanager's syntax. All must match. Without matchers there is no watchdog.
	Matchers []string `mapstructure:"matchers"`
	// MissingAfter is how long a source may be silent before its incident is opened.
	MissingAfter time.Duration `mapstructure:"missing_after"`
	// GroupBy lists the labels that distinguish sources, for example cluster. Without labels there is one source.
	GroupBy []string `mapstructure:"group_by"`
	// HeartbeatURL is the URL that the exporter requests once a minute while it hears at least one source. It is a secret.
	HeartbeatURL configopaque.String `mapstructure:"heartbeat_url"`
	// HoldResolves holds each resolve until the watchdog of its source has been heard after it.
	HoldResolves bool `mapstructure:"hold_resolves"`
}

func (c *WatchdogConfig) on() bool { return len(c.Matchers) > 0 }

// heartbeat returns the URL without the white space around it: a file often ends with a newline.
func (c *WatchdogConfig) heartbeat() string { return strings.TrimSpace(string(c.HeartbeatURL)) }

func (c *WatchdogConfig) check(p *problems.List) {
	p.If(!c.on() && (len(c.GroupBy) > 0 || c.heartbeat() != "" || c.HoldResolves),
		"watchdog::matchers: required with the other keys of watchdog, for example [alertname=\"Watchdog\"]")
	for i, text := range c.Matchers {
		_, err := matcher.Parse(text)
		p.If(err != nil, "watchdog::matchers[%d]: %w", i, err)
	}
	p.If(c.MissingAfter == 0, "watchdog::missing_after: must be above 0")
	for i, name := range c.GroupBy {
		p.If(name == "" || slices.Contains(c.GroupBy[:i], name), "watchdog::group_by[%d]: %q is empty or appears twice", i, name)
	}
	// The error does not contain the URL, because it is a secret.
	u, err := url.Parse(c.heartbeat())
	p.If(c.heartbeat() != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == ""),
		"watchdog::heartbeat_url: must be a URL that begins with https:// or http://")
}

// Rules converts c for package watchdog. Matchers that Validate refuses match nothing.
func (c *WatchdogConfig) Rules() watchdog.Rules {
	matchers, err := matcher.Parse(c.Matchers...)
	if err != nil {
		return watchdog.Rules{}
	}
	return watchdog.Rules{Matchers: matchers, GroupBy: c.GroupBy, Guard: c.HoldResolves}
}

// rules are those of package event.
type rules struct {
	*incident.Renderer
	*watchdog.Rules
}
