// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package promise tests that the promise holds in the corners: odd answers, lost answers, other tools, and people.
package promise

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
