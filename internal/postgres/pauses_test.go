// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/pauses"
)

// A webhook that waited in the socket of a stopped process is late, although the process has just seen it.
func TestWebhookThatWaitedForAStoppedProcessIsLate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	db := open(t, server.URL(server.Database(t)), func(c *Config) { c.now = func() time.Time { return now } })
	put(t, db, "", "teaches the database's time")
	db.pauses.Tick(now)
	now = now.Add(Punctual + time.Second)
	late := db.Arrival()
	require.ErrorIs(t, db.Punctual(late), ErrLate)
	db.pauses.Tick(now)
	now = now.Add(pauses.Backlog)
	next := db.Arrival()
	require.NoError(t, db.Punctual(next))
	require.Greater(t, next.theirs.Sub(late.theirs), Punctual, "the database refuses it as well")
}
