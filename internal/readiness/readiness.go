// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package readiness is where exporters of this process say whether they would accept alerts, and where receivers ask. It
// knows nothing of pipelines: a receiver is ready when every exporter that registered is.
package readiness

import (
	"context"
	"errors"
	"sync"
)

// Check returns why alerts would not be accepted now, nil if they would. It ends with ctx. Its error is one line that anybody may
// read.
type Check func(ctx context.Context) error

var registry struct {
	sync.Mutex
	checks map[*Check]Check
}

// Register adds a check until the returned function is called.
func Register(check Check) (unregister func()) {
	registry.Lock()
	defer registry.Unlock()
	if registry.checks == nil {
		registry.checks = map[*Check]Check{}
	}
	key := &check
	registry.checks[key] = check
	return func() {
		registry.Lock()
		defer registry.Unlock()
		delete(registry.checks, key)
	}
}

// Ask runs all checks and returns what they say; nil if there are none.
func Ask(ctx context.Context) error {
	registry.Lock()
	checks := make([]Check, 0, len(registry.checks))
	for _, check := range registry.checks {
		checks = append(checks, check)
	}
	registry.Unlock()
	var errs []error
	for _, check := range checks {
		errs = append(errs, check(ctx))
	}
	return errors.Join(errs...)
}
