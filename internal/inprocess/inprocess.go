// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package inprocess connects the receivers and the exporters of one process: it notes when webhooks arrive, asks whether alerts would be
// accepted, and passes on which webhooks were accepted and refused. It knows no pipelines: every receiver reaches every exporter. It stores
// nothing.
package inprocess

import (
	"context"
	"errors"
)

// Stamp returns ctx with a value that tells when Stamp was called. Only the exporter that registered it reads the value.
type Stamp func(ctx context.Context) context.Context

var stamps registry[Stamp]

// OnArrival adds a stamp until the returned function is called.
func OnArrival(stamp Stamp) (unregister func()) { return stamps.register(stamp) }

// Arrived returns ctx with all stamps. A receiver calls it before it reads the body of a webhook.
func Arrived(ctx context.Context) context.Context {
	stamps.each(func(stamp Stamp) { ctx = stamp(ctx) }) //nolint:fatcontext // there are as many as exporters
	return ctx
}

// Check returns why alerts would not be accepted now; nil if they would. It ends with ctx. Its error is one line that anyone may
// read.
type Check func(ctx context.Context) error

var checks registry[Check]

// OnReadiness adds a check until the returned function is called.
func OnReadiness(check Check) (unregister func()) { return checks.register(check) }

// Ready runs all checks and returns their errors; nil if there are none.
func Ready(ctx context.Context) error {
	var all []Check // checks may take long and must not block registrations
	checks.each(func(check Check) { all = append(all, check) })
	var errs []error
	for _, check := range all {
		errs = append(errs, check(ctx))
	}
	return errors.Join(errs...)
}
