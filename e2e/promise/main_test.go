// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package promise tests the promise in rare cases: odd answers, lost answers, other tools, and people.
package promise

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
