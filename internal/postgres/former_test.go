// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// The log tells how the former leadership ended.
func TestTheLineOfATakeoverSaysHowTheFormerLeadEnded(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	url := server.URL(database)
	core, logged := observer.New(zap.InfoLevel)
	watched := func(c *Config) { c.Log = zap.New(core) }
	one, other := open(t, url, leases(time.Minute), watched), open(t, url, leases(time.Minute), watched)
	former := func() any {
		lines := logged.FilterMessage("This replica leads").All()
		return lines[len(lines)-1].ContextMap()["former"]
	}
	first := lead(t, one)
	assert.Equal(t, "none", former())
	require.NoError(t, first.Close(t.Context()))
	second := lead(t, other)
	assert.Equal(t, "stopped", former())
	die(second)
	server.Do(t, database, "UPDATE otelcol_alert24.lease SET expires = clock_timestamp() - interval '8 seconds'")
	third := lead(t, one)
	assert.Regexp(t, `^its lease ended 8(\.\d)?s ago$`, former())

	// It holds the lease without knowing it, as if the answer to its takeover was lost.
	die(third)
	lead(t, one)
	assert.Equal(t, "this replica", former())
}
