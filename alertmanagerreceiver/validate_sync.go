// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/problems"
)

// minSyncInterval keeps a mistake from being an attack.
const minSyncInterval = time.Second

// Validate refuses what cannot be asked, and times with which one odd answer would close incidents.
func (c *SyncConfig) Validate() error {
	var p problems.List
	p.If(c.ClientConfig.Endpoint != "", "endpoint: write the addresses into endpoints")
	repeated := problems.Repeated(c.Endpoints)
	p.If(repeated != "", "endpoints: %q is there twice", repeated)
	for i, endpoint := range c.Endpoints {
		err := validateEndpoint(endpoint)
		p.If(err != nil, "endpoints[%d]: %w", i, err)
	}
	p.If(c.Interval < minSyncInterval, "interval: must be at least %v", minSyncInterval)
	p.If(c.AbsentFor < c.Interval, "absent_for: must not be shorter than interval, or one list alone would close incidents")
	p.If(c.StartupGrace < 0, "startup_grace: must not be negative")
	p.If(c.ClientConfig.Timeout <= 0, "timeout: must be positive, or an Alertmanager that hangs stops the sync")
	p.If(c.Repair != RepairResolves && c.Repair != RepairBoth, "repair: must be %s or %s", RepairResolves, RepairBoth)
	p.If(c.Repair == RepairBoth && len(c.Endpoints) == 0, "repair: %s needs endpoints", RepairBoth)
	p.If(c.Repair == RepairBoth && len(c.Endpoints) > 0 && c.Receiver == "",
		"receiver: repair: %s needs the name of the receiver in Alertmanager's configuration that sends to the bridge", RepairBoth)
	p.NoUnit("timeout", c.ClientConfig.Timeout)
	p.NoUnit("startup_grace", c.StartupGrace)
	return p.Err()
}

// source names those who are asked in a sync record: another Alertmanager must not end what this one listed. The order of the
// addresses does not matter.
func (c *SyncConfig) source(id string) string {
	addresses := make([]string, 0, len(c.Endpoints))
	for _, e := range c.Endpoints {
		addresses = append(addresses, strings.TrimRight(e, "/"))
	}
	slices.Sort(addresses)
	sum := sha256.Sum256([]byte(strings.Join(addresses, "\n")))
	return id + "@" + hex.EncodeToString(sum[:4])
}

// validateEndpoint never repeats the address: it may hold a password.
func validateEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("must be the address of an Alertmanager, for example http://alertmanager:9093")
	case u.User != nil:
		return errors.New("must not hold a user or password; use auth")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("must hold neither ? nor #")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/api/v2") || strings.Contains(u.Path, "/api/v2/"):
		return errors.New("must end before /api/v2, which the receiver adds")
	default:
		return nil
	}
}
