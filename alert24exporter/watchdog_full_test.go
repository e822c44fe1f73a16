// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// If the incident of a silent source finds no room, the held resolves of other sources still count. They make room.
func TestHeldResolvesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := createDefaultConfig().(*Config)
		watchdogs(time.Hour)(cfg)
		cfg.Watchdog.HoldResolves, cfg.Limits.Aliases = true, 1
		e := unstarted(t, cfg)
		term, err := e.begin(t.Context(), e.ledgerConfig(), e.loopConfig(), nil)
		require.NoError(t, err)
		take := taker(t, term)
		usKey := []byte("0000000000000000")
		eu, us := of("Watchdog", "firing", watchdogKey), of("Watchdog", "firing", usKey)
		us.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutStr(attrs.AlertLabelPrefix+"cluster", "us")
		take(eu)
		take(us)
		take(listOf(watchdogKey, usKey))
		require.Equal(t, 2, term.watch.counts().Heard)
		take(of("Down", "firing", downKey))
		time.Sleep(time.Hour - time.Minute)
		take(eu)
		take(of("Down", "resolved", downKey))
		require.True(t, term.ledger.Get("Down:eu-1").Firing(), "it is held")
		time.Sleep(10 * time.Minute)
		take(eu)
		require.False(t, term.watch.pass(t.Context()))
		require.Nil(t, term.ledger.Get("Watchdog:us"), "there is no room")
		assert.False(t, term.ledger.Get("Down:eu-1").Firing())
	})
}
