// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlp tests log records that do not come from webhooks.
package otlp

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
