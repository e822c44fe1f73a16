// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/http/httpguts"

	"github.com/alert24/otelcol-alert24/internal/matcher"
)

// Validate refuses settings that cannot work. The nested parts are validated on their own.
func (c *Config) Validate() error {
	var errs []error
	if c.ServerConfig.NetAddr.Endpoint == "" {
		errs = append(errs, errors.New("endpoint: must be set, for example localhost:9095"))
	}
	if !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, " {}?#%\t\r\n") || c.Path != path.Clean(c.Path) {
		errs = append(errs, errors.New("path: must start with /, have no empty part and no / at its end, and hold no space and none of {}?#%"))
	}
	if c.Path == readyPath {
		errs = append(errs, fmt.Errorf("path: %s is where the receiver answers readiness probes; choose another", readyPath))
	}
	if c.ServerConfig.MaxRequestBodySize <= 0 {
		errs = append(errs, errors.New("max_request_body_size: must be positive"))
	}
	if c.ServerConfig.ReadTimeout <= 0 {
		errs = append(errs, errors.New("read_timeout: must be positive, or a slow sender holds a place forever"))
	}
	if c.ShutdownTimeout <= 0 {
		errs = append(errs, errors.New("shutdown_timeout: must be positive"))
	}
	errs = append(errs, hasUnit("read_timeout", c.ServerConfig.ReadTimeout), hasUnit("read_header_timeout", c.ServerConfig.ReadHeaderTimeout),
		hasUnit("write_timeout", c.ServerConfig.WriteTimeout), hasUnit("shutdown_timeout", c.ShutdownTimeout))
	return errors.Join(errs...)
}

// hasUnit refuses a duration that is so short that its unit was surely forgotten.
func hasUnit(key string, d time.Duration) error {
	if d <= 0 || d >= minDuration {
		return nil
	}
	return fmt.Errorf("%s: is %v; write a unit, as in 5s", key, d)
}

// Validate refuses limits that nothing fits into.
func (c *LimitsConfig) Validate() error {
	var errs []error
	if c.LabelsPerAlert < 1 {
		errs = append(errs, errors.New("labels_per_alert: must be at least 1"))
	}
	if c.ValueBytes < minValueBytes {
		errs = append(errs, fmt.Errorf("value_bytes: must be at least %d", minValueBytes))
	}
	if c.ConcurrentRequests < 1 {
		errs = append(errs, errors.New("concurrent_requests: must be at least 1"))
	}
	return errors.Join(errs...)
}

// Validate refuses settings with which different problems would share an alias.
func (c *AliasConfig) Validate() error {
	var errs []error
	if len(c.Labels) == 0 {
		errs = append(errs, errors.New("labels: must name at least one label"))
	}
	if c.Separator == "" {
		errs = append(errs, errors.New("separator: must not be empty, or different alerts share an alias"))
	}
	if c.MissingLabel == "" {
		errs = append(errs, errors.New("missing_label: must be hash, fingerprint, empty or skip"))
	}
	errs = append(errs, validateLabels(c.Labels), validateMissing(c.MissingLabel), validateText("separator", c.Separator),
		validateText("prefix", c.Prefix))
	return errors.Join(errs...)
}

// Validate refuses what AliasConfig refuses, and matchers that cannot be understood.
func (c *AliasRuleConfig) Validate() error {
	var errs []error
	if len(c.Matchers) == 0 {
		errs = append(errs, errors.New("matchers: must hold at least one matcher, for example alertname=~\"Kube.*\""))
	}
	for i, text := range c.Matchers {
		if _, err := matcher.Parse(text); err != nil {
			errs = append(errs, fmt.Errorf("matchers[%d]: %w", i, err))
		}
	}
	if c.Labels != nil && len(c.Labels) == 0 {
		errs = append(errs, errors.New("labels: must name at least one label; leave the key out to use those of alias"))
	}
	if len(c.Labels) == 0 && c.Separator == "" && c.MissingLabel == "" && c.Exclude == nil && c.Prefix == nil {
		errs = append(errs, errors.New("must set at least one of labels, separator, missing_label, exclude and prefix"))
	}
	errs = append(errs, validateLabels(c.Labels), validateMissing(c.MissingLabel), validateText("separator", c.Separator))
	if c.Prefix != nil {
		errs = append(errs, validateText("prefix", *c.Prefix))
	}
	return errors.Join(errs...)
}

func validateLabels(names []string) error {
	var errs []error
	if slices.Contains(names, "") {
		errs = append(errs, errors.New("labels: must not hold an empty name"))
	}
	if repeated := firstRepeated(names); repeated != "" {
		errs = append(errs, fmt.Errorf("labels: %q is there twice", repeated))
	}
	return errors.Join(errs...)
}

func validateMissing(m MissingLabel) error {
	switch m {
	case "", MissingLabelHash, MissingLabelFingerprint, MissingLabelEmpty, MissingLabelSkip:
		return nil
	default:
		return fmt.Errorf("missing_label: must be hash, fingerprint, empty or skip, not %q", m)
	}
}

// validateText checks a separator or prefix.
func validateText(key, text string) error {
	switch {
	case strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%s: must not hold control characters", key)
	case len(text) > maxPrefixBytes:
		return fmt.Errorf("%s: must not be longer than %d bytes", key, maxPrefixBytes)
	default:
		return nil
	}
}

// Validate refuses a signature that cannot be checked.
func (c *HMACConfig) Validate() error {
	var errs []error
	if c.Secret == "" {
		errs = append(errs, errors.New("secret: must be set"))
	}
	if !httpguts.ValidHeaderFieldName(c.Header) {
		errs = append(errs, errors.New("header: must be the name of an HTTP header"))
	}
	if c.TimestampHeader != "" && !httpguts.ValidHeaderFieldName(c.TimestampHeader) {
		errs = append(errs, errors.New("timestamp_header: must be the name of an HTTP header"))
	}
	if c.TimestampTolerance <= 0 {
		errs = append(errs, errors.New("timestamp_tolerance: must be positive"))
	}
	errs = append(errs, hasUnit("timestamp_tolerance", c.TimestampTolerance))
	return errors.Join(errs...)
}

func firstRepeated(names []string) string {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}
