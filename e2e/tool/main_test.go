// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package tool tests the built alert24tool, and runs every command of docs/tool.md.
package tool

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
