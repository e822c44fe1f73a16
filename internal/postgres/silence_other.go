// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package postgres

import (
	"syscall"
	"time"
)

// limitSilence does nothing here: keep-alive and the time limits of statements must suffice.
func limitSilence(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
