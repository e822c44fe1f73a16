// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package replication tests several bridges over one PostgreSQL database.
package replication

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
