// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/testflag"
)

func TestMain(m *testing.M) {
	flag.Parse()
	testflag.Defaults(testflag.Model)
	goleak.VerifyTestMain(m)
}
