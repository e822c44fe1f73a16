// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// minSyncInterval keeps a mistake from being an attack.
const minSyncInterval = time.Second

// Validate refuses what cannot be asked, and times with which one odd answer would close incidents.
func (c *SyncConfig) Validate() error {
	var errs []error
	if c.ClientConfig.Endpoint != "" {
		errs = append(errs, errors.New("endpoint: write the addresses into endpoints"))
	}
	if repeated := firstRepeated(c.Endpoints); repeated != "" {
		errs = append(errs, fmt.Errorf("endpoints: %q is there twice", repeated))
	}
	for i, endpoint := range c.Endpoints {
		if err := validateEndpoint(endpoint); err != nil {
			errs = append(errs, fmt.Errorf("endpoints[%d]: %w", i, err))
		}
	}
	if c.Interval < minSyncInterval {
		errs = append(errs, fmt.Errorf("interval: must be at least %v", minSyncInterval))
	}
	if c.AbsentFor < c.Interval {
		errs = append(errs, errors.New("absent_for: must not be shorter than interval, or one list alone would close incidents"))
	}
	if c.StartupGrace < 0 {
		errs = append(errs, errors.New("startup_grace: must not be negative"))
	}
	if c.ClientConfig.Timeout <= 0 {
		errs = append(errs, errors.New("timeout: must be positive, or an Alertmanager that hangs stops the sync"))
	}
	switch {
	case c.Repair != RepairResolves && c.Repair != RepairBoth:
		errs = append(errs, fmt.Errorf("repair: must be %s or %s", RepairResolves, RepairBoth))
	case c.Repair == RepairBoth && len(c.Endpoints) == 0:
		errs = append(errs, fmt.Errorf("repair: %s needs endpoints", RepairBoth))
	case c.Repair == RepairBoth && c.Receiver == "":
		errs = append(errs, fmt.Errorf("receiver: repair: %s needs the name of the receiver in Alertmanager's configuration that sends to the bridge", RepairBoth))
	}
	errs = append(errs, hasUnit("timeout", c.ClientConfig.Timeout), hasUnit("startup_grace", c.StartupGrace))
	return errors.Join(errs...)
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
