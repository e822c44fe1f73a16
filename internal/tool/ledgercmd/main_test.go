// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledgercmd

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
