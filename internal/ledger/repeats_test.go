// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
