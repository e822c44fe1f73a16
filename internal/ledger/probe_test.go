// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A probe writes as a push does, so it fails where one would, and leaves nothing that a start reads.
func TestProbe(t *testing.T) {
	c := newClient()
	l := New(testPolicy(), c, 10, time.Now)
	require.NoError(t, l.Probe(t.Context()))
	c.spoils = probePrefix + "000"
	require.ErrorContains(t, l.Probe(t.Context()), "cannot write the ledger to storage: spoilt")
	c.spoils = ""
	require.NoError(t, l.Probe(t.Context()))
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	require.Empty(t, l.Aliases())

	require.NoError(t, New(testPolicy(), nil, 10, time.Now).Probe(t.Context()), "in memory only")
}

// A write that hangs holds a probe no longer than its context.
func TestProbeDoesNotWaitForAWriteThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient()
		c.hold = make(chan struct{})
		l := New(testPolicy(), c, 10, time.Now)
		go func() { _, _ = l.Apply(t.Context(), []Event{firing("am1", at(0))}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, l.Probe(ctx), context.DeadlineExceeded)
		close(c.hold)
		synctest.Wait()
		require.NoError(t, l.Probe(t.Context()))
	})
}
