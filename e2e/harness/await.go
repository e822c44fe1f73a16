// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// finalError is an error that waiting cannot fix.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// Final makes Await return err at once.
func Final(err error) error { return finalError{err} }

// Await calls probe every few milliseconds until it returns nil. After limit, Await returns probe's last error.
func Await(ctx context.Context, limit time.Duration, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for last := errors.New("not tried"); ; {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		if final, ok := errors.AsType[finalError](err); ok {
			return final.error
		}
		if ctx.Err() == nil {
			last = err // a probe cut off by the deadline says less than the one before it
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return fmt.Errorf("not within %s: %w", limit, last)
		case <-ticker.C:
		}
	}
}
