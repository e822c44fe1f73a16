// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"time"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
)

// DatabaseConfig is a PostgreSQL database that several replicas of the bridge share.
type DatabaseConfig struct {
	// URL is a postgres:// URL, or a list of keywords and values.
	URL configopaque.String `mapstructure:"url"`
	// Schema has the tables. It is made if it is not there.
	Schema string `mapstructure:"schema"`
	// Lease is how long the other replicas wait for a leader that has fallen silent (1s to 5m).
	Lease time.Duration `mapstructure:"lease"`
}

// check refuses what cannot work. It does not connect.
func (c *Config) checkDatabase() []error {
	d := c.Database.Get()
	if d == nil {
		return nil
	}
	var errs []error
	if c.Storage != nil {
		errs = append(errs, errBothStores)
	}
	_, err := postgres.New(c.postgres(d))
	return append(errs, err)
}

// postgres converts d for package postgres.
func (c *Config) postgres(d *DatabaseConfig) postgres.Config {
	return postgres.Config{URL: string(d.URL), Schema: d.Schema, Lease: d.Lease, RequestTimeout: c.ClientConfig.Timeout, Describe: describe}
}

// describe is what people see of an entry in the database.
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
