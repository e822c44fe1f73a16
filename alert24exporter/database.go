// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"time"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
	"github.com/alert24/otelcol-alert24/internal/problems"
)

// DatabaseConfig is a PostgreSQL database that several replicas of the bridge share.
type DatabaseConfig struct {
	// URL is a postgres:// URL, or a list of keywords and values. It is a secret.
	URL configopaque.String `mapstructure:"url"`
	// Schema is the database schema for the tables. It is created if it does not exist.
	Schema string `mapstructure:"schema"`
	// Lease is how long the other replicas wait for a leader that has fallen silent (1s to 5m). Then one of them takes over.
	Lease time.Duration `mapstructure:"lease"`
}

// checkDatabase refuses invalid settings. It does not connect.
func (c *Config) checkDatabase(p *problems.List) {
	if d := c.Database.Get(); d != nil {
		p.If(c.Storage != nil, "database: give either storage, for one bridge, or database, for several replicas, not both")
		_, err := postgres.New(c.postgres(d))
		p.Add(err)
	}
}

// postgres converts d for package postgres.
func (c *Config) postgres(d *DatabaseConfig) postgres.Config {
	return postgres.Config{URL: string(d.URL), Schema: d.Schema, Lease: d.Lease, RequestTimeout: c.ClientConfig.Timeout, Describe: describe}
}

// describe returns the columns for people in an entry's row.
func describe(c ledger.Change) postgres.Description {
	e := c.Entry
	if e == nil {
		return postgres.Description{}
	}
	d := postgres.Description{State: e.Incident.State.String(), Incident: e.Incident.ID, Firing: e.Members.Firing(), Pending: c.Pending}
	if e.Firing() {
		d.Severity = e.Worst().String()
	}
	return d
}
