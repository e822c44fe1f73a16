// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Disk need not know that an alert was repeated. It must still know all alerts after the next write, however many there are.
func TestARepeatLosesNoAlert(t *testing.T) {
	for n := 1; n <= 70; n++ {
		c := newClient()
		l := New(testConfig(10, func() time.Time { return at(0) }), c)
		events := many(n)
		apply(t, l, events...)
		c.batches = nil
		apply(t, l, events[0])
		require.Empty(t, c.batches, "a repeat")
		last := &events[n-1]
		last.Firing, last.EndsAt = false, at(0)
		apply(t, l, *last)

		restarted := New(testConfig(10, func() time.Time { return at(0) }), c)
		damage, err := restarted.Load(t.Context())
		require.NoError(t, err)
		assert.Zero(t, damage, "%d alerts", n)
		assert.Equal(t, n-1, restarted.Get(theAlias).Members.Firing(), "%d alerts", n)
	}
}

// A repeat may come under other settings. They hold after a restart, too: an alert with a longer stale_after does not resolve early.
func TestARepeatUnderOtherSettingsIsStored(t *testing.T) {
	for what, restarts := range map[string]bool{"of a processor before the bridge": false, "of the bridge": true} {
		now := at(0)
		m := NewMemory()
		restart := func() *Ledger {
			l := New(testConfig(10, func() time.Time { return now }), m)
			_, err := l.Load(t.Context())
			require.NoError(t, err)
			return l
		}
		l := restart()
		ev := firing("am1", at(0))
		ev.StaleAfter = 5 * minute
		apply(t, l, ev)
		if restarts {
			l = restart()
		}
		ev.StaleAfter = hour
		apply(t, l, ev)

		l = restart()
		now = now.Add(10 * minute)
		_, _, err := l.Claim(t.Context(), theAlias)
		require.NoError(t, err)
		assert.True(t, l.Get(theAlias).Firing(), "the settings %s", what)
	}
}

func TestARepeatWithAnotherSourceOrFinalIsStored(t *testing.T) {
	for what, change := range map[string]func(ev *protocol.Event){
		"source": func(ev *protocol.Event) { ev.Witness = 7 },
		"final":  func(ev *protocol.Event) { ev.Final = true },
	} {
		m := NewMemory()
		l := New(testConfig(10, func() time.Time { return at(0) }), m)
		ev := firing("am1", at(0))
		apply(t, l, ev)
		change(&ev)
		apply(t, l, ev)

		restarted := New(testConfig(10, func() time.Time { return at(0) }), m)
		_, err := restarted.Load(t.Context())
		require.NoError(t, err)
		stored := restarted.Get(theAlias).Members.Get(ev.Key)
		require.NotNil(t, stored)
		assert.Equal(t, [2]any{ev.Witness, ev.Final}, [2]any{stored.Witness, stored.Final}, what)
	}
}
