// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var databases atomic.Int64

// Database creates a database for one test, owned by Role, and returns its name.
func (s *Server) Database(tb testing.TB, options ...string) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	s.Do(tb, "postgres", "CREATE DATABASE "+name+" OWNER "+Role+" "+strings.Join(options, " "))
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), time.Minute)
		defer cancel()
		if err := s.Exec(ctx, "postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	return name
}

// Do runs statements as the superuser, or fails the test.
func (s *Server) Do(tb testing.TB, database string, statements ...string) {
	tb.Helper()
	if err := s.Exec(tb.Context(), database, statements...); err != nil {
		tb.Fatal(err)
	}
}
