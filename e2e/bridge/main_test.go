// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package bridge tests the path of an alert from a real Alertmanager to its incident.
package bridge

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
