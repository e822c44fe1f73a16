// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
	"github.com/alert24/otelcol-alert24/internal/testflag"
)

// server is shared by all tests. Each test has its own database.
var server *pgtest.Server

// defaults sets few checks, because each history takes a while with a real database, and a fixed seed for plain tests. Tests run in
// parallel because most of them wait.
var defaults = map[string]string{"rapid.seed": "20261126", "rapid.checks": "12", "test.parallel": "8"}

func TestMain(m *testing.M) {
	flag.Parse()
	testflag.Defaults(defaults)
	var err error
	if server, err = pgtest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		server.Stop()
		os.Exit(code)
	}))
}
