// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// An armed create leaves while disk still writes other aliases: its own write-ahead is on disk already.
func TestAnArmedCreateWaitsForNoOtherTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient()
		l := New(testConfig(10, func() time.Time { return at(0) }), c)
		apply := func(alias string) error {
			_, err := l.Apply(t.Context(), []protocol.Event{of(alias, firing("am1", at(0)))}, nil)
			return err
		}
		require.NoError(t, apply("a"))

		c.hold = make(chan struct{})
		applied := make(chan error, 1)
		go func() { applied <- apply("b") }()
		synctest.Wait()
		_, d, err := l.Claim(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, protocol.Create, d.Call.Kind)

		claimed := make(chan protocol.Decision, 1)
		go func() {
			_, d, _ := l.Claim(t.Context(), "b")
			claimed <- d
		}()
		synctest.Wait()
		assert.Empty(t, claimed, "an alias whose own transaction is under way waits")
		close(c.hold)
		require.NoError(t, <-applied)
		assert.Equal(t, protocol.Create, (<-claimed).Call.Kind)
		_, live := l.Counts()
		assert.Equal(t, 2, live)
	})
}
