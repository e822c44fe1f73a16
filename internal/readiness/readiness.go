// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package readiness lets receivers ask the exporters of this process whether they would accept alerts. It knows nothing of pipelines: a
// receiver is ready if every registered exporter is.
package readiness

import (
	"context"
	"errors"

	"github.com/alert24/otelcol-alert24/internal/registry"
)

// Check returns why alerts would not be accepted now; nil if they would. It ends with ctx. Its error is one line that anyone may
// read.
type Check func(ctx context.Context) error

var registered registry.Of[Check]

// Register adds a check until the returned function is called.
func Register(check Check) (unregister func()) { return registered.Register(check) }

// Ask runs all checks and returns their errors; nil if there are none.
func Ask(ctx context.Context) error {
	var checks []Check // checks may take long and must not block registrations
	registered.Each(func(check Check) { checks = append(checks, check) })
	var errs []error
	for _, check := range checks {
		errs = append(errs, check(ctx))
	}
	return errors.Join(errs...)
}
