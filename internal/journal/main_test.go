// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/testflag"
)

// Plain tests always try the same histories, so that a failure is due to a change; -rapid.seed=0 explores others.
var modelDefaults = map[string]string{"rapid.seed": "20261124", "rapid.checks": "1000"}

func TestMain(m *testing.M) {
	flag.Parse()
	testflag.Defaults(modelDefaults)
	goleak.VerifyTestMain(m)
}
