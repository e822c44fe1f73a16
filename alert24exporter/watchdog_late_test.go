// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// waiting is an empty store with rows in its inbox.
type waiting struct {
	ledger.Store
	rows []ledger.Row
}

func (*waiting) Load(context.Context, func(ledger.Loaded) error, func(string, []byte) []byte) error {
	return nil
}

func (w *waiting) Inbox(context.Context, []int64) (rows []ledger.Row, rest []int64, err error) {
	return w.rows, nil, nil
}

func (w *waiting) CommitInbox(context.Context, []ledger.Change, ledger.Consumed) error {
	w.rows = nil
	return nil
}

// A heartbeat that waited shows that its source was alive when it arrived, not when it is applied.
func TestHeartbeatCountsSinceItsArrival(t *testing.T) {
	cfg := configOf(sandboxtest.Start(t, sandbox.Options{}))
	watchdogs(time.Hour)(cfg)
	e := unstarted(t, cfg)
	heartbeat, _, _ := event.Read(of("Watchdog", "firing", watchdogKey), e.rules)
	lc := e.ledgerConfig()
	lc.Unpack = func(ledger.Row) ([]protocol.Event, error) { return heartbeat, nil }
	began := time.Now()
	term, err := e.begin(t.Context(), lc, e.loopConfig(), &waiting{rows: []ledger.Row{
		{ID: 1, Waited: 40 * time.Minute}, {ID: 2, Waited: 30 * time.Minute},
	}})
	require.NoError(t, err)
	heardAt := func() time.Time {
		var s protocol.Snapshot
		term.watch.watchdog.Witness(&s)
		return s.Heard[heartbeat[0].Witness]
	}
	require.NoError(t, term.ledger.Drain(t.Context()))
	require.Equal(t, 1, term.watch.counts().Heard, "twice, 10 minutes apart")
	assert.WithinDuration(t, began.Add(-30*time.Minute), heardAt(), time.Minute)

	term.arrived = func(context.Context) time.Time { return began.Add(-10 * time.Minute) }
	require.NoError(t, term.take(t.Context(), heartbeat))
	assert.Equal(t, began.Add(-10*time.Minute), heardAt())
}
