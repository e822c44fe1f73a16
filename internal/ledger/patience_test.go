// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// The write-ahead of a call and the answer to it wait for a webhook, but not for long.
func TestCallsShareTheTransactionOfAWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient()
		cfg := testConfig(10, time.Now)
		cfg.Armed, cfg.Patience = 1, time.Second
		l := New(cfg, c)
		apply := func(aliases ...string) {
			events := make([]protocol.Event, len(aliases))
			for i, alias := range aliases {
				events[i] = of(alias, firing("am1", time.Now()))
			}
			_, err := l.Apply(t.Context(), events, nil)
			require.NoError(t, err)
		}
		apply("armed", "called", "late")
		var call protocol.Call
		claim := func(alias string) {
			_, d, err := l.Claim(t.Context(), alias)
			require.NoError(t, err)
			call = d.Call
		}
		learn := func() {
			require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: "called", Call: call, Answer: accepted("1", true)}}))
		}
		var wg sync.WaitGroup
		wg.Go(func() { l.Peek("called"); claim("called") })
		synctest.Wait()
		require.Len(t, c.batches, 1)
		apply("a")
		wg.Wait()
		require.Equal(t, protocol.Create, call.Kind)
		wg.Go(learn)
		synctest.Wait()
		apply("b")
		wg.Wait()
		assert.Equal(t, [][]string{{"armed", "called", "late"}, {"called", "a"}, {"called", "b"}}, c.batches)

		began := time.Now()
		l.Peek("late")
		claim("late")
		require.Equal(t, protocol.Create, call.Kind)
		assert.Equal(t, cfg.Patience, time.Since(began))
		assert.Len(t, c.batches, 4)
		began = time.Now()
		apply("c")
		assert.Zero(t, time.Since(began), "a webhook waits for nothing")

		c.full = true
		var learned error
		wg.Go(func() {
			learned = l.Learn(t.Context(), []*protocol.Answered{{Alias: "late", Call: call, Answer: accepted("2", true)}})
		})
		synctest.Wait()
		_, err := l.Apply(t.Context(), []protocol.Event{of("d", firing("am1", time.Now()))}, nil)
		wg.Wait()
		require.ErrorIs(t, err, errDiskFull)
		require.ErrorIs(t, learned, errDiskFull, "it is not on disk either")
	})
}

// In memory only, there is no disk to leave to the webhooks.
func TestNothingWaitsForATransactionInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig(10, time.Now)
		cfg.Patience = time.Second
		l := New(cfg, nil)
		apply(t, l, firing("am1", time.Now()))
		began := time.Now()
		answer(t, l, theAlias, protocol.Create, accepted("1", true))
		assert.Zero(t, time.Since(began))
	})
}
