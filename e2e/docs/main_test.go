// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package docs tests that the examples of the documentation work.
package docs

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
