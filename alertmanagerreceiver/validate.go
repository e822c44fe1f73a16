// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/alert24/otelcol-alert24/internal/matcher"
	"github.com/alert24/otelcol-alert24/internal/problems"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// Validate refuses invalid settings. It returns all errors, and each message begins with the path of its key.
func (c *Config) Validate() error {
	var p problems.List
	p.If(c.ServerConfig.NetAddr.Endpoint == "", "endpoint: must be set, for example localhost:9095")
	p.If(!strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, " {}?#%\t\r\n") || c.Path != path.Clean(c.Path),
		"path: must start with / and not end with /, without empty parts, spaces and {}?#%%")
	p.If(c.Path == readyPath, "path: %s is where the receiver answers readiness probes; choose another", readyPath)
	p.If(c.ServerConfig.MaxRequestBodySize <= 0, "max_request_body_size: must be above 0")
	p.If(c.ServerConfig.ReadTimeout <= 0, "read_timeout: must be above 0, or a slow sender holds a place forever")
	p.If(c.ShutdownTimeout <= 0, "shutdown_timeout: must be above 0")
	p.Server(&c.ServerConfig)
	p.NoUnit("shutdown_timeout", c.ShutdownTimeout)
	p.Under("limits", c.Limits.check())
	p.Under("alias", c.Alias.check())
	if c.HMAC.HasValue() {
		p.Under("hmac", c.HMAC.Get().check())
	}
	p.Under("sync", c.Sync.check())
	return p.Err()
}

// check refuses limits into which nothing fits.
func (c *LimitsConfig) check() (p problems.List) {
	p.If(c.LabelsPerAlert < 1, "labels_per_alert: must be at least 1")
	p.If(c.ValueBytes < minValueBytes, "value_bytes: must be at least %d", minValueBytes)
	p.If(c.ConcurrentRequests < 1, "concurrent_requests: must be at least 1")
	return p
}

// check refuses settings with which different problems would share an alias.
func (c *AliasConfig) check() (p problems.List) {
	p.If(len(c.Labels) == 0, "labels: must name at least one label")
	p.If(c.Separator == "", "separator: must not be empty, or different alerts share an alias")
	p.If(c.MissingLabel == "", "missing_label: must be hash, fingerprint, empty or skip")
	checkParts(&p, c.Labels, c.MissingLabel, c.Separator, c.Prefix)
	for i := range c.Rules {
		p.Under("rules::"+strconv.Itoa(i), c.Rules[i].check())
	}
	return p
}

// check refuses what AliasConfig refuses, and invalid matchers.
func (c *AliasRuleConfig) check() (p problems.List) {
	p.If(len(c.Matchers) == 0, "matchers: must contain at least one matcher, for example alertname=~\"Kube.*\"")
	for i, text := range c.Matchers {
		_, err := matcher.Parse(text)
		p.If(err != nil, "matchers[%d]: %w", i, err)
	}
	p.If(c.Labels != nil && len(c.Labels) == 0, "labels: must name at least one label; leave the key out to use those of alias")
	p.If(len(c.Labels) == 0 && c.Separator == "" && c.MissingLabel == "" && c.Exclude == nil && c.Prefix == nil,
		"labels: set these, or separator, missing_label, exclude or prefix")
	prefix := ""
	if c.Prefix != nil {
		prefix = *c.Prefix
	}
	checkParts(&p, c.Labels, c.MissingLabel, c.Separator, prefix)
	return p
}

// checkParts refuses invalid parts of an alias, in alias and in its rules.
func checkParts(p *problems.List, names []string, missing MissingLabel, separator, prefix string) {
	p.If(slices.Contains(names, ""), "labels: must not contain an empty name")
	repeated := problems.Repeated(names)
	p.If(repeated != "", "labels: %q appears twice", repeated)
	known := []MissingLabel{"", webhook.MissingHash, webhook.MissingFingerprint, webhook.MissingEmpty, webhook.MissingSkip}
	p.If(!slices.Contains(known, missing), "missing_label: must be hash, fingerprint, empty or skip, not %q", missing)
	for _, part := range []struct{ key, text string }{{"separator", separator}, {"prefix", prefix}} {
		p.If(text.HasControl(part.text), "%s: must not contain control characters", part.key)
		p.If(len(part.text) > maxPrefixBytes, "%s: must not be longer than %d bytes", part.key, maxPrefixBytes)
	}
}

// check refuses a signature that cannot be checked.
func (c *HMACConfig) check() (p problems.List) {
	p.If(len(c.key()) == 0, "secret: must be set")
	p.If(!httpguts.ValidHeaderFieldName(c.Header), "header: must be the name of an HTTP header")
	p.If(c.TimestampHeader != "" && !httpguts.ValidHeaderFieldName(c.TimestampHeader), "timestamp_header: must be the name of an HTTP header")
	p.If(c.TimestampHeader != "" && strings.EqualFold(c.Header, c.TimestampHeader), "timestamp_header: must not be the same as header")
	p.If(c.TimestampTolerance <= 0, "timestamp_tolerance: must be above 0")
	p.NoUnit("timestamp_tolerance", c.TimestampTolerance)
	return p
}

// minSyncInterval prevents a typing error from overloading Alertmanager.
const minSyncInterval = time.Second

// check refuses invalid addresses, and times with which one wrong answer would close incidents.
func (c *SyncConfig) check() (p problems.List) {
	p.If(c.ClientConfig.Endpoint != "", "endpoint: write the addresses into endpoints")
	p.If(problems.Repeated(c.addresses()) != "", "endpoints: an address appears twice")
	for i, endpoint := range c.Endpoints {
		err := validateEndpoint(endpoint)
		p.If(err != nil, "endpoints[%d]: %w", i, err)
	}
	p.If(c.Interval < minSyncInterval, "interval: %v is too short: the minimum is %v; write the unit, as in 15s", c.Interval, minSyncInterval)
	p.If(c.AbsentFor < c.Interval, "absent_for: %v is shorter than interval (%v): one list alone would close incidents", c.AbsentFor, c.Interval)
	p.If(c.StartupGrace < 0, "startup_grace: must not be below 0")
	p.If(c.ClientConfig.Timeout <= 0, "timeout: must be above 0, or an Alertmanager that hangs stops the sync")
	p.If(c.Repair != RepairResolves && c.Repair != RepairBoth, "repair: must be %s or %s, not %q", RepairResolves, RepairBoth, c.Repair)
	p.If(c.Repair == RepairBoth && len(c.Endpoints) == 0, "repair: %s needs endpoints", RepairBoth)
	p.If(c.Repair == RepairBoth && len(c.Endpoints) > 0 && c.Receiver == "",
		"receiver: repair: %s needs the name of the receiver in Alertmanager's configuration that sends to the bridge", RepairBoth)
	p.Client(&c.ClientConfig)
	p.NoUnit("timeout", c.ClientConfig.Timeout)
	p.NoUnit("startup_grace", c.StartupGrace)
	return p
}

// source names the asked Alertmanagers in a sync record: a list of other Alertmanagers must not end alerts that only these listed. The
// order of the addresses does not matter.
func (c *SyncConfig) source(id string) string {
	addresses := c.addresses()
	slices.Sort(addresses)
	sum := sha256.Sum256([]byte(strings.Join(addresses, "\n")))
	return id + "@" + hex.EncodeToString(sum[:4])
}

// addresses returns the endpoints without slashes at their ends, which mean nothing.
func (c *SyncConfig) addresses() []string {
	addresses := make([]string, 0, len(c.Endpoints))
	for _, e := range c.Endpoints {
		addresses = append(addresses, strings.TrimRight(e, "/"))
	}
	return addresses
}

// validateEndpoint returns errors without the address, because it may contain a password.
func validateEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("must be the address of an Alertmanager, for example http://alertmanager:9093")
	case u.User != nil:
		return errors.New("must not contain a user or password; use auth")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("must contain neither ? nor #")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/api/v2") || strings.Contains(u.Path, "/api/v2/"):
		return errors.New("must end before /api/v2, which the receiver adds")
	default:
		return nil
	}
}
