// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestCheckAsksTheStore(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, time.Now), c)
	require.NoError(t, l.Check(t.Context()))
	c.spoils = "new"
	require.ErrorContains(t, l.Check(t.Context()), "cannot write the ledger to storage: spoilt")
	c.spoils = ""
	require.NoError(t, l.Check(t.Context()))

	require.NoError(t, New(testConfig(10, time.Now), nil).Check(t.Context()), "in memory only")
}

// If a write hangs, Check still returns when its context ends.
func TestCheckDoesNotWaitForAWriteThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient()
		c.hold = make(chan struct{})
		l := New(testConfig(10, time.Now), c)
		go func() { _, _ = l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, l.Check(ctx), context.DeadlineExceeded)
		close(c.hold)
		synctest.Wait()
		require.NoError(t, l.Check(t.Context()))
	})
}
