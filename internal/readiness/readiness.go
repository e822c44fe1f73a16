// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package readiness is where exporters of this process say whether they would accept alerts, and where receivers ask. It
// knows nothing of pipelines: a receiver is ready when every exporter that registered is.
package readiness

import (
	"context"
	"errors"

	"github.com/alert24/otelcol-alert24/internal/registry"
)

// Check returns why alerts would not be accepted now, nil if they would. It ends with ctx. Its error is one line that anybody may
// read.
type Check func(ctx context.Context) error

var registered registry.Of[Check]

// Register adds a check until the returned function is called.
func Register(check Check) (unregister func()) { return registered.Register(check) }

// Ask runs all checks and returns what they say; nil if there are none.
func Ask(ctx context.Context) error {
	var checks []Check // they can take long, so they do not hold up others who register
	registered.Each(func(check Check) { checks = append(checks, check) })
	var errs []error
	for _, check := range checks {
		errs = append(errs, check(ctx))
	}
	return errors.Join(errs...)
}
