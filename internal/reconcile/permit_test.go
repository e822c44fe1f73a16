// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// If the write-ahead of a call is too old when its turn at the gate comes, the call does not leave, and takes no place.
func TestCallLeavesOnlyWithAPermit(t *testing.T) {
	gateTest(t, 0, 1, func(g *atGate) {
		written := time.Now()
		mayCall := func(since time.Time) bool { return time.Since(since) <= 3*time.Second }
		leave, err := g.Enter(permit(g.t.Context(), mayCall, written), protocol.Create)
		require.NoError(t, err)
		g.wg.Go(func() {
			time.Sleep(4 * time.Second)
			leave(protocol.Done, 0)
		})
		_, err = g.Enter(permit(g.t.Context(), mayCall, written), protocol.Create)
		require.ErrorIs(t, err, ErrNotPermitted)
		assert.Equal(t, 4*time.Second, time.Since(written))
		leave, err = g.Enter(permit(g.t.Context(), mayCall, time.Now()), protocol.Create)
		require.NoError(t, err)
		leave(protocol.Done, 0)
	})
}
