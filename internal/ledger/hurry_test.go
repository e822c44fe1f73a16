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

// A slow alias may call at once when it is told to hurry. Nothing is written to disk for that.
func TestASlowAliasHurries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient()
		now := at(0)
		l := New(testConfig(10, func() time.Time { return now }), c)
		apply(t, l, firing("am1", at(0)))
		for !l.Peek(theAlias).Slow {
			if d := l.Peek(theAlias); d.Call.Kind == protocol.NoCall {
				now = d.Wake
			}
			a := answer(t, l, theAlias, protocol.Create, protocol.Answer{Result: protocol.NotSent})
			assert.NotEqual(t, l.Peek(theAlias).Slow, a.Rests, "what is slow is looked at again, because other calls may show that it need not wait")
		}
		hurry := func(since time.Time) bool {
			hurried, err := l.Hurry(t.Context(), theAlias, since)
			require.NoError(t, err)
			return hurried
		}
		assert.False(t, hurry(now), "it has called since")
		now = now.Add(time.Second)
		c.batches = nil
		assert.True(t, hurry(now))
		assert.False(t, hurry(now))
		assert.Empty(t, c.batches)
		assert.Equal(t, protocol.Create, l.Peek(theAlias).Call.Kind)

		hurried, err := l.Hurry(t.Context(), "another", now)
		require.NoError(t, err)
		assert.False(t, hurried)
		assert.Nil(t, l.Get("another"))

		c.hold = make(chan struct{})
		done := make(chan error, 2)
		go func() {
			_, err := l.Apply(t.Context(), []protocol.Event{saying("else", firing("am1", at(0)))}, nil)
			done <- err
		}()
		synctest.Wait()
		go func() {
			hurried, err := l.Hurry(t.Context(), theAlias, now)
			assert.False(t, hurried, "there is news")
			done <- err
		}()
		synctest.Wait()
		assert.Empty(t, done, "an alias whose own transaction is under way waits")
		close(c.hold)
		require.NoError(t, <-done)
		require.NoError(t, <-done)
	})
}
