// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package config tests the configuration: which settings are accepted, refused and shown.
package config

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
