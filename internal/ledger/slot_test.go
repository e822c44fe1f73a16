// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// The time from which lists are fresh is on the monotonic clock: it does not move when somebody sets the wall clock.
func TestListsAtKeepsTheMonotonicClock(t *testing.T) {
	listsAt := time.Now().Add(15 * time.Second)
	var s slot
	s.set(protocol.Timed{Entry: &protocol.Entry{Alias: theAlias}, Timers: protocol.Timers{ListsAt: listsAt}})
	s = s.store().slot()
	kept := s.timed().ListsAt
	assert.Contains(t, kept.String(), " m=", "it has a monotonic part")
	assert.Zero(t, kept.Sub(listsAt), "that is the same, although the wall clock may be slewed")
	s.set(protocol.Timed{Entry: s.entry})
	s = s.store().slot()
	assert.True(t, s.timed().ListsAt.IsZero())
}
