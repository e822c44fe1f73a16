// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/http/httpguts"

	"github.com/alert24/otelcol-alert24/internal/matcher"
	"github.com/alert24/otelcol-alert24/internal/problems"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// Validate refuses settings that cannot work. The nested parts are validated on their own.
func (c *Config) Validate() error {
	var p problems.List
	p.If(c.ServerConfig.NetAddr.Endpoint == "", "endpoint: must be set, for example localhost:9095")
	p.If(!strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, " {}?#%\t\r\n") || c.Path != path.Clean(c.Path),
		"path: must start with /, have no empty part and no / at its end, and hold no space and none of {}?#%%")
	p.If(c.Path == readyPath, "path: %s is where the receiver answers readiness probes; choose another", readyPath)
	p.If(c.ServerConfig.MaxRequestBodySize <= 0, "max_request_body_size: must be positive")
	p.If(c.ServerConfig.ReadTimeout <= 0, "read_timeout: must be positive, or a slow sender holds a place forever")
	p.If(c.ShutdownTimeout <= 0, "shutdown_timeout: must be positive")
	p.NoUnit("read_timeout", c.ServerConfig.ReadTimeout)
	p.NoUnit("read_header_timeout", c.ServerConfig.ReadHeaderTimeout)
	p.NoUnit("write_timeout", c.ServerConfig.WriteTimeout)
	p.NoUnit("shutdown_timeout", c.ShutdownTimeout)
	return p.Err()
}

// Validate refuses limits that nothing fits into.
func (c *LimitsConfig) Validate() error {
	var p problems.List
	p.If(c.LabelsPerAlert < 1, "labels_per_alert: must be at least 1")
	p.If(c.ValueBytes < minValueBytes, "value_bytes: must be at least %d", minValueBytes)
	p.If(c.ConcurrentRequests < 1, "concurrent_requests: must be at least 1")
	return p.Err()
}

// Validate refuses settings with which different problems would share an alias.
func (c *AliasConfig) Validate() error {
	var p problems.List
	p.If(len(c.Labels) == 0, "labels: must name at least one label")
	p.If(c.Separator == "", "separator: must not be empty, or different alerts share an alias")
	p.If(c.MissingLabel == "", "missing_label: must be hash, fingerprint, empty or skip")
	checkParts(&p, c.Labels, c.MissingLabel, c.Separator, c.Prefix)
	return p.Err()
}

// Validate refuses what AliasConfig refuses, and matchers that cannot be understood.
func (c *AliasRuleConfig) Validate() error {
	var p problems.List
	p.If(len(c.Matchers) == 0, "matchers: must hold at least one matcher, for example alertname=~\"Kube.*\"")
	for i, text := range c.Matchers {
		_, err := matcher.Parse(text)
		p.If(err != nil, "matchers[%d]: %w", i, err)
	}
	p.If(c.Labels != nil && len(c.Labels) == 0, "labels: must name at least one label; leave the key out to use those of alias")
	p.If(len(c.Labels) == 0 && c.Separator == "" && c.MissingLabel == "" && c.Exclude == nil && c.Prefix == nil,
		"must set at least one of labels, separator, missing_label, exclude and prefix")
	prefix := ""
	if c.Prefix != nil {
		prefix = *c.Prefix
	}
	checkParts(&p, c.Labels, c.MissingLabel, c.Separator, prefix)
	return p.Err()
}

// checkParts refuses parts of an alias that cannot be used, whoever has them.
func checkParts(p *problems.List, names []string, missing MissingLabel, separator, prefix string) {
	p.If(slices.Contains(names, ""), "labels: must not hold an empty name")
	repeated := problems.Repeated(names)
	p.If(repeated != "", "labels: %q is there twice", repeated)
	known := []MissingLabel{"", webhook.MissingHash, webhook.MissingFingerprint, webhook.MissingEmpty, webhook.MissingSkip}
	p.If(!slices.Contains(known, missing), "missing_label: must be hash, fingerprint, empty or skip, not %q", missing)
	for _, part := range []struct{ key, text string }{{"separator", separator}, {"prefix", prefix}} {
		p.If(strings.ContainsFunc(part.text, unicode.IsControl), "%s: must not hold control characters", part.key)
		p.If(len(part.text) > maxPrefixBytes, "%s: must not be longer than %d bytes", part.key, maxPrefixBytes)
	}
}

// Validate refuses a signature that cannot be checked.
func (c *HMACConfig) Validate() error {
	var p problems.List
	p.If(c.Secret == "", "secret: must be set")
	p.If(!httpguts.ValidHeaderFieldName(c.Header), "header: must be the name of an HTTP header")
	p.If(c.TimestampHeader != "" && !httpguts.ValidHeaderFieldName(c.TimestampHeader), "timestamp_header: must be the name of an HTTP header")
	p.If(c.TimestampTolerance <= 0, "timestamp_tolerance: must be positive")
	p.NoUnit("timestamp_tolerance", c.TimestampTolerance)
	return p.Err()
}
