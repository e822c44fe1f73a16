// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package bridge tests what an alert becomes, on its way from a real Alertmanager.
package bridge

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
