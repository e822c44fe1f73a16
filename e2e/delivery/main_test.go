// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package delivery tests how crashes, lost answers and restarts affect incidents.
package delivery

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
