// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package watchdog tests that the bridge notices silence: of a stopped Alertmanager, and of a dead Prometheus.
package watchdog

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
