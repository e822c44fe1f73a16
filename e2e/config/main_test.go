// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package config tests the configuration: what is accepted, refused and shown.
package config

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
