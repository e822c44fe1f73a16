// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sleep waits for a time, unless there is a reason not to.
package sleep

import (
	"context"
	"time"
)

// For waits until d has passed, and reports false at once when ctx ends.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
