// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
		assert.NoError(tb, s.Exec(ctx, "postgres", "DROP DATABASE "+name+" WITH (FORCE)"))
	})
	return name
}

// Do runs statements as the superuser, or fails the test.
func (s *Server) Do(tb testing.TB, database string, statements ...string) {
	tb.Helper()
	require.NoError(tb, s.Exec(tb.Context(), database, statements...))
}

// Exhaust takes all connections of the server and runs statements over one of them. free releases the connections; so does the end of the test.
func (s *Server) Exhaust(tb testing.TB, statements ...string) (free func()) {
	tb.Helper()
	var taken []*pgx.Conn
	free = sync.OnceFunc(func() {
		for _, c := range taken {
			_ = c.Close(context.WithoutCancel(tb.Context()))
		}
	})
	tb.Cleanup(free)
	for {
		conn, err := s.Connect(tb.Context(), "postgres")
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "53300" {
			break
		}
		require.NoError(tb, err)
		taken = append(taken, conn)
	}
	for _, sql := range statements {
		_, err := taken[0].Exec(tb.Context(), sql)
		require.NoError(tb, err)
	}
	return free
}
