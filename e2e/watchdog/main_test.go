// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package watchdog tests that silence is noticed: that of an Alertmanager that stopped, and of a Prometheus that died.
package watchdog

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
