// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package receiver tests which senders may send webhooks.
package receiver

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
