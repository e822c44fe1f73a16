// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// A large inbox is not kept in memory as a whole, nor is it one large transaction.
func TestLargeInboxIsAppliedInParts(t *testing.T) {
	s := &shared{disk: newDisk(), part: 2}
	l := sharing(t, s, 10, nil)
	for id, payload := range []string{"fired", "?", "resolved", "resolved", "fired"} {
		s.leave(int64(id), payload)
	}
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, resolved("a", at(0), at(50))))
	require.Len(t, s.commits, 3)
	assert.Equal(t, []int64{0}, s.commits[0].IDs)
	assert.Contains(t, s.commits[0].Aside, int64(1))
	assert.Equal(t, []int64{2, 3}, s.commits[1].IDs)
	assert.Equal(t, []int64{4}, s.commits[2].IDs)
	assert.Empty(t, s.rows)

	// What comes meanwhile waits for the next time: otherwise followers that are faster than the leader would hold up its webhooks.
	for id := range int64(3) {
		s.leave(id, "fired")
	}
	s.reading = func() { s.leave(int64(len(s.rows)+10), "fired") }
	require.NoError(t, l.Drain(t.Context()))
	assert.Len(t, s.commits, 5)
}
