// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sight tests what operators see: metrics, log, status and traces.
package sight

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
