// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package examples tests the files in examples/.
package examples

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
